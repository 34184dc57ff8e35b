import { expect, test } from "vitest";
import { parsePrefs } from "./prefs";

const defaults = { mirror: true, shortcuts: true, chatSize: "normal", filmStrip: true };

test.each([
  ["nothing", null, defaults],
  ["no JSON", "{", defaults],
  ["another shape", "[1]", defaults],
  ["null", "null", defaults],
  ["strange values", '{"mirror":"no","chatSize":"huge","shortcuts":0}', defaults],
  [
    "what was chosen",
    '{"mirror":false,"shortcuts":false,"chatSize":"large","filmStrip":false}',
    { mirror: false, shortcuts: false, chatSize: "large", filmStrip: false },
  ],
])("from %s", (_, text, expected) => {
  expect(parsePrefs(text)).toEqual(expected);
});
