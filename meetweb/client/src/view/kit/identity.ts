/** What stands for a person without a picture. */

/** A hue for an id, spread over the circle and the same everywhere. */
export function hueOf(id: string): number {
  let hash = 2166136261; // FNV-1a
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  hash ^= hash >>> 15;
  return ((hash >>> 0) % 24) * 15;
}

/** First letters of the first and the last word, as a reader sees letters; empty for a name without any. */
export function initialsOf(name: string): string {
  const words = name
    .split(/[\s_.-]+/u)
    .map((word) => firstLetter(word))
    .filter((letter) => letter !== "");
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words[words.length - 1] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

function firstLetter(word: string): string {
  const letters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(word)].map((s) => s.segment);
  return letters.find((letter) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(letter)) ?? "";
}
