/**
 * Turns Chromium's answer with one video SSRC into one with three simulcast layers, by SDP munging as lib-jitsi-meet does.
 *
 * RIDs would be the standard's way, but stock clients do not signal them and bridges of this family know layers by SSRC. COMPAT(Chromium):
 * it understands `ssrc-group:SIM` in its own answer; without this there is one layer only.
 */

/** The SSRCs of the three layers, lowest resolution first, and of their retransmissions. */
export interface LayerSsrcs {
  primary: readonly number[];
  rtx: readonly number[];
}

export const layerCount = 3;

/**
 * `sdp` with the section `mid` sending `layerCount` layers; unchanged when it sends nothing or has layers already. `known` are the
 * SSRCs of an earlier description of this session, which must stay what they were.
 */
export function addSimulcast(
  sdp: string,
  mid: string,
  known: LayerSsrcs | undefined,
  newSsrc: () => number = randomSsrc,
): { sdp: string; layers: LayerSsrcs | undefined } {
  const parts = sdp.split(/(?=^m=)/m);
  const at = parts.findIndex((part) => new RegExp(`^a=mid:${mid}\\r?$`, "m").test(part));
  const section = parts[at];
  if (section === undefined) return { sdp, layers: known };
  const lines = section.split(/\r?\n/).filter((line) => line !== "");
  const has = (start: string): boolean => lines.some((line) => line.startsWith(start));
  const primary = lines.find((line) => /^a=ssrc:\d+ /.test(line))?.match(/\d+/)?.[0];
  if (primary === undefined || has("a=ssrc-group:SIM") || has("a=recvonly") || has("a=inactive")) return { sdp, layers: known };
  const fid = lines.find((line) => line.startsWith("a=ssrc-group:FID "))?.split(" ");
  const first = fid === undefined ? [Number(primary)] : [Number(fid[1]), Number(fid[2])];
  const layers = known !== undefined && known.primary[0] === first[0] ? known : newLayers(first, newSsrc);
  parts[at] = `${writeLayers(lines, layers).join("\r\n")}\r\n`;
  return { sdp: parts.join(""), layers };
}

function newLayers([primary = 0, rtx]: readonly (number | undefined)[], newSsrc: () => number): LayerSsrcs {
  const more = Array.from({ length: layerCount - 1 }, newSsrc);
  return {
    primary: [primary, ...more],
    rtx: rtx === undefined ? [] : [rtx, ...Array.from({ length: layerCount - 1 }, newSsrc)],
  };
}

function writeLayers(lines: readonly string[], { primary, rtx }: LayerSsrcs): string[] {
  const attributes = lines.filter((line) => line.startsWith(`a=ssrc:${primary[0]} `)).map((line) => line.slice(line.indexOf(" ") + 1));
  const rest = lines.filter((line) => !line.startsWith("a=ssrc:") && !line.startsWith("a=ssrc-group:"));
  const groups = [`a=ssrc-group:SIM ${primary.join(" ")}`];
  primary.forEach((ssrc, i) => {
    if (rtx[i] !== undefined) groups.push(`a=ssrc-group:FID ${ssrc} ${rtx[i]}`);
  });
  const own = [...primary, ...rtx].flatMap((ssrc) => attributes.map((attribute) => `a=ssrc:${ssrc} ${attribute}`));
  return [...rest, ...groups, ...own];
}

/** 1..2³²−1. */
export function randomSsrc(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) || 1;
}
