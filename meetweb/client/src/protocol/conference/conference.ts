/**
 * One visit to one room: line, focus, room, media. The protocol layer's front.
 *
 * Commands are methods, everything that happens is a `ConferenceEvent`. A conference is joined once, perhaps connected before; after `ended`
 * or `leave` it is finished. It keeps going through interruptions: a resumed line changes nothing, a new session enters the room again.
 */
import type { ReceiverConstraints } from "../bridge/messages";
import type { ClientConfig } from "../config";
import { endpointId, randomHex8 } from "../jid";
import { jingleOf } from "../jingle/parse";
import type { Slot } from "../media/own";
import type { SessionEvent } from "../media/session";
import { parseMuteOrder } from "../muc/admin";
import { parseMessage } from "../muc/messages";
import { leaveStanza, type PresenceEvent, parsePresence } from "../muc/presence";
import { NS } from "../ns";
import { childOf, type Xml } from "../xml/node";
import { capsElement, discoAnswer, discoRequest, parseRoomInfo, parseServices, servicesRequest } from "../xmpp/disco";
import { Line } from "../xmpp/line";
import { errorFor, resultFor } from "../xmpp/stanza";
import type { OpenStream, StreamEnd } from "../xmpp/stream";
import { Admission } from "./admission";
import { Commands } from "./commands";
import type { ConferenceEvent, EndReason } from "./events";
import { ConferenceMedia } from "./media";
import { OwnState } from "./own";
import { endOfLine, endOfStay, fromBridge, fromMessage } from "./translate";

export interface ConferenceOptions {
  config: ClientConfig;
  /** Localpart of the room's address. */
  room: string;
  machineUid: string;
  /** As an account or as a guest. */
  openStream: OpenStream;
  /** The browser does simulcast by RIDs only (Firefox). */
  rids: boolean;
  onEvent: (event: ConferenceEvent) => void;
}

/** Who joins. */
export interface Guest {
  displayName: string;
  /** Of an earlier login. */
  sessionId?: string | undefined;
}

const giveUpAfterMs = 120_000;
const focusNick = "focus";

export class Conference {
  readonly commands: Commands;
  readonly #options: ConferenceOptions;
  readonly #line: Line;
  readonly #admission: Admission;
  readonly #media: ConferenceMedia;
  readonly #own: OwnState;
  readonly #room: string;
  readonly #jids = new Map<string, string>();
  readonly #caps = capsElement();
  #iceServers: readonly RTCIceServer[] = [];
  /** The person wants in. */
  #wanted = false;
  /** The line has a session of which the room knows nothing. */
  #fresh = false;
  #joined = false;
  #ended = false;

