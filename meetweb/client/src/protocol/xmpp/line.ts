/**
 * The line to the XMPP server: one session that outlives its transports.
 *
 * A broken WebSocket is opened again and the session resumed (XEP-0198); what is sent meanwhile waits. When the server has forgotten the
 * session, the line comes online with `resumed` false and a new address, and its user starts over. BOSH has no resumption.
 */
import { NS } from "../ns";
import { el, serialize, type Xml } from "../xml/node";
import { backoffMs } from "./backoff";
import { Requests } from "./requests";
import { IqError, iq } from "./stanza";
import type { OpenStream, Stream, StreamEnd } from "./stream";

export interface LineOptions {
  openStream: OpenStream;
  /** Whom to ping; guests too ping the main host. */
  pingTo: string;
  pingIntervalMs: number;
  /** How often the first connection is tried before it counts as unreachable. */
  firstAttempts: number;
  /** How long a broken line is tried to be mended. */
  giveUpAfterMs: number;
}

export interface LineHandlers {
  onOnline(jid: string, resumed: boolean): void;
  /** The transport broke and is being replaced. */
  onInterrupted(): void;
  onStanza(stanza: Xml): void;
  /** Nothing more will come; not called after `close`. */
  onEnd(end: StreamEnd): void;
}

const requestTimeoutMs = 10_000;
const attemptTimeoutMs = 10_000;
const pingTimeoutMs = 5000;
const firstRetryMs = 500;
const longestRetryMs = 5000;

export class Line {
  readonly #options: LineOptions;
  readonly #handlers: LineHandlers;
  readonly #requests = new Requests(() => this.isOnline);
  readonly #scope = new AbortController();
  #opened = false;
  #attempt: Stream | null = null;
  #waiting: Xml[] = [];
  #failures = 0;
  #brokenSince: number | null = null;
  /** The server's stream error since the line was last whole: it explains why nothing answers now. */
  #lastWord: StreamEnd | null = null;
  #wasOnline = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #attemptTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #lastHeard = 0;

  constructor(options: LineOptions, handlers: LineHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Begins; once it has begun, nothing. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    globalThis.addEventListener?.("online", () => this.#onBrowserOnline(), { signal: this.#scope.signal });
    this.#try();
  }

  get isOnline(): boolean {
    return this.#attempt?.isOnline === true;
  }

  /** Was online, and is being mended. */
  get isBroken(): boolean {
    return this.#brokenSince !== null;
  }

  /** Sends now, or when the line is mended. */
  send(stanza: Xml): void {
    if (this.#closed) return;
    if (this.#attempt?.isOnline === true) this.#attempt.send(stanza);
    else this.#waiting.push(stanza);
  }

  /** Sends an IQ; yields the result, rejects with IqError. `timeoutMs` 0 waits for ever. */
  async request(stanza: Xml, timeoutMs = requestTimeoutMs): Promise<Xml> {
    const { id, answer } = this.#requests.open(timeoutMs);
    this.send({ ...stanza, attrs: { ...stanza.attrs, id } });
    return await answer;
  }

  /** Says goodbye and ends. */
  close(): void {
    if (this.#closed) return;
    this.#stop();
    this.#attempt?.finish();
  }

  /** As `close`, while the page goes away: over BOSH ordinary requests would die with it. */
  closeWithPage(last: Xml | undefined): void {
    const farewell = this.#attempt?.farewell();
    if (farewell === undefined) {
      if (last !== undefined) this.send(last);
      this.close();
      return;
    }
    // XEP-0124 §13: the terminating body may carry a last payload.
    const body = el(
      "body",
      { xmlns: "http://jabber.org/protocol/httpbind", type: "terminate", rid: farewell.rid, sid: farewell.sid },
      last,
    );
    this.#stop();
    navigator.sendBeacon(farewell.url, new Blob([serialize(body)], { type: "text/xml; charset=utf-8" }));
  }

  get #closed(): boolean {
    return this.#scope.signal.aborted;
  }

  #stop(): void {
    this.#scope.abort();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#attemptTimer);
    clearTimeout(this.#pingTimer);
    this.#requests.abandon();
    this.#waiting = [];
  }

  #try(): void {
    this.#attempt = null;
    this.#attemptTimer = setTimeout(() => this.#attempt?.drop({ kind: "unreachable" }), attemptTimeoutMs);
    this.#attempt = this.#options.openStream({
      onOnline: (jid, resumed) => this.#onOnline(jid, resumed),
      onStanza: (stanza) => this.#onStanza(stanza),
      onEnd: (end) => this.#onEnd(end),
    });
  }

