/** Keeps the screen of a telephone awake during a call. */
import { useEffect } from "preact/hooks";

export function useWakeLock(): void {
  useEffect(() => {
    const scope = new AbortController();
    let lock: WakeLockSentinel | null = null;
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (scope.signal.aborted) await lock.release();
      } catch {
        // A low battery or a policy may refuse; the call goes on.
      }
    };
    // The browser lets go when the page is hidden; we ask again when it is back.
    document.addEventListener("visibilitychange", () => void ask(), { signal: scope.signal });
    void ask();
    return () => {
      scope.abort();
      void lock?.release();
    };
  }, []);
}
