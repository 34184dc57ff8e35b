/** One stream over strophe.js: opening, SASL, resuming or binding, stanzas, its end. A line makes a new one for each attempt. */

import type { SMState, SMStorageBackend } from "strophe.js";
import { Strophe } from "strophe.js";
import { fromDom, toDom } from "../xml/dom";
import type { Xml } from "../xml/node";
import { firstThatOpens } from "./fallback";
import type { Credentials, OpenStream, Stream, StreamEnd, StreamHandlers } from "./stream";

/** Resumption state in memory: a reloaded page is a new visit. */
class ResumptionStore implements SMStorageBackend {
  #state: SMState | null = null;

  /** The token of the session that can be resumed. */
  get token(): string | null {
    return this.#state?.resumeSupported ? this.#state.id : null;
  }

  load(): SMState | null {
    return this.#state === null ? null : { ...this.#state, unacked: [...this.#state.unacked] };
  }

  save(_key: string, state: SMState): void {
    this.#state = { ...state, unacked: [...state.unacked] };
  }

  clear(): void {
    this.#state = null;
  }
}

/** Streams to the first of `urls` that opens, all of one session where the server lets it be resumed. */
export function stropheStreams(urls: readonly string[], credentials: Credentials): OpenStream {
  return firstThatOpens(urls.map((url) => streamsTo(url, credentials)));
}

function streamsTo(url: string, credentials: Credentials): OpenStream {
  const store = new ResumptionStore();
  return (handlers) => {
    const attempt = new Attempt(withToken(url, store.token), store, handlers);
    attempt.open(credentials);
    return attempt;
  };
}

/**
 * The URL names the session that is to be resumed, as lib-jitsi-meet does: a server gives a guest that comes back the name it had, and
 * only that name may resume.
 */
function withToken(url: string, token: string | null): string {
  if (token === null || !url.startsWith("ws")) return url;
  const out = new URL(url);
  out.searchParams.set("previd", token);
  return out.href;
}

type Connection = InstanceType<typeof Strophe.Connection>;

/** How often a request of a BOSH session, which cannot be resumed, is sent again. */
const boshRetries = 5;

class Attempt implements Stream {
  readonly #connection: Connection;
  readonly #handlers: StreamHandlers;
  #end: StreamEnd = { kind: "unreachable" };
  #ended = false;
  #isOnline = false;

  constructor(url: string, store: ResumptionStore, handlers: StreamHandlers) {
    this.#handlers = handlers;
    // Its messages are told here as states; browsers report broken sockets themselves.
    Strophe.setLogLevel(Strophe.LogLevel.FATAL);
    const secure = !/^(ws|http):/.test(url) || /^(localhost|127\.|\[::1\])/.test(new URL(url).host);
    const mechanisms = [Strophe.SASLAnonymous, Strophe.SASLSHA1, Strophe.SASLSHA256];
    if (secure) mechanisms.push(Strophe.SASLPlain);
    this.#connection = new Strophe.Connection(url, {
      mechanisms,
      enableStreamManagement: true,
      streamManagement: { storage: store },
    });
    this.#dropSalvage();
  }

  open(credentials: Credentials): void {
    // What does not open is told at once: the line tries again, perhaps another way. strophe.js would wait longer each time.
    this.#connection.maxRetries = 1;
    // Added before connecting: a stanza right behind the one that brings us online must not be missed.
    this.#connection.addHandler((stanza) => this.#onStanza(stanza), null as never, null as never, null as never);
    this.#connection.connect(credentials.jid, credentials.password, (status, condition, elem) => this.#onStatus(status, condition, elem));
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  send(stanza: Xml): void {
    this.#connection.send(toDom(stanza));
  }

  /** Ends the session properly: final acknowledgement, `<close/>`; nothing is resumed. */
  finish(): void {
    this.#ended = true;
    this.#connection.disconnect();
  }

  /** Lets go of a dead transport without telling the server, so that the session can be resumed on another. */
  drop(end: StreamEnd = { kind: "broken" }): void {
    this.#end = end;
    this.#connection._doDisconnect();
    this.#finishOnce();
  }

  /** The farewell of a BOSH session as one request that outlives the page. */
  farewell(): { url: string; rid: number; sid: string } | undefined {
    const bosh = this.#connection._proto as unknown as { rid?: number; sid?: string };
    return bosh.rid === undefined || !bosh.sid ? undefined : { url: this.#connection.service, rid: bosh.rid, sid: bosh.sid };
  }

  /**
   * strophe.js would send what a failed resumption left over on the new session; for a conference that is harmful (presence for a
   * nickname of the past), so it is forgotten and the conference joins anew.
   */
  #dropSalvage(): void {
    const { sm } = this.#connection;
    if (sm === undefined) return;
    sm.onFailed = () => {
      const supported = sm.serverSupported;
      sm.reset();
      sm.serverSupported = supported;
    };
  }

  #onStanza(stanza: Element): boolean {
    if (!this.#ended) this.#handlers.onStanza(fromDom(stanza));
    return true;
  }

  #onStatus(status: number, condition: string | null, elem?: Element): void {
    const { Status } = Strophe;
    switch (status) {
      case Status.CONNECTED:
        this.#isOnline = true;
        this.#end = { kind: "broken" };
        this.#connection.maxRetries = boshRetries;
        if (!this.#ended) this.#handlers.onOnline(this.#connection.jid, this.#connection.hasResumed());
        break;
      case Status.AUTHFAIL:
        this.drop({ kind: "authFailed", condition: failureOf(elem) });
        break;
      case Status.CONNFAIL:
        this.#end = connectionFailure(condition);
        // Over BOSH nothing more is said then.
        if (condition === "giving-up") this.drop(this.#end);
        break;
      case Status.ERROR:
        this.#end = { kind: "streamError", condition: condition ?? "" };
        break;
      case Status.DISCONNECTED:
        this.#isOnline = false;
        this.#finishOnce();
        break;
      default:
        break;
    }
  }

  #finishOnce(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#isOnline = false;
    this.#handlers.onEnd(this.#end);
  }
}

/** The first condition of a SASL `<failure/>` (RFC 6120 §6.5), empty when there is none. */
function failureOf(elem: Element | undefined): string {
  for (const child of Array.from(elem?.children ?? [])) if (child.localName !== "text") return child.localName;
  return "";
}

function connectionFailure(condition: string | null): StreamEnd {
  if (condition === "no-auth-mech" || condition === "x-strophe-bad-non-anon-jid") return { kind: "accountNeeded" };
  const known = ["conflict", "system-shutdown", "policy-violation", "host-unknown", "not-authorized", "resource-constraint"];
  return condition !== null && known.includes(condition) ? { kind: "streamError", condition } : { kind: "unreachable" };
}