  #onOnline(jid: string, resumed: boolean): void {
    clearTimeout(this.#attemptTimer);
    this.#failures = 0;
    this.#brokenSince = null;
    this.#lastWord = null;
    if (!resumed && this.#wasOnline) {
      this.#requests.abandon();
      this.#waiting = [];
    }
    this.#wasOnline = true;
    this.#lastHeard = Date.now();
    this.#schedulePing(this.#options.pingIntervalMs);
    this.#handlers.onOnline(jid, resumed);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const stanza of waiting) this.send(stanza);
  }

  #onStanza(stanza: Xml): void {
    this.#lastHeard = Date.now();
    const { type } = stanza.attrs;
    if (stanza.name === "iq" && (type === "result" || type === "error")) {
      this.#requests.take(stanza);
      return;
    }
    this.#handlers.onStanza(stanza);
  }

  #onEnd(end: StreamEnd): void {
    clearTimeout(this.#attemptTimer);
    clearTimeout(this.#pingTimer);
    if (this.#closed) return;
    this.#attempt = null;
    this.#failures++;
    if (this.#wasOnline && this.#brokenSince === null) {
      this.#brokenSince = Date.now();
      this.#handlers.onInterrupted();
    }
    if (end.kind === "streamError") this.#lastWord = end;
    if (this.#isFinal(end)) {
      this.#stop();
      this.#handlers.onEnd(end.kind === "authFailed" || end.kind === "accountNeeded" ? end : (this.#lastWord ?? end));
      return;
    }
    this.#retryTimer = setTimeout(() => this.#try(), backoffMs(this.#failures - 1, firstRetryMs, longestRetryMs));
  }

  #isFinal(end: StreamEnd): boolean {
    if (end.kind === "accountNeeded") return true;
    if (end.kind === "authFailed") return !this.#wasOnline || end.condition !== "temporary-auth-failure";
    // RFC 6120 §4.9.3.3: somebody else has this session now.
    if (end.kind === "streamError" && end.condition === "conflict") return true;
    if (this.#brokenSince === null) return this.#failures >= this.#options.firstAttempts;
    return Date.now() - this.#brokenSince > this.#options.giveUpAfterMs;
  }

  /** XEP-0199, only when nothing was heard: a silent line may be dead without the browser knowing. */
  #schedulePing(afterMs: number): void {
    clearTimeout(this.#pingTimer);
    this.#pingTimer = setTimeout(() => {
      const silentFor = Date.now() - this.#lastHeard;
      if (silentFor < this.#options.pingIntervalMs) this.#schedulePing(this.#options.pingIntervalMs - silentFor);
      else void this.#ping(2);
    }, afterMs);
  }

  async #ping(tries: number): Promise<void> {
    const attempt = this.#attempt;
    try {
      await this.request(iq("get", this.#options.pingTo, el("ping", { xmlns: NS.ping })), pingTimeoutMs);
    } catch (error) {
      // An error reply is a sign of life too.
      const dead = error instanceof IqError && error.error.condition === "timeout";
      if (this.#closed || this.#attempt !== attempt || attempt === null) return;
      if (dead && tries > 1) return void (await this.#ping(tries - 1));
      if (dead) {
        attempt.drop();
        return;
      }
    }
    if (!this.#closed && this.#attempt === attempt) this.#schedulePing(this.#options.pingIntervalMs);
  }

  /** The network is back: no need to wait out the timer, and an apparently live line is looked at once. */
  #onBrowserOnline(): void {
    if (this.isOnline) {
      void this.#ping(1);
      return;
    }
    if (this.#attempt !== null || !this.#wasOnline) return;
    clearTimeout(this.#retryTimer);
    this.#try();
  }
}
