/**
 * One visit to one room: line, focus, room, media. The protocol layer's front.
 *
 * Commands are methods, everything that happens is a `ConferenceEvent`. A conference is joined once, perhaps connected before; after `ended`
 * or `leave` it is finished. It keeps going through interruptions: a resumed line changes nothing, a new session enters the room again.
 */
import type { ReceiverConstraints } from "../bridge/messages";
import type { ClientConfig } from "../config";
import { withRoom } from "../config";
import type { ConferenceAnswer } from "../focus";
import { bareJid, endpointId, randomHex8 } from "../jid";
import { jingleOf } from "../jingle/parse";
import type { Slot } from "../media/own";
import type { SessionEvent } from "../media/session";
import { parseMuteOrder } from "../muc/admin";
import { parseMessage } from "../muc/messages";
import { leaveStanza, type PresenceEvent, parsePresence } from "../muc/presence";
import { NS } from "../ns";
import { childOf, type Xml } from "../xml/node";
import { stropheStreams } from "../xmpp/attempt";
import { capsElement, discoAnswer, discoRequest, parseRoomInfo, parseServices, servicesRequest } from "../xmpp/disco";
import { Line } from "../xmpp/line";
import { errorFor, resultFor, type StanzaError } from "../xmpp/stanza";
import type { Credentials, StreamEnd } from "../xmpp/stream";
import { Commands } from "./commands";
import { Entry } from "./entry";
import type { ConferenceEvent, EndReason } from "./events";
import { ConferenceMedia } from "./media";
import { OwnState } from "./own";
import { type AfterRefusal, afterRefusal, endOfLine, endOfStay, fromBridge, fromMessage } from "./translate";

export interface ConferenceOptions {
  config: ClientConfig;
  /** Localpart of the room's address. */
  room: string;
  machineUid: string;
  /** Account to connect with; undefined connects as a guest. */
  credentials?: Credentials | undefined;
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
const entryRetries = 3;

export class Conference {
  readonly commands: Commands;
  readonly #options: ConferenceOptions;
  readonly #line: Line;
  readonly #media: ConferenceMedia;
  readonly #own: OwnState;
  readonly #room: string;
  readonly #jids = new Map<string, string>();
  readonly #caps = capsElement();
  #password: string | undefined;
  #sessionId: string | undefined;
  #focusJid = "";
  #iceServers: readonly RTCIceServer[] = [];
  #entry: Entry | null = null;
  /** The person wants in. */
  #wanted = false;
  /** The line has a session of which the room knows nothing. */
  #fresh = false;
  #joined = false;
  #ended = false;
  #refusals = 0;

  constructor(options: ConferenceOptions) {
    const { config } = options;
    this.#options = options;
    this.#room = `${options.room}@${config.muc}`;
    this.#own = new OwnState(this.#room);
    this.#focusJid = config.focusUser ?? "";
    this.#line = new Line(
      {
        openStream: stropheStreams(
          withRoom(config.serviceUrl, options.room),
          options.credentials ?? { jid: config.anonymousDomain ?? config.domain, password: "" },
        ),
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

  /** Enters the room. */
  async join(guest: Guest): Promise<void> {
    this.#own.displayName = guest.displayName;
    this.#sessionId = guest.sessionId;
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
    this.#password = password;
    void this.#enter();
  }

  /** Uses a session id from a login: at once when waiting for the host, else to become a moderator where one is. */
  useSession(sessionId: string | undefined): void {
    this.#sessionId = sessionId;
    if (this.#entry !== null) this.#entry.wake();
    else if (this.#joined) void this.#summonFocus();
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
    this.#password = password;
  }

  #emit(event: ConferenceEvent): void {
    if (!this.#ended) this.#options.onEvent(event);
  }

  #emitIf(event: ConferenceEvent | null): void {
    if (event !== null) this.#emit(event);
  }

  #finish(): void {
    this.#ended = true;
    this.#entry?.cancel();
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
      this.#own.nick = endpointId(jid);
      this.#fresh = true;
      void this.#fetchIceServers();
    }
    this.#enterAnew();
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
    this.#media.setNick(this.#own.nick);
    this.#joined = false;
    this.#own.forgetSources();
    this.#jids.clear();
    this.#emit({ kind: "reset" });
    void this.#enter();
  }

  async #enter(): Promise<void> {
    if ((await this.#askFocus()) === null) return;
    this.#line.send(this.#own.presence({ password: this.#password }));
  }

  /** The focus has gone, or the login has changed: ask it again without leaving. */
  async #summonFocus(): Promise<void> {
    await this.#askFocus();
  }

  async #askFocus(): Promise<ConferenceAnswer | null> {
    this.#entry?.cancel();
    const entry = new Entry({
      focus: this.#options.config.focus,
      room: this.#room,
      machineUid: this.#options.machineUid,
      line: this.#line,
      sessionId: () => this.#sessionId,
      onAnswer: (answer) => this.#onAnswer(answer),
    });
    this.#entry = entry;
    const answer = await entry.run();
    if (answer === null) return null;
    this.#entry = null;
    if (answer.kind === "failed") this.#end({ kind: "failed", text: answer.text || answer.condition });
    return answer.kind === "ready" ? answer : null;
  }

  #onAnswer(answer: ConferenceAnswer): void {
    if (answer.kind === "notAuthorized") this.#emit({ kind: "waitingForHost" });
    if (answer.kind === "sessionInvalid") {
      this.#sessionId = undefined;
      this.#emit({ kind: "session", sessionId: null, identity: null, authentication: true });
    }
    if (answer.kind !== "ready") return;
    if (answer.focusJid !== "") this.#focusJid = answer.focusJid;
    const { sessionId = null, identity = null, authentication } = answer;
    if (sessionId !== null) this.#sessionId = sessionId;
    this.#emit({ kind: "session", sessionId: this.#sessionId ?? null, identity, authentication });
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
    const fromFocus = stanza.attrs.from === `${this.#room}/${focusNick}` && this.#isFocus(this.#jids.get(focusNick));
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

  /** A nickname alone proves nothing: the focus is known by its account. */
  #isFocus(jid: string | undefined): boolean {
    return jid !== undefined && this.#focusJid !== "" && bareJid(jid) === this.#focusJid;
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
        if (event.id === this.#own.nick) this.#onRefused(event.error);
        break;
      case "ignored":
        break;
    }
  }

  #onSelf(id: string, event: PresenceEvent & { kind: "available" }): void {
    if (!this.#joined && id === this.#own.nick) {
      this.#joined = true;
      this.#refusals = 0;
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
      void this.#summonFocus();
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

  #onRefused(error: StanzaError): void {
    const next = afterRefusal(error, this.#joined, this.#password);
    switch (next.kind) {
      case "askPassword":
        this.#emit({ kind: "passwordNeeded", wrong: next.wrong });
        break;
      case "retry":
        this.#retryEntry(next);
        break;
      case "rejoin":
        this.#rejoin();
        break;
      case "end":
        this.#end(next.reason);
        break;
      case "ignore":
        break;
    }
  }

  #retryEntry({ newNick, otherwise }: AfterRefusal & { kind: "retry" }): void {
    if (this.#refusals++ >= entryRetries) {
      this.#end(otherwise);
      return;
    }
    if (newNick) {
      this.#own.nick = randomHex8();
      this.#media.setNick(this.#own.nick);
    }
    void this.#enter();
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
