import { describe, expect, it } from "vitest";
import { dataChannel } from "../../src/protocol/bridge/channel";
import { parseBridgeMessage, receiverConstraintsMessage, videoTypeMessage } from "../../src/protocol/bridge/messages";
import { readConfig, withRoom } from "../../src/protocol/config";
import { chooseEncodings } from "../../src/protocol/media/encodings";
import { backoffMs } from "../../src/protocol/xmpp/backoff";
import { fixtureText } from "../fixtures";

const { messages } = JSON.parse(fixtureText("bridge-channel.json")) as { messages: Record<string, unknown> };
const read = (name: string): unknown => parseBridgeMessage(JSON.stringify(messages[name]));

describe("bridge channel", () => {
  it("reads what a bridge sends", () => {
    expect(read("DominantSpeakerEndpointChangeEvent")).toEqual({ kind: "dominantSpeaker", id: "ab6fb992", previous: [], silence: false });
    expect(read("ForwardedSources")).toEqual({ kind: "forwardedSources", names: [] });
    expect(read("SenderSourceConstraints")).toEqual({ kind: "senderConstraints", source: "ab6fb992-v0", maxHeight: 0 });
    expect(read("EndpointMessage")).toMatchObject({ kind: "endpointMessage", from: "ab6fb992" });
    expect(read("EndpointStats")).toEqual({ kind: "ignored" });
    expect(parseBridgeMessage('{"colibriClass":"EndpointConnectivityStatusChangeEvent","endpoint":"a","active":"false"}')).toEqual({
      kind: "connectivity",
      id: "a",
      active: false,
    });
  });

  it.each([
    "",
    "7",
    "null",
    '{"colibriClass":7}',
    '{"colibriClass":"SenderSourceConstraints","sourceName":"a","maxHeight":"7"}',
    '{"colibriClass":"ForwardedSources","forwardedSources":7}',
  ])("survives %j", (text) => {
    expect(["ignored", "forwardedSources"]).toContain(parseBridgeMessage(text).kind);
  });

  it("writes what stock clients write", () => {
    expect(JSON.parse(receiverConstraintsMessage({ lastN: -1, defaultMaxHeight: 720, maxHeights: new Map(), onStage: [] }))).toEqual(
      messages["sent ReceiverVideoConstraints"],
    );
    expect(JSON.parse(videoTypeMessage("ab6fb992-v0", "camera"))).toEqual(messages["sent SourceVideoTypeMessage"]);
  });
});

describe("a data channel that ends", () => {
  type Fake = { onopen?: () => void; onclose?: (() => void) | null; close(): void };

  function start() {
    let told = 0;
    const fake: Fake = { close: () => fake.onclose?.() };
    const pc = { createDataChannel: () => fake } as unknown as RTCPeerConnection;
    const channel = dataChannel(pc, { onOpen: () => undefined, onMessage: () => undefined, onClosed: () => told++ });
    return { fake, channel, told: () => told };
  }

  it("is told of", () => {
    const { fake, told } = start();
    fake.onopen?.();
    fake.close();
    expect(told()).toBe(1);
  });

  it("is no news where we end it", () => {
    const { fake, channel, told } = start();
    fake.onopen?.();
    channel.close();
    expect(told()).toBe(0);
  });

  it("is no news where it never began: a new one would fare no better", () => {
    const { fake, told } = start();
    fake.close();
    expect(told()).toBe(0);
  });
});

describe("layers", () => {
  const active = (height: number, max: number): boolean[] => chooseEncodings("camera", 3, height, max).map((c) => c.active);

  it.each([
    [720, -1, [true, true, true]],
    [720, 720, [true, true, true]],
    [720, 360, [true, true, false]],
    [720, 180, [true, false, false]],
    [720, 90, [true, false, false]],
    [720, 0, [false, false, false]],
    [1080, 360, [true, true, false]],
  ])("of a %i line capture limited to %i are %j", (height, max, want) => {
    expect(active(height, max)).toEqual(want);
  });

  it("halve and halve again, with their bitrates", () => {
    expect(chooseEncodings("camera", 3, 720, -1).map((c) => [c.scaleResolutionDownBy, c.maxBitrate])).toEqual([
      [4, 200_000],
      [2, 500_000],
      [1, 1_500_000],
    ]);
  });

  it("of a single encoding scale down instead", () => {
    expect(chooseEncodings("camera", 1, 720, 180)).toMatchObject([{ active: true, scaleResolutionDownBy: 4 }]);
    expect(chooseEncodings("screen", 1, 1080, 180)).toMatchObject([{ active: true, scaleResolutionDownBy: 1 }]);
    expect(chooseEncodings("screen", 1, 1080, 0)).toMatchObject([{ active: false }]);
  });
});

describe("config.js", () => {
  const hosts = { domain: "meet.example", anonymousdomain: "guest.meet.example", muc: "conference.meet.example" };
  const page = { href: "https://meet.example:8443/standup" };

  it("names hosts and service", () => {
    expect(
      readConfig({ hosts, websocket: "wss://meet.example:8443/xmpp-websocket", bosh: "https://meet.example:8443/http-bind" }, page),
    ).toMatchObject({
      domain: "meet.example",
      anonymousDomain: "guest.meet.example",
      focus: "focus.meet.example",
      preferSctp: true,
      serviceUrls: ["wss://meet.example:8443/xmpp-websocket", "https://meet.example:8443/http-bind"],
    });
  });

  it("may leave the address to the page", () => {
    expect(readConfig({ hosts, websocket: "/xmpp-websocket" }, page).serviceUrls).toEqual(["wss://meet.example:8443/xmpp-websocket"]);
    expect(readConfig({ hosts, bosh: "/http-bind" }, page).serviceUrls).toEqual(["https://meet.example:8443/http-bind"]);
    expect(readConfig({ hosts, websocket: "/xmpp-websocket", bosh: "/http-bind" }, page).serviceUrls).toEqual([
      "wss://meet.example:8443/xmpp-websocket",
      "https://meet.example:8443/http-bind",
    ]);
  });

  it("lets the page's address choose BOSH", () => {
    const config = readConfig({ hosts, websocket: "/xmpp-websocket", bosh: "/http-bind" }, { href: `${page.href}?transport=bosh` });
    expect(config.serviceUrls.map((url) => withRoom(url, "standup"))).toEqual(["https://meet.example:8443/http-bind?room=standup"]);
  });

  it("without hosts is an error", () => {
    expect(() => readConfig(undefined, page)).toThrow("hosts");
  });
});

describe("backing off", () => {
  it("doubles up to a limit and spreads by half", () => {
    expect([0, 1, 2, 9].map((n) => backoffMs(n, 500, 5000, () => 1))).toEqual([500, 1000, 2000, 5000]);
    expect(backoffMs(0, 500, 5000, () => 0)).toBe(250);
  });
});
