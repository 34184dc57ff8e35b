/** Finds web addresses in what people write. Text in, pieces out: the view makes text nodes and links of them, never markup. */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const address = /\bhttps?:\/\/[^\s<>"]+/giu;

/** Closing punctuation belongs to the sentence, unless its opening half is inside the address. */
function trimEnd(url: string): string {
  let end = url.length;
  for (;;) {
    const last = url[end - 1];
    if (last === undefined) return url;
    const body = url.slice(0, end - 1);
    const closes = last === ")" && body.split("(").length <= body.split(")").length;
    if (!closes && !/[.,;:!?'"»“]/u.test(last)) return url.slice(0, end);
    end--;
  }
}

function isAddress(text: string): boolean {
  try {
    return new URL(text).hostname !== "";
  } catch {
    return false;
  }
}

/** The whole text, in order, cut at web addresses. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const url = trimEnd(match[0]);
    if (!isAddress(url)) continue;
    if (match.index > done) pieces.push({ kind: "text", text: text.slice(done, match.index) });
    pieces.push({ kind: "link", text: url, href: url });
    done = match.index + url.length;
  }
  if (done < text.length) pieces.push({ kind: "text", text: text.slice(done) });
  return pieces;
}
