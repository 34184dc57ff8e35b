import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { type Key, language, preferredLanguage, t } from "./index";

const catalogues: Record<string, Record<string, string>> = { en, de };

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

const placesOf = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? "").sort();

describe("the catalogues", () => {
  test("have the same keys", () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  });

  test("fill the same places, except that a count of one may be a word", () => {
    for (const [key, text] of Object.entries(en)) {
      const other = catalogues.de?.[key] ?? "";
      const wanted = key.endsWith("_one") ? placesOf(text).filter((p) => p !== "count") : placesOf(text);
      const found = key.endsWith("_one") ? placesOf(other).filter((p) => p !== "count") : placesOf(other);
      expect(found, key).toEqual(wanted);
    }
  });

  test("have no key that nobody uses", () => {
    const code = sources(join(import.meta.dirname, "../view")).join("\n");
    const unused = Object.keys(en).filter((key) => !code.includes(`"${key.replace(/_(one|other)$/, "")}"`));
    expect(unused).toEqual([]);
  });

  test("have both forms of each plural", () => {
    const counted = Object.keys(en).filter((key) => key.endsWith("_one"));
    for (const key of counted) expect(Object.keys(en)).toContain(key.replace(/_one$/, "_other"));
  });

  test("speak German formally", () => {
    const informal = Object.entries(de).filter(([, text]) => /\b(du|dein\w*|dir|dich|euch|euer\w*|eure\w*)\b/.test(text));
    expect(informal).toEqual([]);
  });
});

describe("t", () => {
  const cases: [string, Key, Record<string, string | number>, string, string][] = [
    ["a plain text", "tool.leave", {}, "Leave", "Verlassen"],
    ["one", "call.count", { count: 1 }, "1 person", "1 Person"],
    ["several", "call.count", { count: 3 }, "3 people", "3 Personen"],
    ["a name is not markup", "notice.joined", { name: "<b>&" }, "<b>& joined.", "<b>& ist da."],
  ];
  test.each(cases)("%s", (_, key, values, english, german) => {
    language.value = "en";
    expect(t(key, values)).toBe(english);
    language.value = "de";
    expect(t(key, values)).toBe(german);
    language.value = "en";
  });
});

test.each([
  [["de-AT", "en"], "de"],
  [["fr", "de"], "de"],
  [["fr"], "en"],
  [[], "en"],
  [["EN-us"], "en"],
])("a browser that prefers %j gets %s", (wanted, expected) => {
  expect(preferredLanguage(wanted)).toBe(expected);
});
