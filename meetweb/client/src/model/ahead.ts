/**
 * The connection that is opened while somebody is still at the door, so that joining need not wait for it.
 *
 * It is kept as long as they are busy there, and a while longer. One that failed is not tried again until then: joining will tell why.
 */
interface Connectable {
  readonly isBroken: boolean;
  connect(): void;
  leave(withPage?: boolean): void;
}

const idleMs = 60_000;

export class Ahead<C extends Connectable> {
  #held: { room: string; conference: C; failed: boolean } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Opens one to `room` that `create` makes, or keeps the one there is for longer. */
  open(room: string, create: () => C): void {
    if (this.#held !== null && this.#held.room !== room) this.close();
    if (this.#held === null) {
      const conference = create();
      this.#held = { room, conference, failed: false };
      conference.connect();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), idleMs);
  }

  /** Hands it over, if there is a good one: who joins would wait long for one that is broken, where a new one fails or works soon. */
  take(room: string): C | null {
    const held = this.#held;
    if (held === null || held.failed || held.conference.isBroken || held.room !== room) {
      this.close();
      return null;
    }
    clearTimeout(this.#timer);
    this.#held = null;
    return held.conference;
  }

  /** It has ended by itself. */
  failed(conference: C): void {
    if (this.#held?.conference === conference) this.#held.failed = true;
  }

  /** Nobody will join. `withPage`: the page itself is going away. */
  close(withPage = false): void {
    clearTimeout(this.#timer);
    this.#held?.conference.leave(withPage);
    this.#held = null;
  }
}
