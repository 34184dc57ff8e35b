/** Trouble with the line: what it is, and what still works meanwhile. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Key, t } from "../../i18n";
import type { ConnectionState, MediaState } from "../../model/state";
import { Icon } from "../icons";
import { Spinner } from "../kit/parts";
import { useSelect } from "../store";

/** The message for a pair of states, null while all is well. The line to the server comes first: without it media cannot be mended. */
export function bannerKey(connection: ConnectionState, media: MediaState, others: number): Key | null {
  if (connection === "offline") return "banner.offline";
  if (connection === "reconnecting") return media === "connected" && others > 0 ? "banner.reconnecting" : "banner.reconnectingAll";
  if (others === 0) return null; // nobody to hear
  switch (media) {
    case "none":
    case "connecting":
      return "banner.mediaConnecting";
    case "interrupted":
      return "banner.mediaInterrupted";
    case "failed":
      return "banner.mediaFailed";
    case "connected":
      return null;
  }
}

/** Connecting is worth a word only when it takes longer than usual: else the pictures would jump at every joining. */
const connectingMs = 1500;

/** The banner that is up now. */
export function useBanner(): Key | null {
  const key = useSelect((s) => bannerKey(s.connection, s.media, s.participants.length));
  const [late, setLate] = useState(false);
  const connecting = key === "banner.mediaConnecting";
  useEffect(() => {
    if (!connecting) return;
    const timer = setTimeout(() => setLate(true), connectingMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [connecting]);
  return connecting && !late ? null : key;
}

/** For the eyes; the live region says the same. */
export function Banner(): VNode | null {
  const key = useBanner();
  if (key === null) return null;
  return (
    <div class={key === "banner.mediaConnecting" ? "banner calm" : "banner"}>
      {key === "banner.offline" ? <Icon name="offline" /> : <Spinner />}
      <p>{t(key)}</p>
    </div>
  );
}
