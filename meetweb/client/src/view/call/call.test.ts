import { describe, expect, test } from "vitest";
import { language } from "../../i18n";
import type { Notice } from "../../model/state";
import { bannerKey } from "./banner";
import { toastText, toToasts } from "./notices";
import { fittingTools, tools } from "./toolbarfit";

describe("the toolbar", () => {
  test.each([
    [1280, ["microphone", "camera", "screen", "chat", "hand", "people", "layout"]],
    [584, ["microphone", "camera", "screen", "chat", "hand", "people", "layout"]],
    [530, ["microphone", "camera", "screen", "chat", "hand", "people"]],
    [460, ["microphone", "camera", "screen", "chat", "people"]],
    [400, ["microphone", "camera", "chat", "people"]],
    [336, ["microphone", "camera", "chat"]],
    [200, ["microphone", "camera"]],
  ])("at %i px keeps %j", (width, expected) => {
    expect(fittingTools(width, 1, tools)).toEqual(expected);
  });

  test("makes room for larger text", () => {
    expect(fittingTools(584, 2, tools).length).toBeLessThan(5);
  });

  test("gives the place of what this browser cannot do to the next", () => {
    const available = tools.filter((tool) => tool !== "screen");
    expect(fittingTools(460, 1, available)).toEqual(["microphone", "camera", "chat", "hand", "people"]);
  });
});

describe("notices", () => {
  const notice = (id: number, kind: Notice["kind"], ...names: string[]): Notice => ({ id, kind, names });

  test("several who join are one message", () => {
    language.value = "en";
    const toasts = toToasts([notice(1, "joined", "Ana"), notice(2, "roomLocked"), notice(3, "joined", "Ben"), notice(4, "joined", "Eva")]);
    expect(toasts.map(toastText)).toEqual(["Ana and 2 others joined.", "The room has a password now."]);
    expect(toasts[0]?.ids).toEqual([1, 3, 4]);
  });

  test("who has no name is a guest", () => {
    expect(toToasts([notice(1, "left", "")]).map(toastText)).toEqual(["Guest left."]);
  });

  test("other messages stay apart", () => {
    expect(toToasts([notice(1, "chatFailed"), notice(2, "chatFailed")])).toHaveLength(2);
  });
});

test.each([
  ["connected", "connected", 2, null],
  ["reconnecting", "connected", 2, "banner.reconnecting"],
  ["reconnecting", "failed", 2, "banner.reconnectingAll"],
  ["reconnecting", "none", 0, "banner.reconnectingAll"],
  ["offline", "connected", 2, "banner.offline"],
  ["connected", "interrupted", 2, "banner.mediaInterrupted"],
  ["connected", "failed", 2, "banner.mediaFailed"],
  ["connected", "none", 0, null],
  ["connected", "none", 2, "banner.mediaConnecting"],
  ["connected", "connecting", 0, null],
] as const)("line %s and media %s with %i others: %s", (connection, media, others, key) => {
  expect(bannerKey(connection, media, others)).toBe(key);
});
