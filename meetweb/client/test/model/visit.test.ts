import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LocalMedia } from "../../src/model/local";
import { initialModel } from "../../src/model/model";
import { createSettings } from "../../src/model/settings";
import type { Screen } from "../../src/model/state";
import { update } from "../../src/model/update";
import { Visit } from "../../src/model/visit";
import { readConfig } from "../../src/protocol/config";

function at(screen: Screen) {
  const settings = createSettings(undefined);
  let model = update(initialModel(settings.read(), true), { kind: "screen", screen });
  const visit = new Visit({
    config: readConfig({ hosts: { domain: "meet.example", muc: "conference.meet.example" } }, { href: "https://meet.example/standup" }),
    settings,
    local: {} as LocalMedia,
    dispatch: (event) => {
      model = update(model, event);
    },
    state: () => model.app,
  });
  return { visit, screen: () => model.app.screen.kind };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("can be given up where the server takes no guests, though nothing is connected then", () => {
  const { visit, screen } = at({ kind: "waitingForHost", room: "standup", login: { kind: "closed" } });
  visit.leave();
  expect(screen()).toBe("left");
});

it.each([
  { kind: "welcome" },
  { kind: "prejoin", room: "standup" },
  { kind: "left", room: "standup", reason: { kind: "roomFull" } },
] as const)("that has not begun or is over is not left from $kind", (where) => {
  const { visit, screen } = at(where);
  visit.leave();
  expect(screen()).toBe(where.kind);
});
