/** Being let in: the focus is asked, the host waited for, password and login handed over, and refusals understood. */
import type { ConferenceAnswer } from "../focus";
import { bareJid } from "../jid";
import type { Xml } from "../xml/node";
import type { StanzaError } from "../xmpp/stanza";
import { Entry } from "./entry";
import type { ConferenceEvent, EndReason } from "./events";
import { type AfterRefusal, afterRefusal } from "./translate";

export interface AdmissionOptions {
  /** Where the focus listens. */
  focus: string;
  /** Bare JID of the focus's user, when known beforehand. */
  focusUser: string | undefined;
  room: string;
  machineUid: string;
  line: { request(stanza: Xml, timeoutMs?: number): Promise<Xml> };
  /** The focus is ready: sends the presence that enters the room. */
  onReady: (password: string | undefined) => void;
  /** The nickname is somebody else's. */
  onNickTaken: () => void;
  /** The room has forgotten this occupant. */
  onForgotten: () => void;
  onEvent: (event: ConferenceEvent) => void;
  onEnd: (reason: EndReason) => void;
}

const entryRetries = 3;

export class Admission {
  readonly #options: AdmissionOptions;
  /** Of a login; undefined for guests. */
  sessionId: string | undefined;
  /** The room's, as far as it is known. */
  password: string | undefined;
  #focusJid: string;
  #entry: Entry | null = null;
  #refusals = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#focusJid = options.focusUser ?? "";
  }

  /** A nickname alone proves nothing: the focus is known by its account. */
  isFocus(jid: string | undefined): boolean {
    return jid !== undefined && this.#focusJid !== "" && bareJid(jid) === this.#focusJid;
  }

  /** Asks the focus until it is ready, and then the room. */
  async enter(): Promise<void> {
    const answer = await this.#ask((answer) => {
      if (answer.kind === "notAuthorized") this.#options.onEvent({ kind: "waitingForHost" });
    });
    if (answer !== null) this.#options.onReady(this.password);
  }

  /** Asks the focus from within the room, where it has gone, or to be made a moderator: nobody has to leave for that. */
  async summonFocus(): Promise<void> {
    await this.#ask(() => undefined);
  }

  /** The room has let us in. */
  entered(): void {
    this.#refusals = 0;
  }

  /** Cuts the waiting short; false when nothing is waited for. */
  wake(): boolean {
    this.#entry?.wake();
    return this.#entry !== null;
  }

  cancel(): void {
    this.#entry?.cancel();
  }

  /** The room has refused a presence. */
  onRefused(error: StanzaError, joined: boolean): void {
    const next = afterRefusal(error, joined, this.password);
    switch (next.kind) {
      case "askPassword":
        this.#options.onEvent({ kind: "passwordNeeded", wrong: next.wrong });
        break;
      case "retry":
        this.#retry(next);
        break;
      case "rejoin":
        this.#options.onForgotten();
        break;
      case "end":
        this.#options.onEnd(next.reason);
        break;
      case "ignore":
        break;
    }
  }

  #retry({ newNick, otherwise }: AfterRefusal & { kind: "retry" }): void {
    if (this.#refusals++ >= entryRetries) {
      this.#options.onEnd(otherwise);
      return;
    }
    if (newNick) this.#options.onNickTaken();
    void this.enter();
  }

  async #ask(onAnswer: (answer: ConferenceAnswer) => void): Promise<ConferenceAnswer | null> {
    this.#entry?.cancel();
    const { focus, room, machineUid, line, onEnd } = this.#options;
    const entry = new Entry({
      focus,
      room,
      machineUid,
      line,
      sessionId: () => this.sessionId,
      onAnswer: (answer) => {
        this.#onAnswer(answer);
        onAnswer(answer);
      },
    });
    this.#entry = entry;
    const answer = await entry.run();
    if (answer === null) return null;
    this.#entry = null;
    if (answer.kind === "failed") onEnd({ kind: "failed", text: answer.text || answer.condition });
    return answer.kind === "ready" ? answer : null;
  }

  #onAnswer(answer: ConferenceAnswer): void {
    if (answer.kind === "sessionInvalid") {
      this.sessionId = undefined;
      this.#options.onEvent({ kind: "session", sessionId: null, identity: null, authentication: true });
    }
    if (answer.kind !== "ready") return;
    if (answer.focusJid !== "") this.#focusJid = answer.focusJid;
    const { sessionId = null, identity = null, authentication } = answer;
    if (sessionId !== null) this.sessionId = sessionId;
    this.#options.onEvent({ kind: "session", sessionId: this.sessionId ?? null, identity, authentication });
  }
}
