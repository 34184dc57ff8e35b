/** What a line needs of one stream: the seam between `line.ts`, which outlives streams, and `attempt.ts`, which is one. */
import type { Xml } from "../xml/node";

export interface Credentials {
  /** `user@domain`, or just the domain for a guest. */
  jid: string;
  password: string;
}

/** Why a stream ended or never began. */
export type StreamEnd =
  | { kind: "broken" }
  | { kind: "unreachable" }
  | { kind: "streamError"; condition: string }
  | { kind: "authFailed"; condition: string }
  /** The host takes accounts only. */
  | { kind: "accountNeeded" };

export interface StreamHandlers {
  /** `resumed`: the old session goes on; otherwise it is a new one with a new address. */
  onOnline(jid: string, resumed: boolean): void;
  onStanza(stanza: Xml): void;
  /** At most once, also when it was never online. */
  onEnd(end: StreamEnd): void;
}

export interface Stream {
  readonly isOnline: boolean;
  send(stanza: Xml): void;
  /** Ends the session properly; nothing is resumed. */
  finish(): void;
  /** Lets go of a dead transport without telling the server, so that the session can be resumed on another. Ends in `onEnd`. */
  drop(end?: StreamEnd): void;
  /** For BOSH: what a request needs that outlives the page. */
  farewell(): { url: string; rid: number; sid: string } | undefined;
}

/** Begins a stream; the next one resumes the session of the last where it can. */
export type OpenStream = (handlers: StreamHandlers) => Stream;
