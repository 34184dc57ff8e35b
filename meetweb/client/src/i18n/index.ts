/**
 * Strings for people. Two catalogues with the same flat keys; German is formal. The chosen language is a signal, so whatever called
 * `t` while drawing is drawn again when it changes.
 */
import { signal } from "@preact/signals";
import i18next from "i18next";
import { de } from "./de";
import { en } from "./en";

export type Language = "en" | "de";

/** Every language by its own name, in the order of the chooser. */
export const languages: readonly { code: Language; name: string }[] = [
  { code: "de", name: "Deutsch" },
  { code: "en", name: "English" },
];

type Stem<K> = K extends `${infer S}_one` | `${infer S}_other` ? S : K;

/** A key of the catalogues; counted ones without their plural ending. */
export type Key = Stem<keyof typeof en>;

const storageKey = "stammtisch.language";
const i18n = i18next.createInstance();
void i18n.init({
  resources: { en: { translation: en }, de: { translation: de } },
  lng: "en",
  fallbackLng: "en",
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  interpolation: { escapeValue: false }, // everything becomes a text node
});

/** The language in use. Change it with `setLanguage`. */
export const language = signal<Language>("en");

/** The text for `key` with `{{name}}` places filled; `count` chooses the plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return String(i18n.t(key, { ...values, lng: language.value }));
}

/** The first of the browser's languages that we speak, English otherwise. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const code = tag.toLowerCase().split("-")[0];
    const known = languages.find((l) => l.code === code);
    if (known) return known.code;
  }
  return "en";
}

/** Switches every text, tells assistive technology, and remembers the choice in this browser. */
export function setLanguage(code: Language, keep = true): void {
  language.value = code;
  document.documentElement.lang = code;
  if (!keep) return;
  try {
    localStorage.setItem(storageKey, code);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** To be called once at start: the remembered language, else what the browser prefers. */
export function initLanguage(): void {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(storageKey);
  } catch {
    // Storage is blocked: as if there were nothing.
  }
  setLanguage(preferredLanguage(stored === null ? navigator.languages : [stored, ...navigator.languages]), false);
}
