/** Calls `f` at once, and then at most once in `pauseMs`; the last call is never lost. */
export function throttled(f: () => void, pauseMs: number): () => void {
  let waiting = false;
  let again = false;
  const call = (): void => {
    again = waiting;
    if (waiting) return;
    waiting = true;
    f();
    setTimeout(() => {
      waiting = false;
      if (again) call();
    }, pauseMs);
  };
  return call;
}
