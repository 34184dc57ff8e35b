import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Conference } from "../../src/protocol/conference/conference";
import type { ConferenceEvent } from "../../src/protocol/conference/events";
import { readConfig } from "../../src/protocol/config";
import { childOf, type Xml } from "../../src/protocol/xml/node";
import type { Stream, StreamHandlers } from "../../src/protocol/xmpp/stream";
import { parseXml } from "../fixtures";

const room = "standup@conference.meet.example";
const config = readConfig(
  { hosts: { domain: "meet.example", anonymousdomain: "guest.meet.example", muc: "conference.meet.example" } },
  { href: "https://meet.example/standup" },
);

/** The server's end: what was sent, and what comes back. */
class FakeServer implements Stream {
  isOnline = false;
  readonly sent: Xml[] = [];
  readonly #handlers: StreamHandlers;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  send(stanza: Xml): void {
    this.sent.push(stanza);
  }
  finish(): void {}
  drop(): void {
    this.isOnline = false;
    this.#handlers.onEnd({ kind: "broken" });
  }
  farewell(): undefined {
    return undefined;
  }
  /** A session as this guest. */
  online(node: string): void {
    this.isOnline = true;
    this.#handlers.onOnline(`${node}@guest.meet.example/1`, false);
  }
  says(xml: string): void {
    this.#handlers.onStanza(parseXml(xml));
  }
  requests(): Xml[] {
    return this.sent.filter((stanza) => childOf(stanza, "conference") !== undefined);
  }
  /** Answers the latest conference request. */
  focusSays(type: "result" | "error", content: string): void {
    this.says(`<iq xmlns='jabber:client' type='${type}' id='${this.requests().at(-1)?.attrs.id}'>${content}</iq>`);
  }
  present(nick: string, jid: string): void {
    this.says(`<presence xmlns='jabber:client' from='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc#user'>
      <item affiliation='none' role='participant' jid='${jid}'/></x></presence>`);
  }
  gone(nick: string): void {
    this.says(`<presence xmlns='jabber:client' type='unavailable' from='${room}/${nick}'/>`);
  }
}

const ready = "<conference xmlns='http://jitsi.org/protocol/focus' ready='true' focusjid='focus@auth.meet.example'/>";
const notAuthorized = "<error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

function start() {
  const servers: FakeServer[] = [];
  const events: ConferenceEvent[] = [];
  const conference = new Conference({
    config,
    room: "standup",
    machineUid: "0".repeat(32),
    openStream: (handlers) => {
      const server = new FakeServer(handlers);
      servers.push(server);
      return server;
    },
    rids: false,
    onEvent: (event) => events.push(event),
  });
  const kinds = (): string[] => events.map((event) => event.kind);
  return { conference, servers, kinds };
}

/** Somebody who has been let in. */
async function joined() {
  const visit = start();
  await visit.conference.join({ displayName: "Ana" });
  const server = visit.servers[0] as FakeServer;
  server.online("aaaaaaaa-1");
  server.focusSays("result", ready);
  await vi.advanceTimersByTimeAsync(0);
  server.present("focus", "focus@auth.meet.example/focus");
  server.present("aaaaaaaa", "aaaaaaaa-1@guest.meet.example/1");
  return { ...visit, server };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const toRoom = (server: FakeServer): string[] =>
  server.sent.filter((stanza) => stanza.attrs.to?.startsWith(room)).map((stanza) => `${stanza.name} ${stanza.attrs.type ?? "here"}`);

describe("a visit", () => {
  it("connected ahead asks nothing about the room before it is joined", async () => {
    const { conference, servers, kinds } = start();
    conference.connect();
    const server = servers[0] as FakeServer;
    server.online("aaaaaaaa-1");
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.requests()).toEqual([]);
    expect(toRoom(server)).toEqual([]);
    await conference.join({ displayName: "Ana" });
    server.focusSays("result", ready);
    await vi.advanceTimersByTimeAsync(0);
    expect(servers).toHaveLength(1);
    expect(toRoom(server)).toEqual(["presence here"]);
    server.present("aaaaaaaa", "aaaaaaaa-1@guest.meet.example/1");
    expect(kinds()).toContain("joined");
  });

  it("connected ahead says when the line is broken, and when it is whole again", async () => {
    const { conference, servers } = start();
    conference.connect();
    expect(conference.isBroken).toBe(false);
    servers[0]?.online("aaaaaaaa-1");
    expect(conference.isBroken).toBe(false);
    servers[0]?.drop();
    expect(conference.isBroken).toBe(true);
    await vi.advanceTimersByTimeAsync(5000);
    servers[1]?.online("bbbbbbbb-1");
    expect(conference.isBroken).toBe(false);
  });

  it("waits for the host outside", async () => {
    const { conference, servers, kinds } = start();
    await conference.join({ displayName: "Ana" });
    servers[0]?.online("aaaaaaaa-1");
    servers[0]?.focusSays("error", notAuthorized);
    await vi.advanceTimersByTimeAsync(0);
    expect(kinds()).toContain("waitingForHost");
    expect(toRoom(servers[0] as FakeServer)).toEqual([]);
  });

  it("goes on in the room while the focus is away, and asks for it until it is back", async () => {
    const { server, kinds } = await joined();
    server.gone("focus");
    server.focusSays("error", notAuthorized);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kinds()).not.toContain("waitingForHost");
    expect(server.requests().length).toBeGreaterThan(2);
    server.focusSays("result", ready);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(toRoom(server)).toEqual(["presence here", "iq get"]);
  });

  it("begins anew after a session that could not be resumed, without leaving under a name of the past", async () => {
    const { server, servers, kinds } = await joined();
    server.drop();
    await vi.advanceTimersByTimeAsync(1000);
    const next = servers[1] as FakeServer;
    next.online("bbbbbbbb-2");
    next.focusSays("result", ready);
    await vi.advanceTimersByTimeAsync(0);
    expect(next.sent.filter((stanza) => stanza.name === "presence").map((p) => [p.attrs.to, p.attrs.type])).toEqual([
      [`${room}/bbbbbbbb`, undefined],
    ]);
    next.present("bbbbbbbb", "bbbbbbbb-2@guest.meet.example/1");
    expect(kinds().filter((kind) => kind === "joined")).toHaveLength(2);
  });
});
