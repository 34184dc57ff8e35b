/** Which buttons stand in the toolbar and which go into the menu, by the width there is. */
export type Tool = "microphone" | "camera" | "screen" | "chat" | "hand" | "people" | "layout";

/** In the order they stand in. */
export const tools: readonly Tool[] = ["microphone", "camera", "screen", "chat", "hand", "people", "layout"];

/** In the order they are kept in. */
const keep: readonly Tool[] = ["microphone", "camera", "chat", "people", "screen", "hand", "layout"];

/** The tools that fit beside "more" and "leave", never fewer than two. `scale` is the root's font size relative to 16 px. */
export function fittingTools(width: number, scale: number, available: readonly Tool[]): Tool[] {
  const button = 56 * scale;
  const space = 8;
  const fixed = button + space + 72 * scale; // "more" and "leave"
  const room = Math.max(2, Math.floor((width - fixed) / (button + space)));
  const kept = keep.filter((tool) => available.includes(tool)).slice(0, room);
  return tools.filter((tool) => kept.includes(tool));
}
