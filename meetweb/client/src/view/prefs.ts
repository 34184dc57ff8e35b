/** What this browser remembers about how the view looks. Nothing here is needed to take part: a blocked storage means defaults. */
import { type Signal, signal } from "@preact/signals";

export type ChatSize = "normal" | "large" | "larger";

export interface Prefs {
  /** Own camera picture as in a mirror. */
  mirror: boolean;
  /** Single-letter shortcuts during a call (WCAG 2.1.4 wants a switch). */
  shortcuts: boolean;
  chatSize: ChatSize;
  /** The small pictures beside the big one. */
  filmStrip: boolean;
}

const defaults: Prefs = { mirror: true, shortcuts: true, chatSize: "normal", filmStrip: true };
const key = "stammtisch.view";

/** Reads a value from local storage, null when there is none or storage is blocked. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Writes a value to local storage; a full or blocked storage only means that it is forgotten. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Private windows and full disks: the choice holds until the page is left.
  }
}

/** Takes what is usable of a stored text. */
export function parsePrefs(text: string | null): Prefs {
  if (text === null) return defaults;
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return defaults;
  }
  if (typeof stored !== "object" || stored === null) return defaults;
  const { mirror, shortcuts, chatSize, filmStrip } = stored as Record<keyof Prefs, unknown>;
  return {
    mirror: typeof mirror === "boolean" ? mirror : defaults.mirror,
    shortcuts: typeof shortcuts === "boolean" ? shortcuts : defaults.shortcuts,
    chatSize: chatSize === "large" || chatSize === "larger" ? chatSize : "normal",
    filmStrip: typeof filmStrip === "boolean" ? filmStrip : defaults.filmStrip,
  };
}

/** The preferences as a signal, and how to change some of them. */
export function createPrefs(): { prefs: Signal<Prefs>; change: (part: Partial<Prefs>) => void } {
  const prefs = signal(parsePrefs(remembered(key)));
  return {
    prefs,
    change(part) {
      prefs.value = { ...prefs.value, ...part };
      remember(key, JSON.stringify(prefs.value));
    },
  };
}
