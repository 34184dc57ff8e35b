/** Own sources: what each slot is called and what the browser sends for it. */
import type { Source } from "../jingle/types";
import { readSsrcs } from "../sdp/local";
import { midOf, type RemotePlan } from "../sdp/remote";

/** What one can send at the same time. */
export type Slot = "audio" | "camera" | "screen";

export const slots: readonly Slot[] = ["audio", "camera", "screen"];

/** `<endpoint>-a0`, `-v0` for the camera, `-v1` for the screen. */
export function sourceName(nick: string, slot: Slot): string {
  return `${nick}-${slot === "audio" ? "a0" : slot === "camera" ? "v0" : "v1"}`;
}

/** What the local description sends, by slot, named for the focus. `number` counts the sessions: msids must not repeat. */
export function ownSources(sdp: string, plan: RemotePlan, nick: string, number: number): Map<Slot, Source> {
  const own = new Map<Slot, Source>();
  for (const slot of slots) {
    const mid = midOf(plan, slot);
    const local = mid === undefined ? undefined : readSsrcs(sdp, mid);
    if (local === undefined) continue;
    const media = slot === "audio" ? "audio" : "video";
    const label = `${nick}-${media}-${slot === "screen" ? 1 : 0}`;
    own.set(slot, {
      name: sourceName(nick, slot),
      owner: nick,
      media,
      videoType: slot === "screen" ? "desktop" : "camera",
      // Each source a stream of its own, the same for all its SSRCs; the focus checks that nobody else has it.
      msid: `${label}-${number} ${label}-track-${number}`,
      ssrcs: local.ssrcs,
      groups: local.groups,
    });
  }
  return own;
}
