import { describe, expect, test } from "vitest";
import type { AppState, Participant } from "../../model/state";
import { byHands, onStage, sameSeats, seatsOf } from "./seats";

function person(id: string, sharing = false): Participant {
  const videos = sharing ? [{ name: `${id}-v1`, kind: "desktop" as const, stream: null, muted: false, forwarded: true }] : [];
  return { id, displayName: id, moderator: false, audioMuted: false, videos, audio: null, handRaisedAt: 0, active: true };
}

/** Only what the functions look at. */
function room(participants: Participant[], part: Partial<AppState> = {}): AppState {
  return { local: { id: "self", screenStream: null }, participants, pinned: null, dominantSpeaker: null, ...part } as unknown as AppState;
}

const keys = (state: AppState): string[] => seatsOf(state).map((s) => s.key);

describe("seatsOf", () => {
  test("nobody moves when somebody joins", () => {
    const before = keys(room([person("ana"), person("ben")]));
    const after = keys(room([person("ana"), person("ben"), person("eva")]));
    expect(before).toEqual(["me", "ana", "ben"]);
    expect(after.slice(0, 3)).toEqual(before);
  });

  test("a screen comes after the person who shows it", () => {
    expect(keys(room([person("ana", true), person("ben")]))).toEqual(["me", "ana", "ana-v1", "ben"]);
  });

  test("a screen that is not shown any more has no tile", () => {
    const ana = person("ana", true);
    const stopped = { ...ana, videos: ana.videos.map((v) => ({ ...v, muted: true })) };
    expect(keys(room([stopped]))).toEqual(["me", "ana"]);
  });

  test("one's own screen comes after oneself, while it is shown", () => {
    const local = (screenStream: MediaStream | null): Partial<AppState> => ({ local: { id: "self", screenStream } as AppState["local"] });
    expect(keys(room([person("ana")], local({} as MediaStream)))).toEqual(["me", "me-screen", "ana"]);
    expect(keys(room([person("ana")], local(null)))).toEqual(["me", "ana"]);
  });

  test("one's own tile stays when the server names us", () => {
    const unnamed = { ...room([]), local: { id: null, screenStream: null } } as unknown as AppState;
    expect(keys(unnamed)).toEqual(keys(room([])));
  });
});

describe("onStage", () => {
  const people = [person("ana"), person("ben")];
  const sharing = { local: { id: "self", screenStream: {} } as AppState["local"] };
  const stage = (state: AppState, previous: string | null = null): string | undefined => onStage(seatsOf(state), state, previous)?.key;

  test.each([
    ["who is pinned, even if others speak", room(people, { pinned: "ben", dominantSpeaker: "ana" }), null, "ben"],
    ["oneself when pinned", room(people, { pinned: "self" }), null, "me"],
    ["a screen before who speaks", room([person("ana"), person("ben", true)], { dominantSpeaker: "ana" }), null, "ben-v1"],
    ["the screen of who is pinned", room([person("ana", true)], { pinned: "ana" }), null, "ana-v1"],
    ["one's own screen when asked for", room(people, { pinned: "self", ...sharing }), null, "me-screen"],
    ["not one's own screen by itself", room(people, { dominantSpeaker: "ben", ...sharing }), null, "ben"],
    ["who spoke last while I share", room(people, sharing), "ben", "ben"],
    ["who speaks", room(people, { dominantSpeaker: "ben" }), "ana", "ben"],
    ["who spoke last while nobody speaks", room(people), "ben", "ben"],
    ["who spoke last while I speak", room(people, { dominantSpeaker: "self" }), "ben", "ben"],
    ["the first of the others at the start", room(people), null, "ana"],
    ["the first of the others when who spoke has left", room(people), "eva", "ana"],
    ["oneself when alone", room([]), null, "me"],
    ["not a pinned person who has left", room(people, { pinned: "eva", dominantSpeaker: "ben" }), null, "ben"],
  ])("%s", (_, state, previous, expected) => {
    expect(stage(state, previous)).toBe(expected);
  });
});

test("sameSeats sees an order that changed", () => {
  const seats = seatsOf(room([person("ana"), person("ben")]));
  expect(sameSeats(seats, [...seats])).toBe(true);
  expect(sameSeats(seats, [...seats].reverse())).toBe(false);
  expect(sameSeats(seats, seats.slice(1))).toBe(false);
});

test("raised hands come first, the one that waits longest on top", () => {
  const list = [person("ana"), { ...person("ben"), handRaisedAt: 20 }, { ...person("eva"), handRaisedAt: 10 }];
  expect(byHands(list).map((p) => p.id)).toEqual(["eva", "ben", "ana"]);
});
