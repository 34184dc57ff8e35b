/** Which simulcast layers an own video sends, and how large. Pure; numbers as lib-jitsi-meet uses them for VP8. */

export interface EncodingChoice {
  active: boolean;
  scaleResolutionDownBy: number;
  /** Bits per second. */
  maxBitrate: number;
}

/** Bits per second of a VP8 layer of this height. */
export function bitrateFor(height: number): number {
  if (height >= 2160) return 6_000_000;
  if (height >= 1080) return 3_000_000;
  if (height >= 720) return 1_500_000;
  if (height >= 360) return 500_000;
  return 200_000;
}

const screenBitrate = 2_500_000;

/** How much smaller than the capture each layer is, lowest first. */
function scalesFor(captureHeight: number): readonly number[] {
  if (captureHeight >= 2160) return [12, 6, 1];
  return captureHeight >= 1080 ? [6, 3, 1] : [4, 2, 1];
}

/**
 * The choice for each encoding, lowest layer first. `maxHeight` is what the bridge asked for: 0 stops everything, a negative value
 * lifts the limit. The lowest layer runs for any positive value, because somebody wants a picture.
 */
export function chooseEncodings(kind: "camera" | "screen", count: number, captureHeight: number, maxHeight: number): EncodingChoice[] {
  if (kind === "screen" || count < 2) return Array.from({ length: count }, () => single(kind, captureHeight, maxHeight));
  const scales = scalesFor(captureHeight).slice(-count);
  return scales.map((scale, index) => ({
    active: maxHeight < 0 || (maxHeight > 0 && (index === 0 || captureHeight / scale <= maxHeight)),
    scaleResolutionDownBy: scale,
    maxBitrate: index === 0 ? bitrateFor(0) : index === scales.length - 1 ? bitrateFor(captureHeight) : bitrateFor(360),
  }));
}

function single(kind: "camera" | "screen", captureHeight: number, maxHeight: number): EncodingChoice {
  const active = maxHeight !== 0;
  // A screen stays readable: its resolution is not reduced, only stopped.
  if (kind === "screen" || maxHeight <= 0) {
    return { active, scaleResolutionDownBy: 1, maxBitrate: kind === "screen" ? screenBitrate : bitrateFor(captureHeight) };
  }
  return {
    active,
    scaleResolutionDownBy: Math.max(1, captureHeight / maxHeight),
    maxBitrate: bitrateFor(Math.min(captureHeight, maxHeight)),
  };
}
