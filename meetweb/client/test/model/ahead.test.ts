import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Ahead } from "../../src/model/ahead";

class FakeConference {
  readonly connect = vi.fn();
  readonly leave = vi.fn();
  isBroken = false;
}

function start() {
  const ahead = new Ahead<FakeConference>();
  const made: FakeConference[] = [];
  const busy = (room = "standup"): void =>
    ahead.open(room, () => {
      const conference = new FakeConference();
      made.push(conference);
      return conference;
    });
  return { ahead, made, busy };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("connects once while the person is busy, and hands that over", () => {
  const { ahead, made, busy } = start();
  busy();
  vi.advanceTimersByTime(50_000);
  busy();
  vi.advanceTimersByTime(50_000);
  expect(made).toHaveLength(1);
  expect(made[0]?.connect).toHaveBeenCalledTimes(1);
  expect(ahead.take("standup")).toBe(made[0]);
  vi.advanceTimersByTime(600_000);
  expect(made[0]?.leave).not.toHaveBeenCalled();
});

it("hangs up when nothing is done for a minute, and connects again with the next deed", () => {
  const { ahead, made, busy } = start();
  busy();
  vi.advanceTimersByTime(60_000);
  expect(made[0]?.leave).toHaveBeenCalledTimes(1);
  expect(ahead.take("standup")).toBeNull();
  busy();
  expect(ahead.take("standup")).toBe(made[1]);
});

it("does not try a failed one again with every key, nor hands it over", () => {
  const { ahead, made, busy } = start();
  busy();
  ahead.failed(made[0] as FakeConference);
  busy();
  expect(made).toHaveLength(1);
  expect(ahead.take("standup")).toBeNull();
});

it("does not hand over one that is broken at the moment", () => {
  const { ahead, made, busy } = start();
  busy();
  (made[0] as FakeConference).isBroken = true;
  expect(ahead.take("standup")).toBeNull();
  expect(made[0]?.leave).toHaveBeenCalledTimes(1);
});

it("hangs up when the person goes to another room, or away", () => {
  const { ahead, made, busy } = start();
  busy("standup");
  busy("retro");
  expect(made[0]?.leave).toHaveBeenCalledTimes(1);
  ahead.close(true);
  expect(made[1]?.leave).toHaveBeenCalledWith(true);
  expect(ahead.take("retro")).toBeNull();
});
