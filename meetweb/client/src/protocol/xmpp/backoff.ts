/** How long to wait before trying again. Pure. */

/** Milliseconds before the attempt after `failures` failed ones: doubling, at most `longestMs`, spread so that clients do not come at once. */
export function backoffMs(failures: number, firstMs: number, longestMs: number, random: () => number = Math.random): number {
  const whole = Math.min(firstMs * 2 ** failures, longestMs);
  return Math.round(whole * (0.5 + random() / 2));
}
