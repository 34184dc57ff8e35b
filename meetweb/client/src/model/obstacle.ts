/** What keeps this page from being of any use here. */
import { readConfig } from "../protocol/config";

export type Obstacle =
  /** Opened without encryption: browsers then give neither camera nor microphone. */
  | "insecure"
  /** No WebRTC: an old browser, or one where it is switched off. */
  | "browser"
  /** The server's config.js did not come, or is not ours. */
  | "config";

/** The first obstacle, null when there is none. */
export function obstacleOf(page: {
  isSecureContext: boolean;
  RTCPeerConnection?: unknown;
  config?: unknown;
  location: { href: string };
}): Obstacle | null {
  if (!page.isSecureContext) return "insecure";
  if (page.RTCPeerConnection === undefined) return "browser";
  try {
    readConfig(page.config, page.location);
    return null;
  } catch {
    return "config";
  }
}
