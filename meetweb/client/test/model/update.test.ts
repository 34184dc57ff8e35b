import { describe, expect, it } from "vitest";
import { initialModel, type Model } from "../../src/model/model";
import { parseSettings } from "../../src/model/settings";
import { type AppEvent, update } from "../../src/model/update";
import type { ConferenceEvent } from "../../src/protocol/conference/events";
import type { RemoteTrack } from "../../src/protocol/media/streams";
import type { Occupant, SourceStatus } from "../../src/protocol/muc/presence";

const now = 1_000_000;
const fresh = initialModel(parseSettings(null), false);

function run(model: Model, ...events: (AppEvent | ConferenceEvent)[]): Model {
  const own = new Set([
    "screen",
    "login",
    "local",
    "device",
    "chatOpened",
    "chatTo",
    "chatSent",
    "participantsOpened",
    "layout",
    "pinned",
    "notice",
    "dismissed",
    "recentRooms",
  ]);
  return events.reduce(
    (m, event) => update(m, own.has(event.kind) ? (event as AppEvent) : { kind: "conference", event: event as ConferenceEvent, now }),
    model,
  );
}

function ana(part: Partial<Occupant> = {}, sources: Record<string, SourceStatus> = {}): ConferenceEvent {
  const occupant: Occupant = {
    id: "aaaaaaaa",
    jid: "x",
    displayName: "Ana",
    affiliation: "none",
    role: "participant",
    sources: new Map(Object.entries(sources)),
    handRaisedAt: 0,
    ...part,
  };
  return { kind: "occupant", occupant };
}

function track(name: string, media: "audio" | "video", videoType: "camera" | "desktop" = "camera"): RemoteTrack {
  return { name, owner: name.slice(0, 8), media, videoType, stream: { name } as unknown as MediaStream };
}

const joined = run(
  fresh,
  { kind: "screen", screen: { kind: "joining", room: "standup" } },
  { kind: "joined", id: "eeeeeeee" },
  { kind: "roomInfo", locked: false, createdAt: 7 },
);
const kinds = (m: Model): string[] => m.app.notices.map((n) => n.kind);

describe("entering", () => {
  it("goes through the password", () => {
    const asked = run(fresh, { kind: "screen", screen: { kind: "joining", room: "standup" } }, { kind: "passwordNeeded", wrong: false });
    expect(asked.app.screen).toEqual({ kind: "password", room: "standup", wrong: false });
  });

  it("waits for the host, with the login beside it", () => {
    const waiting = run(
      fresh,
      { kind: "screen", screen: { kind: "joining", room: "standup" } },
      { kind: "waitingForHost" },
      { kind: "login", login: { kind: "open" } },
    );
    expect(waiting.app.screen).toEqual({ kind: "waitingForHost", room: "standup", login: { kind: "open" } });
    expect(waiting.app.accountsNeeded).toBe(true);
    expect(run(waiting, { kind: "waitingForHost" }).app.screen).toBe(waiting.app.screen);
  });

  it("tells nothing of those who were there before", () => {
    const m = run(fresh, { kind: "screen", screen: { kind: "joining", room: "standup" } }, ana(), { kind: "joined", id: "eeeeeeee" });
    expect(m.app).toMatchObject({ screen: { kind: "inCall", room: "standup" }, startedAt: now, notices: [] });
    expect(m.app.participants.map((p) => p.displayName)).toEqual(["Ana"]);
  });

  it("again after a lost session tells nothing either", () => {
    const m = run(joined, ana(), { kind: "reset" }, ana(), { kind: "joined", id: "ffffffff" });
    expect(kinds(m)).toEqual(["joined"]);
    expect(m.app.local.id).toBe("ffffffff");
  });
});

