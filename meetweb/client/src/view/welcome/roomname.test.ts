import { describe, expect, test } from "vitest";
import { roomNameProblem } from "./namecheck";
import { generateRoomName } from "./roomname";

describe("generateRoomName", () => {
  test.each(["en", "de"] as const)("gives speakable names in %s that need no escaping and rarely repeat", (language) => {
    const names = new Set(Array.from({ length: 500 }, () => generateRoomName(language)));
    expect(names.size).toBeGreaterThan(495);
    for (const name of names) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+){4,7}$/);
      expect(roomNameProblem(name)).toBeNull();
    }
  });
});

test.each([
  ["team monday", null],
  ["Bücher & Wein", { kind: "characters", characters: "&" }],
  ["what?! 100%", { kind: "characters", characters: "? %" }],
  ["a/b", { kind: "characters", characters: "/" }],
  ["   ", { kind: "empty" }],
  ["x".repeat(201), { kind: "tooLong" }],
])("%j: %j", (name, problem) => {
  expect(roomNameProblem(name)).toEqual(problem);
});
