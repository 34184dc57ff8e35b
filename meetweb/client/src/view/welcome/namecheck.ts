/** What a room may be called. */
export type RoomNameProblem = { kind: "empty" } | { kind: "characters"; characters: string } | { kind: "tooLong" };

const forbidden = /[?&:'"%#/\\@<>]/gu;

/** Why a name cannot be used, or null. */
export function roomNameProblem(name: string): RoomNameProblem | null {
  const trimmed = name.trim();
  if (trimmed === "") return { kind: "empty" };
  const found = [...new Set(trimmed.match(forbidden) ?? [])];
  if (found.length > 0) return { kind: "characters", characters: found.join(" ") };
  return trimmed.length > 200 ? { kind: "tooLong" } : null;
}