  constructor(options: ConferenceOptions) {
    const { config } = options;
    this.#options = options;
    this.#room = `${options.room}@${config.muc}`;
    this.#own = new OwnState(this.#room);
    this.#line = new Line(
      {
        openStream: options.openStream,
        pingTo: config.domain,
        pingIntervalMs: config.pingIntervalMs,
        firstAttempts: 3,
        giveUpAfterMs,
      },
      {
        onOnline: (jid, resumed) => this.#onOnline(jid, resumed),
        onInterrupted: () => this.#emit({ kind: "connection", state: "reconnecting" }),
        onStanza: (stanza) => this.#onStanza(stanza),
        onEnd: (end) => this.#onLineEnd(end),
      },
    );
    this.#admission = new Admission({
      focus: config.focus,
      focusUser: config.focusUser,
      room: this.#room,
      machineUid: options.machineUid,
      line: this.#line,
      onReady: (password) => this.#line.send(this.#own.presence({ password })),
      onNickTaken: () => this.#setNick(randomHex8()),
      onForgotten: () => this.#rejoin(),
      onEvent: (event) => this.#emit(event),
      onEnd: (reason) => this.#end(reason),
    });
    this.commands = new Commands(this.#line, this.#room, (nick) => this.#jids.get(nick));
    this.#media = new ConferenceMedia({
      preferSctp: config.preferSctp,
      rids: options.rids,
      send: (stanza) => this.#line.send(stanza),
      request: (stanza) => this.#line.request(stanza),
      iceServers: () => this.#iceServers,
      onEvent: (event) => this.#onMediaEvent(event),
      onState: (state) => this.#emit({ kind: "media", state }),
      onGiveUp: () => this.#rejoin(),
    });
  }

  /** Connects ahead of `join`: the server knows of a session, the room of nobody. */
  connect(): void {
    this.#line.open();
  }

  /** Was connected, and is not at the moment. */
  get isBroken(): boolean {
    return this.#line.isBroken;
  }

  /** Enters the room. */
  async join(guest: Guest): Promise<void> {
    this.#own.displayName = guest.displayName;
    this.#admission.sessionId = guest.sessionId;
    this.#own.caps = await this.#caps;
    if (this.#ended) return;
    this.#wanted = true;
    this.#line.open();
    this.#enterAnew();
  }

  /** Leaves and disconnects. `withPage`: the page is going away, nothing slow will happen. */
  leave(withPage = false): void {
    if (this.#ended) return;
    const goodbye = this.#joined ? leaveStanza(this.#room, this.#own.nick) : undefined;
    this.#finish();
    if (withPage) this.#line.closeWithPage(goodbye);
    else {
      if (goodbye !== undefined) this.#line.send(goodbye);
      this.#line.close();
    }
  }

  /** Another try with a password, after `passwordNeeded`. */
  submitPassword(password: string): void {
    this.#admission.password = password;
    void this.#admission.enter();
  }

  /** Uses a session id from a login: at once when waiting for the host, else to become a moderator where one is. */
  useSession(sessionId: string | undefined): void {
    this.#admission.sessionId = sessionId;
    if (!this.#admission.wake() && this.#joined) void this.#admission.summonFocus();
  }

  /** Sends `track` (null: nothing) as the own source of that slot; `muted` is what others are told. */
  setLocal(slot: Slot, track: MediaStreamTrack | null, muted: boolean): void {
    this.#media.setTrack(slot, track);
    if (this.#own.setMuted(slot, muted)) this.#publish();
  }

  setConstraints(constraints: ReceiverConstraints): void {
    this.#media.setConstraints(constraints);
  }

  setDisplayName(name: string): void {
    this.#own.displayName = name;
    this.#publish();
  }

  raiseHand(at: number): void {
    this.#own.handRaisedAt = at;
    this.#publish();
  }

  /** Remembers the room's password for entering again. */
  rememberPassword(password: string): void {
    this.#admission.password = password;
  }

  #emit(event: ConferenceEvent): void {
    if (!this.#ended) this.#options.onEvent(event);
  }

  #emitIf(event: ConferenceEvent | null): void {
    if (event !== null) this.#emit(event);
  }

  #finish(): void {
    this.#ended = true;
    this.#admission.cancel();
    this.#media.end();
  }

  #end(reason: EndReason): void {
    if (this.#ended) return;
    this.#options.onEvent({ kind: "ended", reason });
    this.#finish();
    this.#line.close();
  }

  #onOnline(jid: string, resumed: boolean): void {
    this.#emit({ kind: "connection", state: "connected" });
    if (!resumed) {
      this.#setNick(endpointId(jid));
      this.#fresh = true;
      this.#joined = false; // the room has seen the old session go
      void this.#fetchIceServers();
    }
    this.#enterAnew();
  }

  #setNick(nick: string): void {
    this.#own.nick = nick;
    this.#media.setNick(nick);
  }

  #enterAnew(): void {
    if (!this.#fresh || !this.#wanted || !this.#line.isOnline) return;
    this.#fresh = false;
    this.#rejoin();
  }

  #onLineEnd(end: StreamEnd): void {
    const reason = endOfLine(end);
    if (reason !== null) {
      this.#end(reason);
      return;
    }
    this.#emit({ kind: "accountNeeded" });
    this.#finish();
  }

  async #fetchIceServers(): Promise<void> {
    for (const ns of [NS.extdisco2, NS.extdisco1] as const) {
      try {
        this.#iceServers = parseServices(await this.#line.request(servicesRequest(this.#options.config.domain, ns)));
        return;
      } catch {
        // The older name, then none: direct candidates may do.
      }
    }
  }

  /** Enters the room from the beginning, with nothing left of an earlier stay. */
  #rejoin(): void {
    if (this.#joined) this.#line.send(leaveStanza(this.#room, this.#own.nick));
    this.#media.end();
    this.#joined = false;
    this.#own.forgetSources();
    this.#jids.clear();
    this.#emit({ kind: "reset" });
    void this.#admission.enter();
  }

  #publish(): void {
    if (this.#joined) this.#line.send(this.#own.presence());
  }

  #onStanza(stanza: Xml): void {
    if (this.#ended) return;
    switch (stanza.name) {
      case "presence":
        this.#onPresence(parsePresence(stanza, this.#room, this.#own.nick));
        break;
      case "message":
        this.#onMessage(stanza);
        break;
      case "iq":
        this.#onIq(stanza);
        break;
      default:
        break;
    }
  }

  #onIq(stanza: Xml): void {
    const fromFocus = stanza.attrs.from === `${this.#room}/${focusNick}` && this.#admission.isFocus(this.#jids.get(focusNick));
    if (jingleOf(stanza) !== undefined) {
      // Calls past the bridge are refused; stock clients then stay on it.
      if (fromFocus) this.#media.onJingle(stanza);
      else this.#line.send(errorFor(stanza, "cancel", "service-unavailable"));
      return;
    }
    const mute = fromFocus ? parseMuteOrder(stanza) : undefined;
    if (mute !== undefined) {
      this.#line.send(resultFor(stanza));
      this.#emit({ kind: "mutedByModerator", media: mute.kind, ...(mute.by === undefined ? {} : { by: mute.by }) });
    } else if (childOf(stanza, "query", NS.discoInfo) !== undefined) this.#line.send(discoAnswer(stanza));
    else if (childOf(stanza, "ping", NS.ping) !== undefined) this.#line.send(resultFor(stanza));
    else this.#line.send(errorFor(stanza, "cancel", "service-unavailable"));
  }

  #onPresence(event: PresenceEvent): void {
    switch (event.kind) {
      case "available":
        this.#jids.set(event.occupant.id, event.occupant.jid);
        if (event.self) this.#onSelf(event.occupant.id, event);
        else if (event.occupant.id !== focusNick) this.#emit({ kind: "occupant", occupant: event.occupant });
        break;
      case "left":
        this.#onLeft(event);
        break;
      case "refused":
        if (event.id === this.#own.nick) this.#admission.onRefused(event.error, this.#joined);
        break;
      case "ignored":
        break;
    }
  }

  #onSelf(id: string, event: PresenceEvent & { kind: "available" }): void {
    if (!this.#joined && id === this.#own.nick) {
      this.#joined = true;
      this.#admission.entered();
      this.#emit({ kind: "joined", id });
      void this.#fetchRoomInfo();
    }
    this.#emit({ kind: "self", occupant: event.occupant });
  }

  #onLeft(event: PresenceEvent & { kind: "left" }): void {
    if (event.self) {
      if (!this.#joined) return; // the echo of leaving before entering again
      this.#onThrownOut(event);
      return;
    }
    this.#jids.delete(event.id);
    this.#media.removeEndpoint(event.id);
    if (event.id !== focusNick) this.#emit({ kind: "occupantLeft", id: event.id, reason: event.reason });
    else if (this.#joined) {
      this.#media.end();
      void this.#admission.summonFocus();
    }
  }

  #onThrownOut({ reason }: PresenceEvent & { kind: "left" }): void {
    const end = endOfStay(reason);
    if (end !== null) {
      this.#end(end);
      return;
    }
    // Asked again until the service is back, or the line ends with the server's word.
    this.#joined = false;
    this.#rejoin();
  }

  #onMessage(stanza: Xml): void {
    const message = parseMessage(stanza, this.#room);
    if (message.kind === "configChanged") void this.#fetchRoomInfo();
    this.#emitIf(fromMessage(message));
  }

  async #fetchRoomInfo(): Promise<void> {
    try {
      const info = parseRoomInfo(await this.#line.request(discoRequest(this.#room)));
      this.#emit({ kind: "roomInfo", ...info });
    } catch {
      // Lock and age stay unknown.
    }
  }

  #onMediaEvent(event: SessionEvent): void {
    switch (event.kind) {
      case "tracks":
        this.#emit(event);
        break;
      case "announced":
        this.#own.onAnnounced(event.slots);
        this.#publish();
        break;
      case "refused":
        this.#emit({ kind: "sourceRefused", slot: event.slot });
        break;
      case "bridge":
        this.#emitIf(fromBridge(event.message));
        break;
      case "state":
      case "failed":
        break;
    }
  }
}
