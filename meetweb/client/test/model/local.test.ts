import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LocalMedia } from "../../src/model/local";
import { createSettings } from "../../src/model/settings";
import type { AppEvent } from "../../src/model/update";

class FakeTrack extends EventTarget {
  enabled = true;
  readyState = "live";
  stop(): void {
    this.readyState = "ended";
  }
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** A browser that takes its time: `give` hands the track out. */
function later(): { give: (track: FakeTrack) => void } {
  const slow = { give: (_: FakeTrack): void => undefined };
  next.push(
    () =>
      new Promise((resolve) => {
        slow.give = resolve;
      }),
  );
  return slow;
}

/** What the browser would hand out next: a track, or its refusal. */
let next: (() => Promise<FakeTrack>)[] = [];
const opened: FakeTrack[] = [];

async function hand(): Promise<{ getTracks(): FakeTrack[]; getVideoTracks(): FakeTrack[] }> {
  const track = await (next.shift() ?? (async () => new FakeTrack()))();
  opened.push(track);
  return { getTracks: () => [track], getVideoTracks: () => [track] };
}

function refuse(name: string): () => Promise<FakeTrack> {
  return async () => {
    throw new DOMException("", name);
  };
}

function start() {
  const events: AppEvent[] = [];
  const sent: string[] = [];
  const local = new LocalMedia(
    {
      settings: createSettings(undefined),
      dispatch: (event) => events.push(event),
      send: (slot, track, muted) => sent.push(`${slot} ${track === null ? "nothing" : "track"} ${muted ? "muted" : "live"}`),
    },
    new AbortController().signal,
  );
  const device = (name: string) =>
    events.flatMap((e) => (e.kind === "device" && e.device === name ? [{ ...e.part, problem: e.problem }] : [])).at(-1);
  const notices = () => events.flatMap((e) => (e.kind === "notice" ? [e.notice.kind] : []));
  return { local, sent, device, notices };
}

beforeEach(() => {
  next = [];
  opened.length = 0;
  vi.stubGlobal("navigator", {
    mediaDevices: { getUserMedia: hand, getDisplayMedia: hand, enumerateDevices: async () => [], addEventListener: () => undefined },
  });
  vi.stubGlobal("MediaStream", class {});
  vi.stubGlobal(
    "AudioContext",
    class {
      state = "running";
      createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: () => undefined });
      createMediaStreamSource = () => ({ connect: () => undefined });
      close = async () => undefined;
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

describe("own devices", () => {
  it("are opened and sent; a camera that goes off is let go, a microphone is kept", async () => {
    const { local, sent, device } = start();
    await local.setDevice("microphone", true);
    await local.setDevice("camera", true);
    await local.setDevice("microphone", false);
    await local.setDevice("camera", false);
    expect(sent).toEqual(["audio track live", "camera track live", "audio track muted", "camera nothing muted"]);
    expect(opened.map((t) => [t.readyState, t.enabled])).toEqual([
      ["live", false],
      ["ended", true],
    ]);
    expect(device("microphone")).toEqual({ on: false, busy: false, problem: null });
    local.suspend();
  });

  it("that are refused say why", async () => {
    const { local, device, notices } = start();
    next = [refuse("NotAllowedError"), refuse("NotReadableError")];
    await local.setDevice("microphone", true);
    await local.setDevice("camera", true);
    expect(device("microphone")).toEqual({ on: false, busy: false, problem: "denied" });
    expect(device("camera")).toEqual({ on: false, busy: false, problem: "inUse" });
    expect(notices()).toEqual(["microphoneDenied"]);
  });

  it("that are unplugged go off, and one is told", async () => {
    const { local, sent, device, notices } = start();
    await local.setDevice("camera", true);
    opened[0]?.unplug();
    expect(sent.at(-1)).toBe("camera nothing muted");
    expect(device("camera")).toEqual({ on: false, problem: "notFound" });
    expect(notices()).toEqual(["cameraLost"]);
  });

  it("that open only after leaving are closed at once", async () => {
    const { local, sent } = start();
    const slow = later();
    const opening = local.setDevice("camera", true);
    local.suspend();
    const track = new FakeTrack();
    slow.give(track);
    await opening;
    expect(track.readyState).toBe("ended");
    expect(sent).toEqual([]);
  });

  it("that open only after coming back are on", async () => {
    const { local, sent, device } = start();
    const slow = later();
    const first = local.resume();
    local.suspend();
    const second = local.resume();
    slow.give(new FakeTrack());
    await Promise.all([first, second]);
    expect(opened.map((t) => t.readyState)).toEqual(["live", "live"]);
    expect(sent.toSorted()).toEqual(["audio track live", "camera track live"]);
    expect(device("microphone")).toEqual({ on: true, busy: false, problem: null });
    local.suspend();
  });

  it("are not opened one after the other for somebody who has gone", async () => {
    const { local } = start();
    const slow = later();
    const resuming = local.resume();
    local.suspend();
    slow.give(new FakeTrack());
    await resuming;
    expect(opened.map((t) => t.readyState)).toEqual(["ended"]);
  });

  it("that are switched off while they open go off", async () => {
    const { local, sent, device } = start();
    const slow = later();
    const speaking = local.setDevice("microphone", true);
    await local.setDevice("microphone", false);
    slow.give(new FakeTrack());
    await speaking;
    expect(opened[0]?.enabled).toBe(false);
    expect(sent.at(-1)).toBe("audio track muted");
    expect(device("microphone")).toMatchObject({ on: false, busy: false });
    local.suspend();
  });

  it("a moderator mutes while they open go off", async () => {
    const { local, sent } = start();
    const slow = later();
    const showing = local.setDevice("camera", true);
    local.forceOff("camera");
    slow.give(new FakeTrack());
    await showing;
    expect(opened[0]?.readyState).toBe("ended");
    expect(sent).toEqual([]);
  });

  it("that are replaced while off stay off all the time", async () => {
    const { local, sent } = start();
    await local.setDevice("microphone", true);
    await local.setDevice("microphone", false);
    sent.length = 0;
    await local.choose("microphone", "other");
    expect(opened.map((t) => [t.readyState, t.enabled])).toEqual([
      ["ended", false],
      ["live", false],
    ]);
    expect(sent).toEqual(["audio track muted"]);
    local.suspend();
  });

  it("whose replacement does not open are off for the others too", async () => {
    const { local, sent, device } = start();
    await local.setDevice("camera", true);
    next = [refuse("NotReadableError")];
    await local.choose("camera", "other");
    expect(sent.at(-1)).toBe("camera nothing muted");
    expect(device("camera")).toEqual({ on: false, busy: false, problem: "inUse" });
  });

  it("a moderator mutes stay open but silent", async () => {
    const { local, sent } = start();
    await local.setDevice("microphone", true);
    local.forceOff("microphone");
    expect(sent.at(-1)).toBe("audio track muted");
    local.suspend();
  });

  it("of which none is there leave the choice empty", async () => {
    const { local, device } = start();
    next = [refuse("NotFoundError"), refuse("NotFoundError")];
    await local.resume();
    expect(device("microphone")).toMatchObject({ on: false, problem: "notFound" });
    expect(device("camera")).toMatchObject({ on: false, problem: "notFound" });
  });
});

describe("the screen", () => {
  it("that one does not choose after all is no failure", async () => {
    const { local, device, notices } = start();
    next = [refuse("NotAllowedError")];
    await local.setDevice("screen", true);
    expect(device("screen")).toEqual({ on: false, busy: false, problem: null });
    expect(notices()).toEqual([]);
  });

  it("that is chosen only after coming back is not shown to whoever is there now", async () => {
    const { local, sent } = start();
    const slow = later();
    const choosing = local.setDevice("screen", true);
    local.suspend();
    await local.resume();
    const track = new FakeTrack();
    slow.give(track);
    await choosing;
    expect(track.readyState).toBe("ended");
    expect(sent).toEqual(["audio track live", "camera track live"]);
    local.suspend();
  });

  it("is taken back by the browser's own button", async () => {
    const { local, sent } = start();
    await local.setDevice("screen", true);
    opened[0]?.unplug();
    expect(sent).toEqual(["screen track live", "screen nothing muted"]);
  });
});
