/** Room names: what a person types, what stands in the address bar, what the room service calls it. Pure. */

/** The room of a page's path: its first segment, decoded; null on the front page. */
export function roomOfPath(path: string): string | null {
  const segment = path.split("/").find((part) => part !== "") ?? "";
  if (segment === "") return null;
  try {
    return decodeURIComponent(segment).trim() || null;
  } catch {
    return segment; // a stray percent sign names a room as well
  }
}

/** The path that opens a room. */
export function pathOfRoom(room: string): string {
  return `/${encodeURIComponent(room.trim())}`;
}

/**
 * The localpart of a room's address. As stock clients form it, so that both meet in one room: case does not matter, and what an address
 * cannot carry is percent-encoded.
 */
export function roomLocalpart(room: string): string {
  return encodeURIComponent(room.trim().normalize("NFKC").toLowerCase()).replace(/'/g, "%27").toLowerCase();
}
