import { describe, expect, test } from "vitest";
import { browserFamily } from "./browser";
import { clock, day, duration } from "./format";
import { hueOf, initialsOf } from "./identity";

test.each([
  ["Anna Keller", "AK"],
  ["anna", "A"],
  ["Élodie von der Laurent", "ÉL"],
  ["  ", ""],
  ["team-monday", "TM"],
  ["🦊 Fox", "🦊F"],
  ["(Ben)", "B"],
  ["李小龙", "李"],
])("the initials of %j are %j", (name, expected) => {
  expect(initialsOf(name)).toBe(expected);
});

test("a colour belongs to its id and differs between neighbours", () => {
  const hues = ["5eed0000", "5eed0001", "5eed0002", "5eed0003", "5eed0004", "5eed0005"].map(hueOf);
  expect(hues.map((_, i) => hueOf(`5eed000${i}`))).toEqual(hues);
  expect(new Set(hues).size).toBeGreaterThan(3);
  for (const hue of hues) expect(hue).toBeGreaterThanOrEqual(0);
});

describe("times", () => {
  test.each([
    [0, "0:00"],
    [-5000, "0:00"],
    [65_000, "1:05"],
    [3_723_000, "1:02:03"],
  ])("%i ms last %s", (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected);
  });

  const noon = new Date(2026, 10, 20, 12).getTime();
  test.each([
    ["this morning", new Date(2026, 10, 20, 7).getTime(), null],
    ["yesterday late", new Date(2026, 10, 19, 23, 59).getTime(), "Donnerstag"],
    ["last month", new Date(2026, 9, 3).getTime(), "3. Oktober"],
  ])("%s is told as %s", (_, at, expected) => {
    expect(day(at, noon, "de")).toBe(expected);
  });

  test("the clock follows the language", () => {
    expect(clock(noon, "de")).toBe("12:00");
  });
});

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36", "chromium"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "safari",
  ],
  ["something new", "other"],
])("%s is %s", (agent, expected) => {
  expect(browserFamily(agent)).toBe(expected);
});
