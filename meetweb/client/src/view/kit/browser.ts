/** Which browser this is, as far as the way to its permission settings goes. */
export type BrowserFamily = "chromium" | "firefox" | "safari" | "other";

/** From a user-agent string. Every browser on an iPhone is Safari underneath. */
export function browserFamily(agent: string): BrowserFamily {
  if (/Firefox\//.test(agent)) return "firefox";
  if (/Chrom(e|ium)\/|Edg\//.test(agent)) return "chromium";
  if (/Safari\//.test(agent)) return "safari";
  return "other";
}

/** The address that invites to a room. */
export function roomLink(room: string): string {
  return `${location.origin}/${encodeURIComponent(room)}`;
}
