/** What this client tells the room about itself. Every presence is a complete snapshot of it. */
import { type Slot, sourceName } from "../media/own";
import { type OwnPresence, presenceStanza, type SourceStatus } from "../muc/presence";
import { el, type Xml } from "../xml/node";

/** What can be decoded here; senders use nothing else then. */
const codecs: readonly string[] = ["vp8"];

export class OwnState {
  nick = "";
  displayName = "";
  handRaisedAt = 0;
  caps: Xml = el("c");
  readonly #room: string;
  readonly #sources = new Map<string, SourceStatus>();
  readonly #muted = new Map<Slot, boolean>();

  constructor(room: string) {
    this.#room = room;
  }

  /** The room is entered anew: nothing has been announced. */
  forgetSources(): void {
    this.#sources.clear();
  }

  /** Whether others have to be told. A source that the focus does not know yet is not spoken of. */
  setMuted(slot: Slot, muted: boolean): boolean {
    this.#muted.set(slot, muted);
    const name = sourceName(this.nick, slot);
    const known = this.#sources.get(name);
    if (known === undefined || known.muted === muted) return false;
    this.#sources.set(name, { ...known, muted });
    return true;
  }

  /** The focus has taken note of these. */
  onAnnounced(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const videoType = slot === "screen" ? "desktop" : "camera";
      this.#sources.set(sourceName(this.nick, slot), { muted: this.#muted.get(slot) ?? true, videoType });
    }
  }

  presence(join?: { password?: string | undefined }): Xml {
    const own: OwnPresence = {
      room: this.#room,
      nick: this.nick,
      displayName: this.displayName,
      caps: this.caps,
      codecs,
      sources: this.#sources,
      handRaisedAt: this.handRaisedAt,
    };
    return presenceStanza(own, join);
  }
}
