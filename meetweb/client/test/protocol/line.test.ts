import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Entry } from "../../src/protocol/conference/entry";
import type { ConferenceAnswer } from "../../src/protocol/focus";
import { el, type Xml } from "../../src/protocol/xml/node";
import { Line } from "../../src/protocol/xmpp/line";
import { IqError, iq } from "../../src/protocol/xmpp/stanza";
import type { Stream, StreamEnd, StreamHandlers } from "../../src/protocol/xmpp/stream";
import { fixture, parseXml } from "../fixtures";

/** A server's end of the line: says what became of each stream. */
class FakeStream implements Stream {
  isOnline = false;
  readonly sent: Xml[] = [];
  finished = false;
  readonly handlers: StreamHandlers;

  constructor(handlers: StreamHandlers) {
    this.handlers = handlers;
  }

  send(stanza: Xml): void {
    this.sent.push(stanza);
  }
  finish(): void {
    this.finished = true;
  }
  drop(end: StreamEnd = { kind: "broken" }): void {
    this.end(end);
  }
  farewell(): undefined {
    return undefined;
  }
  online(resumed: boolean): void {
    this.isOnline = true;
    this.handlers.onOnline("a@guest.meet.example/1", resumed);
  }
  end(end: StreamEnd = { kind: "broken" }): void {
    this.isOnline = false;
    this.handlers.onEnd(end);
  }
  answer(type = "result"): void {
    this.handlers.onStanza(parseXml(`<iq xmlns='jabber:client' type='${type}' id='${this.sent.at(-1)?.attrs.id}'/>`));
  }
}

const ping = iq("get", "meet.example", el("ping"));
const presence = (n: number): Xml => el("presence", { id: n });

