/** Trouble with the line: what it is, and what still works meanwhile. */
import type { VNode } from "preact";
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
    case "connecting":
      return "banner.mediaConnecting";
    case "interrupted":
      return "banner.mediaInterrupted";
    case "failed":
      return "banner.mediaFailed";
    case "none":
    case "connected":
      return null;
  }
}

/** The banner that is up now. */
export function useBanner(): Key | null {
  return useSelect((s) => bannerKey(s.connection, s.media, s.participants.length));
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
