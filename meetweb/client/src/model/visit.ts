/** One stay in a room, from joining to leaving: starts the conference, turns its events into state, passes the view's wishes on. */
import { Conference } from "../protocol/conference/conference";
import type { ConferenceEvent } from "../protocol/conference/events";
import { type ClientConfig, withRoom } from "../protocol/config";
import { accountJid, login } from "../protocol/login";
import type { Slot } from "../protocol/media/own";
import { stropheStreams } from "../protocol/xmpp/attempt";
import type { Credentials } from "../protocol/xmpp/stream";
import { Ahead } from "./ahead";
import { constraintsFor, firstConstraints } from "./constraints";
import type { LocalMedia } from "./local";
import { roomLocalpart } from "./rooms";
import type { SettingsStore } from "./settings";
import type { Actions, AppState, SourceName } from "./state";
import { throttled } from "./throttle";
import type { AppEvent } from "./update";

export interface VisitOptions {
  config: ClientConfig;
  settings: SettingsStore;
  local: LocalMedia;
  dispatch: (event: AppEvent) => void;
  state: () => AppState;
}

const visiblePauseMs = 200;
const minute = 60_000;

type VisitActions = Pick<
  Actions,
  "raiseHand" | "sendChat" | "muteParticipant" | "muteEverybody" | "kick" | "grantModerator" | "setPassword" | "endForAll" | "setVisible"
>;

export class Visit {
  readonly #options: VisitOptions;
  readonly #ahead = new Ahead<Conference>();
  #conference: Conference | null = null;
  #credentials: Credentials | undefined;
  #accountNeeded = false;
  #ending = false;
  #enteredAt = 0;
  #visible: ReadonlyMap<SourceName, number> | null = null;
  /** The first pictures are asked for at once; a window that is being resized asks now and then. */
  readonly #visibleSoon = throttled(() => this.applyVisible(), visiblePauseMs);

  constructor(options: VisitOptions) {
    this.#options = options;
  }

  /** Whole minutes since the room was entered. */
  minutes(): number {
    return this.#enteredAt === 0 ? 0 : Math.round((Date.now() - this.#enteredAt) / minute);
  }

