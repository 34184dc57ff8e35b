/**
 * Shows one scene: `?scene=tiles&lang=de`. Calls of actions are kept in `window.gallery.calls`; `window.gallery.change` sets parts of the
 * state. Used by the tests and by whoever works on the view; no part of the product.
 */
import type { Actions, App, AppState } from "../../model/state";
import { mount, mountObstacle } from "../index";
import type { DialogState } from "../store";
import { scenes } from "./fixtures";
import type { SceneName } from "./names";

type Call = readonly [name: string, ...args: unknown[]];

export interface Gallery {
  readonly calls: Call[];
  readonly state: AppState;
  change(part: Partial<AppState>): void;
  unmount(): void;
}

declare global {
  interface Window {
    gallery: Gallery;
  }
}

/** Actions that only remember; the few that the view needs an answer to change the state as the model would. */
function recorder(calls: Call[], change: (part: Partial<AppState>) => void, state: () => AppState): Actions {
  const effects: Partial<Record<keyof Actions, (...args: never[]) => void>> = {
    openChat: (open: boolean) => change({ chat: { ...state().chat, open, unread: 0 } }),
    openParticipants: (participantsOpen: boolean) => change({ participantsOpen }),
    chatTo: (to: string | null) => change({ chat: { ...state().chat, to } }),
    setLayout: (layout: AppState["layout"]) => change({ layout }),
    pin: (pinned: string | null) => change({ pinned }),
    setDisplayName: (displayName: string) => change({ local: { ...state().local, displayName } }),
    setMicrophone: (on: boolean) => change({ local: { ...state().local, microphone: { on, busy: false } } }),
    dismissNotice: (id: number) => change({ notices: state().notices.filter((n) => n.id !== id) }),
    forgetRecentRoom: (room: string) => change({ recentRooms: state().recentRooms.filter((r) => r.room !== room) }),
  };
  return new Proxy({} as Actions, {
    get:
      (_, name: keyof Actions) =>
      (...args: never[]) => {
        calls.push([name, ...args.map((arg: unknown) => (arg instanceof Map ? Object.fromEntries(arg) : arg))]);
        effects[name]?.(...args);
      },
  });
}

function fakeApp(first: AppState): { app: App; calls: Call[]; change: (part: Partial<AppState>) => void } {
  let state = first;
  const listeners = new Set<(state: AppState) => void>();
  const calls: Call[] = [];
  const change = (part: Partial<AppState>): void => {
    state = { ...state, ...part };
    for (const listener of listeners) listener(state);
  };
  const app: App = {
    get state() {
      return state;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actions: recorder(calls, change, () => state),
  };
  return { app, calls, change };
}

const query = new URLSearchParams(location.search);
const name = query.get("scene") ?? "welcome";
localStorage.setItem("stammtisch.language", query.get("lang") ?? "en");
const scene = name in scenes ? scenes[name as SceneName]() : null;
const root = document.getElementById("app");
if (!scene || !root) throw new Error(`no scene ${name}; there are: ${Object.keys(scenes).join(", ")}`);

const { app, calls, change } = fakeApp(scene.state);
const dialog: DialogState | undefined = scene.dialog;
const unmount = scene.obstacle === undefined ? mount(root, app, dialog) : mountObstacle(root, scene.obstacle);
window.gallery = {
  calls,
  get state() {
    return app.state;
  },
  change,
  unmount,
};
