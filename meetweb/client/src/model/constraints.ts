/** From what is on screen to what the bridge is asked for. Pure. */
import type { ReceiverConstraints } from "../protocol/bridge/messages";
import type { Layout, SourceName } from "./state";

/** Before the view has said what it shows: nothing. */
export const firstConstraints: ReceiverConstraints = { lastN: -1, defaultMaxHeight: 0, maxHeights: new Map(), onStage: [] };

/** The layers that senders have, with up to how many device pixels of height each still looks right. */
const steps: readonly (readonly [upTo: number, maxHeight: number])[] = [
  [220, 180],
  [450, 360],
  [900, 720],
  [1350, 1080],
];

/** The height to ask for to fill so many device pixels. */
export function heightFor(devicePixels: number): number {
  return steps.find(([upTo]) => devicePixels <= upTo)?.[1] ?? 2160;
}

/** `heights` are CSS pixels of each visible source; what is not visible is not sent. */
export function constraintsFor(heights: ReadonlyMap<SourceName, number>, pixelRatio: number, layout: Layout): ReceiverConstraints {
  const maxHeights = new Map([...heights].map(([name, height]) => [name, heightFor(height * pixelRatio)] as const));
  const largestFirst = [...heights].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return { lastN: -1, defaultMaxHeight: 0, maxHeights, onStage: layout === "speaker" ? largestFirst.slice(0, 1) : [] };
}
