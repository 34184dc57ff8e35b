/** What a participant asks of the room, the focus or others. Each rejects with IqError when it is refused. */
import { bareJid } from "../jid";
import {
  affiliationRequest,
  configRequest,
  destroyRequest,
  formHasField,
  kickRequest,
  type MuteKind,
  muteRequest,
  passwordRequest,
} from "../muc/admin";
import { groupMessage, privateMessage } from "../muc/messages";
import type { Line } from "../xmpp/line";

export class Commands {
  readonly #line: Line;
  readonly #room: string;
  readonly #jidOf: (nick: string) => string | undefined;

  /** `jidOf` knows the real addresses of those in the room. */
  constructor(line: Line, room: string, jidOf: (nick: string) => string | undefined) {
    this.#line = line;
    this.#room = room;
    this.#jidOf = jidOf;
  }

  /** To everybody, or privately to one occupant. `id` comes back in reflections and refusals. */
  chat(id: string, text: string, to: string | null): void {
    this.#line.send(to === null ? groupMessage(this.#room, id, text) : privateMessage(this.#room, to, id, text));
  }

  async mute(nick: string, kind: MuteKind): Promise<void> {
    await this.#line.request(muteRequest(this.#room, nick, kind));
  }

  async kick(nick: string): Promise<void> {
    await this.#line.request(kickRequest(this.#room, nick));
  }

  /** Moderators are the room's owners. */
  async grantModerator(nick: string): Promise<void> {
    const jid = this.#jidOf(nick);
    if (jid === undefined || jid === "") throw new Error(`no address of ${nick}`);
    await this.#line.request(affiliationRequest(this.#room, bareJid(jid), "owner"));
  }

  /** Empty removes the password. */
  async setPassword(password: string): Promise<void> {
    const form = await this.#line.request(configRequest(this.#room));
    if (!formHasField(form, "muc#roomconfig_roomsecret")) throw new Error("the room takes no password");
    await this.#line.request(passwordRequest(this.#room, password));
  }

  /** Ends the conference for everybody. */
  async destroy(): Promise<void> {
    await this.#line.request(destroyRequest(this.#room));
  }
}