describe("people", () => {
  it("come, raise a hand, leave", () => {
    const m = run(joined, ana(), ana({ handRaisedAt: 5 }), { kind: "occupantLeft", id: "aaaaaaaa", reason: { kind: "left" } });
    expect(kinds(m)).toEqual(["joined", "handRaised", "left"]);
    expect(m.app.participants).toEqual([]);
  });

  it("who are kicked are named; who was pinned is no longer", () => {
    const m = run(
      joined,
      ana(),
      { kind: "pinned", id: "aaaaaaaa" },
      { kind: "dominantSpeaker", id: "aaaaaaaa" },
      { kind: "chatTo", id: "aaaaaaaa" },
      { kind: "occupantLeft", id: "aaaaaaaa", reason: { kind: "kicked" } },
    );
    expect(m.app).toMatchObject({ pinned: null, dominantSpeaker: null, chat: { to: null } });
    expect(m.app.notices.at(-1)).toMatchObject({ kind: "kickedOther", names: ["Ana"] });
  });

  it("have camera before screen, and a screen only while it is shown", () => {
    const sources = {
      "aaaaaaaa-v1": { muted: false, videoType: "desktop" },
      "aaaaaaaa-v0": { muted: true, videoType: "camera" },
      "aaaaaaaa-a0": { muted: false, videoType: "camera" },
    } as const;
    const m = run(joined, ana({}, sources), {
      kind: "tracks",
      tracks: [track("aaaaaaaa-v1", "video", "desktop"), track("aaaaaaaa-a0", "audio")],
    });
    const [person] = m.app.participants;
    expect(person).toMatchObject({
      audioMuted: false,
      videos: [
        { kind: "camera", muted: true, stream: null },
        { kind: "desktop", muted: false, forwarded: true },
      ],
    });
    expect(person?.audio).not.toBeNull();
    const stopped = run(m, ana({}, { ...sources, "aaaaaaaa-v1": { muted: true, videoType: "desktop" } }));
    expect(stopped.app.participants[0]?.videos.map((v) => v.kind)).toEqual(["camera"]);
  });

  it("without SourceInfo count as muted although media flows", () => {
    const m = run(joined, ana(), { kind: "tracks", tracks: [track("aaaaaaaa-v0", "video")] });
    expect(m.app.participants[0]).toMatchObject({ audioMuted: true, videos: [{ muted: true }] });
  });

  it("are forwarded until the bridge says otherwise", () => {
    const m = run(joined, ana({}, { "aaaaaaaa-v0": { muted: false, videoType: "camera" } }));
    const forwarded = (model: Model): boolean | undefined => model.app.participants[0]?.videos[0]?.forwarded;
    expect(forwarded(m)).toBe(true);
    expect(forwarded(run(m, { kind: "forwarded", names: [] }))).toBe(false);
    expect(forwarded(run(m, { kind: "forwarded", names: [] }, { kind: "media", state: "failed" }, { kind: "media", state: "none" }))).toBe(
      true,
    );
  });

  it("who do not change stay the same object", () => {
    const m = run(joined, ana());
    const again = run(m, ana(), {
      kind: "occupant",
      occupant: { ...(ana() as ConferenceEvent & { kind: "occupant" }).occupant, id: "bbbbbbbb" },
    });
    expect(again.app.participants[0]).toBe(m.app.participants[0]);
    expect(run(again, ana()).app.participants).toBe(again.app.participants);
  });

  it("who fall silent for the bridge are not active", () => {
    const m = run(joined, ana(), { kind: "active", id: "aaaaaaaa", active: false });
    expect(m.app.participants[0]?.active).toBe(false);
    expect(run(m, { kind: "active", id: "aaaaaaaa", active: true }).app.participants[0]?.active).toBe(true);
  });
});

describe("the room", () => {
  it("tells when it is locked, not that it was", () => {
    const m = run(joined, { kind: "roomInfo", locked: true, createdAt: 0 });
    expect(m.app).toMatchObject({ locked: true, startedAt: 7 });
    expect(kinds(m)).toEqual(["roomLocked"]);
  });

  it("tells who has become a moderator", () => {
    const self = (role: string): ConferenceEvent => ({
      kind: "self",
      occupant: { id: "eeeeeeee", jid: "", displayName: "", affiliation: "owner", role, sources: new Map(), handRaisedAt: 0 },
    });
    const m = run(joined, self("participant"), self("moderator"), self("moderator"));
    expect(m.app.local.moderator).toBe(true);
    expect(kinds(m)).toEqual(["becameModerator"]);
  });

  it("tells interruptions and their end", () => {
    const m = run(
      joined,
      { kind: "connection", state: "reconnecting" },
      { kind: "connection", state: "reconnecting" },
      { kind: "connection", state: "connected" },
    );
    expect(kinds(m)).toEqual(["reconnecting", "reconnected"]);
    expect(m.app.screen.kind).toBe("inCall");
  });

  it("left behind leaves nothing", () => {
    const m = run(joined, ana(), { kind: "ended", reason: { kind: "kicked", by: "aaaaaaaa", text: "noise" } });
    expect(m.app).toMatchObject({
      screen: { kind: "left", room: "standup", reason: { kind: "kicked", by: "Ana", text: "noise" } },
      participants: [],
      notices: [],
      media: "none",
    });
    expect(m.app.local.id).toBeNull();
  });
});

describe("chat", () => {
  const message = (part: Partial<ConferenceEvent & { kind: "chat" }> = {}): ConferenceEvent => ({
    kind: "chat",
    id: "m1",
    from: "aaaaaaaa",
    text: "hello",
    isPrivate: false,
    ...part,
  });
  const mine = { id: "m2", from: "me", displayName: "", text: "hi", at: now } as const;

  it("counts what was not seen, but neither history nor one's own", () => {
    const m = run(
      joined,
      ana(),
      message(),
      message({ id: "m0", at: 5 }),
      { kind: "chatSent", message: mine },
      message({ id: "m2", from: "eeeeeeee" }),
    );
    expect(m.app.chat.unread).toBe(1);
    expect(m.app.chat.messages.map((x) => [x.from, x.displayName, x.at])).toEqual([
      ["aaaaaaaa", "Ana", now],
      ["aaaaaaaa", "Ana", 5],
      ["me", "", now],
    ]);
    expect(run(m, { kind: "chatOpened", open: true }).app.chat.unread).toBe(0);
  });

  it("marks private messages and refused ones", () => {
    const m = run(joined, ana(), message({ isPrivate: true }), { kind: "chatSent", message: mine }, { kind: "chatRefused", id: "m2" });
    expect(m.app.chat.messages).toMatchObject([{ privateWith: { id: "aaaaaaaa", displayName: "Ana" } }, { failed: true }]);
    expect(kinds(m)).toContain("chatFailed");
  });
});

describe("devices", () => {
  it("have a problem until it is over", () => {
    const m = run(
      fresh,
      { kind: "device", device: "camera", part: { busy: true }, problem: null },
      { kind: "device", device: "camera", part: { on: false, busy: false }, problem: "denied" },
    );
    expect(m.app.local.camera).toEqual({ on: false, busy: false, problem: "denied" });
    expect(run(m, { kind: "device", device: "camera", part: { on: true }, problem: null }).app.local.camera).toEqual({
      on: true,
      busy: false,
    });
  });
});
