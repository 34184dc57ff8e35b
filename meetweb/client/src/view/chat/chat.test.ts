import { describe, expect, test } from "vitest";
import type { ChatMessage } from "../../model/state";
import { groupsOf } from "./groups";
import { piecesOf } from "./links";

describe("piecesOf", () => {
  const links = (text: string): string[] => piecesOf(text).flatMap((p) => (p.kind === "link" ? [p.href] : []));

  test.each([
    ["an address in a sentence", "See https://a.example/x.", ["https://a.example/x"]],
    ["in brackets", "(https://a.example/x)", ["https://a.example/x"]],
    ["with brackets of its own", "https://a.example/x_(y)", ["https://a.example/x_(y)"]],
    ["two of them", "http://a.example https://b.example!", ["http://a.example", "https://b.example"]],
    ["a script is no address", "javascript:alert(1)", []],
    ["nor is data", "data:text/html,x", []],
    ["only a scheme", "https://", []],
    ["markup stays text", "<a href='https://a.example'>x</a>", ["https://a.example"]],
  ])("%s", (_, text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  test("nothing is lost", () => {
    for (const text of ["", "plain", "https://a.example", "a https://a.example, b (http://c.example/d).", "😀 https://ä.example/ö"]) {
      expect(
        piecesOf(text)
          .map((p) => p.text)
          .join(""),
      ).toBe(text);
    }
  });
});

describe("groupsOf", () => {
  const message = (id: string, from: string, at: number, to?: string): ChatMessage => ({
    id,
    from,
    displayName: from,
    text: id,
    at,
    ...(to === undefined ? {} : { privateWith: { id: to, displayName: to } }),
  });
  const shape = (messages: ChatMessage[]): string[] => groupsOf(messages).map((g) => g.messages.map((m) => m.id).join(""));

  test.each([
    ["what one person writes stands together", [message("a", "ana", 0), message("b", "ana", 1000)], ["ab"]],
    ["another person begins anew", [message("a", "ana", 0), message("b", "ben", 1000)], ["a", "b"]],
    ["so does a pause", [message("a", "ana", 0), message("b", "ana", 200_000)], ["a", "b"]],
    ["private and public never mix", [message("a", "ana", 0), message("b", "ana", 1, "ana"), message("c", "ana", 2)], ["a", "b", "c"]],
  ])("%s", (_, messages, expected) => {
    expect(shape(messages)).toEqual(expected);
  });
});
