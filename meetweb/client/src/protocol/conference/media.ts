/** A conference's media over time: the sessions that the focus begins and ends, own tracks that survive them, restarts after failure. */
import type { ReceiverConstraints } from "../bridge/messages";
import { unknownSession } from "../jingle/build";
import { jingleOf, parseOffer } from "../jingle/parse";
import type { Slot } from "../media/own";
import { MediaSession, type SessionEvent } from "../media/session";
import type { Xml } from "../xml/node";
import { backoffMs } from "../xmpp/backoff";
import { errorFor, resultFor } from "../xmpp/stanza";

export interface MediaOptions {
  preferSctp: boolean;
  rids: boolean;
  send: (stanza: Xml) => void;
  request: (stanza: Xml) => Promise<Xml>;
  iceServers: () => readonly RTCIceServer[];
  onEvent: (event: SessionEvent) => void;
  onState: (state: "none" | "connecting" | "connected" | "interrupted" | "failed") => void;
  /** Restarting did not help: enter the room anew. */
  onGiveUp: () => void;
}

const firstRestartMs = 1000;
const longestRestartMs = 10_000;
const restartsUntilRejoin = 3;
/** How long the focus has for a new offer after a restart. */
const newOfferMs = 20_000;

export class ConferenceMedia {
  readonly #options: MediaOptions;
  readonly #tracks = new Map<Slot, MediaStreamTrack | null>();
  #nick = "";
  #session: MediaSession | null = null;
  #constraints: ReceiverConstraints | null = null;
  #number = 0;
  #restarts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: MediaOptions) {
    this.#options = options;
  }

  setNick(nick: string): void {
    this.#nick = nick;
  }

  setTrack(slot: Slot, track: MediaStreamTrack | null): void {
    this.#tracks.set(slot, track);
    this.#session?.setTrack(slot, track);
  }

  setConstraints(constraints: ReceiverConstraints): void {
    this.#constraints = constraints;
    this.#session?.setConstraints(constraints);
  }

  removeEndpoint(id: string): void {
    this.#session?.removeEndpoint(id);
  }

  /** A Jingle IQ of the focus. Acknowledged before it is worked on, as the focus expects. */
  onJingle(iq: Xml): void {
    const jingle = jingleOf(iq);
    const action = jingle?.attrs.action;
    if (jingle === undefined) return;
    if (action === "session-initiate") {
      this.#options.send(resultFor(iq));
      this.#begin(iq);
      return;
    }
    const session = this.#session;
    if (session === null || session.offer.sid !== jingle.attrs.sid) {
      this.#options.send(unknownSession(iq));
      return;
    }
    switch (action) {
      case "source-add":
      case "source-remove":
        this.#options.send(resultFor(iq));
        session.onSources(action, jingle);
        break;
      case "session-terminate":
        this.#options.send(resultFor(iq));
        this.end();
        break;
      case "transport-info":
        // All candidates are in the offer.
        this.#options.send(resultFor(iq));
        break;
      default:
        this.#options.send(errorFor(iq, "cancel", "bad-request"));
    }
  }

  /** Closes the session; own tracks go on and will be part of the next. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#session === null) return;
    this.#session.close();
    this.#session = null;
    this.#options.onEvent({ kind: "tracks", tracks: [] });
    this.#options.onState("none");
  }

  #begin(iq: Xml): void {
    clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
    let session: MediaSession;
    try {
      session = new MediaSession({
        offer: parseOffer(iq),
        nick: this.#nick,
        number: ++this.#number,
        iceServers: this.#options.iceServers(),
        preferSctp: this.#options.preferSctp,
        rids: this.#options.rids,
        signaller: { request: this.#options.request },
        onEvent: (event) => this.#onEvent(session, event),
      });
    } catch {
      this.#options.onState("failed");
      return;
    }
    this.#session = session;
    for (const [slot, track] of this.#tracks) session.setTrack(slot, track);
    if (this.#constraints !== null) session.setConstraints(this.#constraints);
    session.start();
  }

  #onEvent(session: MediaSession, event: SessionEvent): void {
    if (session !== this.#session) return;
    if (event.kind === "state") {
      if (event.state === "connected") this.#restarts = 0;
      this.#options.onState(event.state);
    } else if (event.kind === "failed") {
      this.#restart(session);
    } else {
      this.#options.onEvent(event);
    }
  }

  /** Asks the focus for a new session (session-terminate with `restart`), with growing pauses; in the end leaves it to the user. */
  #restart(session: MediaSession): void {
    session.close();
    this.#session = null;
    this.#options.onEvent({ kind: "tracks", tracks: [] });
    this.#options.onState("failed");
    const wait = backoffMs(this.#restarts++, firstRestartMs, longestRestartMs) + firstRestartMs / 2;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#requestRestart(session), wait);
  }

  async #requestRestart(session: MediaSession): Promise<void> {
    if (this.#restarts > restartsUntilRejoin) {
      this.#restarts = 0;
      this.#options.onGiveUp();
      return;
    }
    // Whether refused or granted: without a new offer in time the room is entered anew.
    this.#timer = setTimeout(() => this.#options.onGiveUp(), newOfferMs);
    try {
      await this.#options.request(session.terminate("connectivity-error", "ICE FAILED", true));
    } catch {
      // The timer decides.
    }
  }
}