  join(): void {
    const { screen, local } = this.#options.state();
    if (screen.kind === "welcome" || this.#conference !== null) return;
    const { settings, dispatch } = this.#options;
    const conference = this.#ahead.take(screen.room) ?? this.#create(screen.room);
    this.#conference = conference;
    this.#visible = null;
    conference.setConstraints(firstConstraints);
    this.#options.local.sendAll();
    // First the question to the server, then the page that says so: drawing takes longer than the answer.
    void conference.join({ displayName: local.displayName.trim(), sessionId: settings.read().sessionId ?? undefined });
    dispatch({ kind: "screen", screen: { kind: "joining", room: screen.room } });
  }

  /** The person is busy at the door: connects already. */
  connectAhead(): void {
    const { screen } = this.#options.state();
    if (screen.kind !== "prejoin" || this.#conference !== null) return;
    this.#ahead.open(screen.room, () => this.#create(screen.room));
  }

  #create(room: string): Conference {
    const { config, settings } = this.#options;
    const conference = new Conference({
      config,
      room: roomLocalpart(room),
      machineUid: settings.read().machineUid,
      openStream: stropheStreams(
        config.serviceUrls.map((url) => withRoom(url, roomLocalpart(room))),
        this.#credentials ?? { jid: config.anonymousDomain ?? config.domain, password: "" },
      ),
      // COMPAT(Firefox): no simulcast by SSRCs in SDP, only by RIDs.
      rids: /\bFirefox\//.test(navigator.userAgent),
      onEvent: (event) => {
        if (this.#conference === conference) this.#onEvent(event);
        else if (event.kind === "ended" || event.kind === "accountNeeded") this.#ahead.failed(conference);
      },
    });
    return conference;
  }

  /** Hangs up. `withPage`: the page itself is going away. */
  leave(withPage = false): void {
    this.#ahead.close(withPage);
    this.#conference?.leave(withPage);
    this.#conference = null;
    this.#accountNeeded = false;
    this.#ending = false;
    const { screen } = this.#options.state();
    if (withPage || screen.kind === "welcome" || screen.kind === "prejoin" || screen.kind === "left") return;
    this.#options.dispatch({ kind: "screen", screen: { kind: "left", room: screen.room, reason: { kind: "hungUp" } } });
    this.#enteredAt = 0;
  }

  send(slot: Slot, track: MediaStreamTrack | null, muted: boolean): void {
    this.#conference?.setLocal(slot, track, muted);
  }

  setDisplayName(name: string): void {
    this.#conference?.setDisplayName(name.trim());
  }

  submitPassword(password: string): void {
    const { screen } = this.#options.state();
    if (screen.kind !== "password" || this.#conference === null) return;
    this.#options.dispatch({ kind: "screen", screen: { kind: "joining", room: screen.room } });
    this.#conference.submitPassword(password);
  }

  showLogin(open: boolean): void {
    this.#options.dispatch({ kind: "login", login: { kind: open ? "open" : "closed" } });
  }

  async login(user: string, password: string): Promise<void> {
    const { config, settings, dispatch, state } = this.#options;
    const { screen, login: before } = state();
    if (screen.kind === "welcome" || before.kind === "busy") return;
    dispatch({ kind: "login", login: { kind: "busy" } });
    const room = `${roomLocalpart(screen.room)}@${config.muc}`;
    const result = await login({ config, user, password, room, machineUid: settings.read().machineUid });
    if (result.kind === "failed") {
      dispatch({ kind: "login", login: { kind: "open", error: result.problem } });
      return;
    }
    settings.write({ sessionId: result.sessionId ?? null, account: result.identity });
    dispatch({ kind: "local", part: { account: result.identity } });
    dispatch({ kind: "login", login: { kind: "closed" } });
    this.#conference?.useSession(result.sessionId);
    if (this.#accountNeeded) {
      // Guests are not let in at all here: connect as the account.
      this.#credentials = { jid: accountJid(user, config), password };
      this.#accountNeeded = false;
      this.join();
    }
  }

  /** Tells the bridge again what is shown, e.g. after a change of layout. */
  applyVisible(): void {
    if (this.#visible === null || this.#conference === null) return;
    this.#conference.setConstraints(constraintsFor(this.#visible, globalThis.devicePixelRatio || 1, this.#options.state().layout));
  }

  actions(): VisitActions {
    return {
      raiseHand: (up) => {
        const handRaisedAt = up ? Date.now() : 0;
        this.#options.dispatch({ kind: "local", part: { handRaisedAt } });
        this.#conference?.raiseHand(handRaisedAt);
      },
      sendChat: (text) => this.#sendChat(text),
      muteParticipant: (id, media) => this.#try((c) => c.commands.mute(id, media)),
      muteEverybody: () => {
        for (const p of this.#options.state().participants) if (!p.audioMuted) this.#try((c) => c.commands.mute(p.id, "audio"));
      },
      kick: (id) => this.#try((c) => c.commands.kick(id)),
      grantModerator: (id) => this.#try((c) => c.commands.grantModerator(id)),
      setPassword: (password) =>
        this.#try(async (c) => {
          await c.commands.setPassword(password);
          c.rememberPassword(password);
        }),
      endForAll: () => this.#endForAll(),
      setVisible: (heights) => {
        this.#visible = heights;
        this.#visibleSoon();
      },
    };
  }

  #try(action: (conference: Conference) => Promise<void>): void {
    const conference = this.#conference;
    if (conference === null) return;
    action(conference).catch(() => {
      if (this.#conference === conference) this.#options.dispatch({ kind: "notice", notice: { kind: "actionRefused", names: [] } });
    });
  }

  /** The room's end comes back as an event to everybody; for the one who wanted it, it is hanging up. */
  #endForAll(): void {
    this.#ending = true;
    this.#try(async (conference) => {
      try {
        await conference.commands.destroy();
        if (this.#conference === conference) this.leave();
      } finally {
        this.#ending = false;
      }
    });
  }

  #sendChat(text: string): void {
    const trimmed = text.trim();
    const { chat, local, participants } = this.#options.state();
    if (trimmed === "" || this.#conference === null) return;
    const id = crypto.randomUUID();
    const to = chat.to;
    const privateWith = to === null ? undefined : { id: to, displayName: participants.find((p) => p.id === to)?.displayName ?? "" };
    const message = { id, from: "me", displayName: local.displayName, text: trimmed, at: Date.now() } as const;
    this.#options.dispatch({ kind: "chatSent", message: privateWith === undefined ? message : { ...message, privateWith } });
    this.#conference.commands.chat(id, trimmed, to);
  }

  #onEvent(event: ConferenceEvent): void {
    const { dispatch, settings, local } = this.#options;
    switch (event.kind) {
      case "joined":
        this.#enteredAt = this.#enteredAt || Date.now();
        break;
      case "waitingForHost":
        settings.write({ accountsNeeded: true });
        break;
      case "session":
        settings.write({ accountsNeeded: event.authentication });
        if (event.sessionId !== settings.read().sessionId) settings.write({ sessionId: event.sessionId });
        if (event.sessionId === null) settings.write({ account: null });
        break;
      case "accountNeeded":
        this.#accountNeeded = true;
        this.#conference = null;
        break;
      case "mutedByModerator":
        local.forceOff(event.media === "audio" ? "microphone" : event.media === "video" ? "camera" : "screen");
        break;
      case "ended":
        if (this.#ending) {
          this.leave();
          return;
        }
        this.#conference = null;
        break;
      default:
        break;
    }
    dispatch({ kind: "conference", event, now: Date.now() });
    if (event.kind === "ended") this.#enteredAt = 0;
  }
}