function open() {
  const streams: FakeStream[] = [];
  const told: string[] = [];
  const line = new Line(
    {
      openStream: (handlers) => {
        const stream = new FakeStream(handlers);
        streams.push(stream);
        return stream;
      },
      pingTo: "meet.example",
      pingIntervalMs: 10_000,
      firstAttempts: 3,
      giveUpAfterMs: 60_000,
    },
    {
      onOnline: (_jid, resumed) => told.push(resumed ? "resumed" : "online"),
      onInterrupted: () => told.push("interrupted"),
      onStanza: (stanza) => told.push(stanza.name),
      onEnd: (end) => told.push(`end ${end.kind}`),
    },
  );
  line.open();
  return { line, streams, told, last: () => streams.at(-1) as FakeStream };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a line that breaks", () => {
  it("is mended, and what was sent meanwhile goes out", async () => {
    const { line, streams, told, last } = open();
    last().online(false);
    last().end();
    line.send(presence(1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(streams).toHaveLength(2);
    last().online(true);
    expect(last().sent.map((s) => s.attrs.id)).toEqual(["1"]);
    expect(told).toEqual(["online", "interrupted", "resumed"]);
  });

  it("for long keeps requests alive until the answer comes", async () => {
    const { line, last } = open();
    last().online(false);
    const answer = line.request(ping);
    const { id } = last().sent[0]?.attrs ?? {};
    last().end();
    await vi.advanceTimersByTimeAsync(15_000);
    last().online(true);
    last().handlers.onStanza(parseXml(`<iq xmlns='jabber:client' type='result' id='${id}'/>`));
    await expect(answer).resolves.toMatchObject({ name: "iq" });
  });

  it("and comes back as a new session forgets what belonged to the old one", async () => {
    const { line, told, last } = open();
    last().online(false);
    const answer = line.request(ping);
    answer.catch(() => undefined);
    last().end();
    line.send(presence(1));
    await vi.advanceTimersByTimeAsync(1000);
    last().online(false);
    expect(last().sent).toEqual([]);
    await expect(answer).rejects.toMatchObject({ error: { condition: "disconnected" } });
    expect(told).toEqual(["online", "interrupted", "online"]);
  });

  it("for too long ends, with the server's last word", async () => {
    const { told, last } = open();
    last().online(false);
    last().end({ kind: "streamError", condition: "system-shutdown" });
    for (let i = 0; i < 40; i++) {
      await vi.advanceTimersByTimeAsync(5000);
      last().end({ kind: "unreachable" });
    }
    expect(told).toEqual(["online", "interrupted", "end streamError"]);
  });

  it("because somebody else took the session is not mended", () => {
    const { told, last } = open();
    last().online(false);
    last().end({ kind: "streamError", condition: "conflict" });
    expect(told).toEqual(["online", "interrupted", "end streamError"]);
  });
});

describe("a silent line", () => {
  it("is pinged, and dropped when nothing comes back", async () => {
    const { told, streams, last } = open();
    last().online(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(last().sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_500);
    expect(told).toEqual(["online", "interrupted"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(streams).toHaveLength(2);
  });

  it("that answers, even with an error, is left alone", async () => {
    const { told, last } = open();
    last().online(false);
    for (const type of ["result", "error", "result"]) {
      await vi.advanceTimersByTimeAsync(10_000);
      last().answer(type);
    }
    expect(told).toEqual(["online"]);
    expect(last().sent).toHaveLength(3);
  });
});

describe("a first connection", () => {
  it("is tried three times", async () => {
    const { told, streams, last } = open();
    for (let i = 0; i < 3; i++) {
      last().end({ kind: "unreachable" });
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(streams).toHaveLength(3);
    expect(told).toEqual(["end unreachable"]);
  });

  it("that hangs is given up after ten seconds", async () => {
    const { streams } = open();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(streams).toHaveLength(2);
  });

  it("with wrong credentials is not repeated", () => {
    const { told, last } = open();
    last().end({ kind: "authFailed", condition: "not-authorized" });
    expect(told).toEqual(["end authFailed"]);
  });
});

describe("a closed line", () => {
  it("says goodbye and nothing more", async () => {
    const { line, told, last } = open();
    last().online(false);
    const answer = line.request(ping);
    answer.catch(() => undefined);
    line.close();
    expect(last().finished).toBe(true);
    last().end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(["online"]);
    await expect(answer).rejects.toBeInstanceOf(IqError);
  });
});

describe("asking the focus", () => {
  function ask(...answers: Xml[]) {
    const heard: string[] = [];
    const asked: Xml[] = [];
    const entry = new Entry({
      focus: "focus.meet.example",
      room: "standup@conference.meet.example",
      machineUid: "ab",
      sessionId: () => undefined,
      onAnswer: (answer) => heard.push(answer.kind),
      random: () => 0.5,
      line: {
        request: async (stanza) => {
          asked.push(stanza);
          const answer = answers.shift() ?? fixture("conference-refused.xml");
          if (answer.attrs.type !== "error") return answer;
          throw new IqError({ type: "", condition: "", text: "", extra: [] }, answer);
        },
      },
    });
    return { entry, heard, asked };
  }

  it("is repeated every few seconds until the host has come", async () => {
    const { entry, heard } = ask(fixture("conference-refused.xml"), fixture("conference-refused.xml"), fixture("conference-ready.xml"));
    let answer: ConferenceAnswer | null = null;
    void entry.run().then((a) => {
      answer = a;
    });
    await vi.advanceTimersByTimeAsync(3000);
    expect(heard).toEqual(["notAuthorized"]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(answer).toMatchObject({ kind: "ready", focusJid: "focus@auth.meet.example" });
  });

  it("is repeated at once when the login has been done", async () => {
    const { entry, heard } = ask(fixture("conference-refused.xml"), fixture("conference-ready.xml"));
    const run = entry.run();
    await vi.advanceTimersByTimeAsync(0);
    entry.wake();
    await expect(run).resolves.toMatchObject({ kind: "ready" });
    expect(heard).toEqual(["notAuthorized", "ready"]);
  });

  it("ends when nobody wants to know any more", async () => {
    const { entry, asked } = ask();
    const run = entry.run();
    await vi.advanceTimersByTimeAsync(0);
    entry.cancel();
    await expect(run).resolves.toBeNull();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  it("forgets an invalid session and asks again", async () => {
    const invalid = parseXml(
      "<iq xmlns='jabber:client' type='error'><error type='modify'><session-invalid xmlns='http://jitsi.org/protocol/focus'/></error></iq>",
    );
    const { entry, heard } = ask(invalid, fixture("conference-ready.xml"));
    const run = entry.run();
    await vi.advanceTimersByTimeAsync(1);
    await expect(run).resolves.toMatchObject({ kind: "ready" });
    expect(heard).toEqual(["sessionInvalid", "ready"]);
  });
});
