/**
 * The application: holds the model, feeds it with what happens, and carries out what the view asks for.
 *
 * `createApp` is the front. Everything that changes the state is an `AppEvent` through `update`; this file and `visit.ts` only decide
 * which effect follows which action.
 */
import { type ClientConfig, readConfig } from "../protocol/config";
import { LocalMedia } from "./local";
import { initialModel, type Model } from "./model";
import { pathOfRoom, roomOfPath } from "./rooms";
import { createSettings, type SettingsStore, withVisit } from "./settings";
import type { Actions, App, AppState, Screen } from "./state";
import { type AppEvent, update } from "./update";
import { Visit } from "./visit";

/** What the application needs from the page. */
export interface Environment {
  config: ClientConfig;
  settings: SettingsStore;
  window: Window;
}

/** The environment of the page that loaded `config.js`. Throws when it did not. */
export function browserEnvironment(): Environment {
  return {
    config: readConfig((window as { config?: unknown }).config, window.location),
    settings: createSettings(localStorageOf(window)),
    window,
  };
}

function localStorageOf(w: Window): Storage | undefined {
  try {
    return w.localStorage;
  } catch {
    return undefined; // forbidden by the user's settings
  }
}

export function createApp(environment: Environment = browserEnvironment()): App {
  const controller = new Controller(environment);
  controller.start();
  return controller;
}

class Controller implements App {
  readonly actions: Actions;
  readonly #environment: Environment;
  readonly #listeners = new Set<(state: AppState) => void>();
  readonly #local: LocalMedia;
  readonly #visit: Visit;
  #model: Model;

  constructor(environment: Environment) {
    this.#environment = environment;
    const { config, settings } = environment;
    this.#model = initialModel(settings.read(), config.accountsNeeded || settings.read().accountsNeeded);
    const dispatch = (event: AppEvent): void => this.#dispatch(event);
    // The application lives as long as its page.
    this.#local = new LocalMedia(
      { settings, dispatch, send: (slot, track, muted) => this.#visit.send(slot, track, muted) },
      new AbortController().signal,
    );
    this.#visit = new Visit({ config, settings, local: this.#local, dispatch, state: () => this.state });
    this.actions = this.#makeActions();
  }

  get state(): AppState {
    return this.#model.app;
  }

  subscribe(listener: (state: AppState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    const { window } = this.#environment;
    window.addEventListener("popstate", () => this.#showPath());
    window.addEventListener("pagehide", () => this.#visit.leave(true));
    // Nobody is asked anything before the person has done something.
    for (const deed of ["pointerdown", "keydown", "input"]) window.addEventListener(deed, () => this.#visit.connectAhead());
    window.addEventListener("pageshow", (event) => {
      // Back from the browser's cache, where no connection lives.
      if (event.persisted) this.#showPath();
    });
    this.#showPath();
  }

  #dispatch(event: AppEvent): void {
    const before = this.#model.app;
    this.#model = update(this.#model, event);
    const after = this.#model.app;
    if (before === after) return;
    if (before.screen.kind !== after.screen.kind) this.#onScreen(before.screen, after.screen);
    for (const listener of [...this.#listeners]) listener(this.state);
  }

  /** Being in a call begins and ends in several ways; what belongs to it happens here. */
  #onScreen(before: Screen, after: Screen): void {
    if (after.kind === "inCall") this.#remember(after.room, 0);
    if (before.kind === "inCall" && after.kind !== "inCall") this.#remember(before.room, this.#visit.minutes());
    if (after.kind === "left" || after.kind === "welcome") this.#local.suspend();
  }

  #remember(room: string, minutes: number): void {
    const { settings } = this.#environment;
    const recentRooms = withVisit(settings.read().recentRooms, { room, at: Date.now(), minutes });
    settings.write({ recentRooms });
    this.#dispatch({ kind: "recentRooms", rooms: recentRooms });
  }

  /** The address bar names the room. */
  #showPath(): void {
    const room = roomOfPath(this.#environment.window.location.pathname);
    this.#visit.leave();
    if (room === null) this.#dispatch({ kind: "screen", screen: { kind: "welcome" } });
    else this.#toPrejoin(room);
  }

  #toPrejoin(room: string): void {
    this.#dispatch({ kind: "screen", screen: { kind: "prejoin", room } });
    void this.#local.resume();
  }

  #go(path: string): void {
    const { history, location } = this.#environment.window;
    if (location.pathname !== path) history.pushState(null, "", path + location.search);
    this.#showPath();
  }

  #makeActions(): Actions {
    const { settings } = this.#environment;
    const visit = this.#visit;
    const local = this.#local;
    const dispatch = (event: AppEvent): void => this.#dispatch(event);
    return {
      openRoom: (room) => this.#go(pathOfRoom(room)),
      goHome: () => this.#go("/"),
      forgetRecentRoom: (room) => {
        const recentRooms = settings.read().recentRooms.filter((r) => r.room !== room);
        settings.write({ recentRooms });
        dispatch({ kind: "recentRooms", rooms: recentRooms });
      },
      setDisplayName: (displayName) => {
        settings.write({ displayName });
        dispatch({ kind: "local", part: { displayName } });
        visit.setDisplayName(displayName);
      },
      join: () => {
        if (this.state.screen.kind === "left") void local.resume();
        visit.join();
      },
      showLogin: (open) => visit.showLogin(open),
      login: (user, password) => void visit.login(user, password),
      submitPassword: (password) => visit.submitPassword(password),
      leave: () => visit.leave(),
      setMicrophone: (on) => void local.setDevice("microphone", on),
      setCamera: (on) => void local.setDevice("camera", on),
      setScreen: (on) => void local.setDevice("screen", on),
      chooseDevice: (kind, id) => {
        dispatch({ kind: "local", part: { chosen: { ...this.state.local.chosen, [kind]: id } } });
        if (kind === "speaker") settings.write({ speaker: id });
        else void local.choose(kind, id);
      },
      setLayout: (layout) => {
        dispatch({ kind: "layout", layout });
        visit.applyVisible();
      },
      pin: (id) => dispatch({ kind: "pinned", id }),
      openChat: (open) => dispatch({ kind: "chatOpened", open }),
      openParticipants: (open) => dispatch({ kind: "participantsOpened", open }),
      chatTo: (id) => dispatch({ kind: "chatTo", id }),
      dismissNotice: (id) => dispatch({ kind: "dismissed", id }),
      ...visit.actions(),
    };
  }
}
