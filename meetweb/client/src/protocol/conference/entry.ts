/** Asking the focus for the conference until it is ready: the first half of entering a room. */
import { type ConferenceAnswer, conferenceRequest, parseConferenceAnswer } from "../focus";
import type { Xml } from "../xml/node";
import { backoffMs } from "../xmpp/backoff";
import { requestAnswer } from "../xmpp/requests";

export interface EntryOptions {
  focus: string;
  room: string;
  machineUid: string;
  line: { request(stanza: Xml, timeoutMs?: number): Promise<Xml> };
  sessionId: () => string | undefined;
  onAnswer: (answer: ConferenceAnswer) => void;
  random?: () => number;
}

const requestTimeoutMs = 30_000;
const hostPollMs = 4000;
const firstWaitMs = 1000;
const longestWaitMs = 8000;

/** One run of asking. `wake` cuts the present wait short, `cancel` ends the run. */
export class Entry {
  readonly #options: EntryOptions;
  #cancelled = false;
  #wake: () => void = () => undefined;

  constructor(options: EntryOptions) {
    this.#options = options;
  }

  /** The final answer, or null when cancelled. `onAnswer` hears every answer, so that waiting can be shown. */
  async run(): Promise<ConferenceAnswer | null> {
    const { focus, room, machineUid, line, sessionId, onAnswer } = this.#options;
    for (let failures = 0; ; failures++) {
      const stanza = conferenceRequest({ focus, room, machineUid, sessionId: sessionId() });
      const answer = parseConferenceAnswer(await requestAnswer(line, stanza, requestTimeoutMs));
      if (this.#cancelled) return null;
      onAnswer(answer);
      if (answer.kind === "ready") return answer;
      if (answer.kind === "failed" && !isPassing(answer.condition, failures)) return answer;
      await this.#sleep(this.#waitAfter(answer, failures));
      if (this.#cancelled) return null;
    }
  }

  wake(): void {
    this.#wake();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake();
  }

  #waitAfter(answer: ConferenceAnswer, failures: number): number {
    const random = this.#options.random ?? Math.random;
    if (answer.kind === "sessionInvalid") return 0;
    // Waiting guests must not all ask at once when the host arrives.
    if (answer.kind === "notAuthorized") return hostPollMs * (0.75 + random() / 2);
    return backoffMs(failures, firstWaitMs, longestWaitMs, random);
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const patience = 8;

/** The focus may be starting (its component answers before it), or overloaded. */
function isPassing(condition: string, failures: number): boolean {
  const passing = [
    "timeout",
    "disconnected",
    "service-unavailable",
    "remote-server-timeout",
    "recipient-unavailable",
    "internal-server-error",
    "resource-constraint",
  ];
  return passing.includes(condition) && failures < patience;
}
