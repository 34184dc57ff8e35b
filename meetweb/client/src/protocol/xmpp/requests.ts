/** IQs on their way: matched to their answers by id, across a resumed stream too. */
import { el, type Xml } from "../xml/node";
import { errorOf, IqError } from "./stanza";

interface Pending {
  resolve(answer: Xml): void;
  reject(error: IqError): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const timeout = { type: "wait", condition: "timeout", text: "", extra: [] } as const;
const disconnected = { type: "cancel", condition: "disconnected", text: "", extra: [] } as const;

export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #isLive: () => boolean;
  #next = 1;

  /** While `isLive` is false no request times out: its answer may come when the stream is resumed. */
  constructor(isLive: () => boolean) {
    this.#isLive = isLive;
  }

  /** An id for an IQ and the promise of its answer; `timeoutMs` 0 waits for ever. */
  open(timeoutMs: number): { id: string; answer: Promise<Xml> } {
    const id = `${this.#prefix}-${this.#next++}`;
    const answer = new Promise<Xml>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, timer: this.#expire(id, timeoutMs) });
    });
    return { id, answer };
  }

  #expire(id: string, timeoutMs: number): Pending["timer"] {
    if (timeoutMs <= 0) return undefined;
    return setTimeout(() => {
      const pending = this.#pending.get(id);
      if (pending === undefined) return;
      if (this.#isLive()) this.#settle(id)?.reject(new IqError(timeout));
      else pending.timer = this.#expire(id, timeoutMs);
    }, timeoutMs);
  }

  /** Takes a `result` or `error` IQ; false when nobody waits for it. */
  take(answer: Xml): boolean {
    const pending = this.#settle(answer.attrs.id ?? "");
    if (pending === undefined) return false;
    if (answer.attrs.type === "error") pending.reject(new IqError(errorOf(answer), answer));
    else pending.resolve(answer);
    return true;
  }

  /** The stream is gone for good: nothing that was asked on it will be answered. */
  abandon(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new IqError(disconnected));
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    return pending;
  }
}

/** Sends an IQ and yields the answer whatever it is; an error without stanza (timeout, disconnected) becomes one. */
export async function requestAnswer(
  line: { request(stanza: Xml, timeoutMs?: number): Promise<Xml> },
  stanza: Xml,
  timeoutMs?: number,
): Promise<Xml> {
  try {
    return await line.request(stanza, timeoutMs);
  } catch (error) {
    if (!(error instanceof IqError)) throw error;
    return error.stanza ?? el("iq", { type: "error" }, el("error", { type: error.error.type }, el(error.error.condition)));
  }
}
