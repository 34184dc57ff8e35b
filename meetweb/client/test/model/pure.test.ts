import { describe, expect, it } from "vitest";
import { constraintsFor, heightFor } from "../../src/model/constraints";
import { loudness } from "../../src/model/level";
import { pathOfRoom, roomLocalpart, roomOfPath } from "../../src/model/rooms";
import { createSettings, parseSettings, withVisit } from "../../src/model/settings";

describe("room names", () => {
  it.each([
    ["/", null],
    ["/standup", "standup"],
    ["/Team%20Monday/x", "Team Monday"],
    ["/100%", "100%"],
  ])("of the path %s is %s", (path, room) => {
    expect(roomOfPath(path)).toBe(room);
  });

  it("survive the address bar", () => {
    for (const room of ["Team Monday", "früh-stück", "日本"]) expect(roomOfPath(pathOfRoom(room))).toBe(room);
  });

  it("are addresses without case, as stock clients form them", () => {
    expect(roomLocalpart("StandUp")).toBe("standup");
    expect(roomLocalpart("Team Monday")).toBe("team%20monday");
    expect(roomLocalpart("Früh")).toBe("fr%c3%bch");
  });
});

describe("settings", () => {
  const memory = (): Pick<Storage, "getItem" | "setItem"> => {
    const held = new Map<string, string>();
    return { getItem: (k) => held.get(k) ?? null, setItem: (k, v) => void held.set(k, v) };
  };

  it("keep the machine's id and what was written", () => {
    const storage = memory();
    const first = createSettings(storage);
    expect(first.read().machineUid).toMatch(/^[0-9a-f]{32}$/);
    first.write({ displayName: "Ana", cameraOn: false });
    expect(createSettings(storage).read()).toMatchObject({
      machineUid: first.read().machineUid,
      displayName: "Ana",
      cameraOn: false,
      microphoneOn: true,
    });
  });

  it("of two pages do not undo each other", () => {
    const storage = memory();
    const first = createSettings(storage);
    const second = createSettings(storage);
    first.write({ sessionId: "s1", account: "hanna@meet.example" });
    second.write({ displayName: "Hanna" });
    expect(createSettings(storage).read()).toMatchObject({ sessionId: "s1", account: "hanna@meet.example", displayName: "Hanna" });
  });

  it("do without storage", () => {
    const forbidden = {
      getItem: (): string => {
        throw new Error("forbidden");
      },
      setItem: (): void => {
        throw new Error("forbidden");
      },
    };
    const settings = createSettings(forbidden);
    settings.write({ displayName: "Ana" });
    expect(settings.read().displayName).toBe("Ana");
  });

  it.each(["", "7", "null", '{"recentRooms":[null,{"room":7}],"displayName":7}'])("survive %j", (text) => {
    expect(parseSettings(text)).toMatchObject({ displayName: "", recentRooms: [] });
  });

  it("list each room once, the last first", () => {
    const visit = (room: string, at: number) => ({ room, at, minutes: 0 });
    expect(withVisit([visit("a", 1), visit("b", 2)], visit("a", 3))).toEqual([visit("a", 3), visit("b", 2)]);
  });
});

describe("constraints", () => {
  it.each([
    [150, 180],
    [300, 360],
    [700, 720],
    [1080, 1080],
    [1500, 2160],
  ])("for %i pixels ask for %i lines", (pixels, lines) => {
    expect(heightFor(pixels)).toBe(lines);
  });

  it("ask for nothing that is not shown", () => {
    const c = constraintsFor(
      new Map([
        ["a-v0", 100],
        ["b-v1", 600],
      ]),
      2,
      "speaker",
    );
    expect(c).toEqual({
      lastN: -1,
      defaultMaxHeight: 0,
      maxHeights: new Map([
        ["a-v0", 180],
        ["b-v1", 1080],
      ]),
      onStage: ["b-v1"],
    });
    expect(constraintsFor(new Map([["a-v0", 100]]), 1, "tiles").onStage).toEqual([]);
  });
});

describe("the level", () => {
  it("is 0 in silence, 1 at full scale", () => {
    expect(loudness(new Float32Array(64))).toBe(0);
    expect(loudness(new Float32Array(64).fill(1))).toBe(1);
    expect(loudness(new Float32Array(64).fill(0.03))).toBeCloseTo(0.5, 1);
  });
});
