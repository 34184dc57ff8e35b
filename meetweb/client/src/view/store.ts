/**
 * How components reach the application: one signal with the state, the actions, and what only the view knows (which dialog is open).
 *
 * `useSelect` picks a part of the state; a component is drawn again only when its part is another value, so the level meter's ten
 * changes a second touch nothing but the meter.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Actions, App, AppState, Participant, ParticipantId } from "../model/state";
import { createPrefs, type Prefs } from "./prefs";

/** What a moderator is asked to confirm. */
export type Question =
  | { kind: "kick"; id: ParticipantId; name: string }
  | { kind: "grant"; id: ParticipantId; name: string }
  | { kind: "muteAll" }
  | { kind: "endForAll" };

/** At most one dialog is up. */
export type DialogState =
  | { kind: "settings" }
  | { kind: "security" }
  | { kind: "invite" }
  | { kind: "shortcuts" }
  | { kind: "protection" }
  | { kind: "confirm"; question: Question };

export interface Store {
  readonly state: ReadonlySignal<AppState>;
  readonly actions: Actions;
  readonly dialog: Signal<DialogState | null>;
  readonly prefs: ReadonlySignal<Prefs>;
  readonly changePrefs: (part: Partial<Prefs>) => void;
  /** Loudness per participant, 0..1; unnamed ones are at 1. For this visit only. */
  readonly volumes: Signal<ReadonlyMap<ParticipantId, number>>;
  /** The browser refuses sound until the page is clicked. */
  readonly soundBlocked: Signal<boolean>;
}

/** A store over `app`, and how to let go of it. */
export function createStore(app: App): { store: Store; stop: () => void } {
  const state = signal(app.state);
  const stop = app.subscribe((next) => {
    state.value = next;
  });
  const { prefs, change } = createPrefs();
  const store: Store = {
    state,
    actions: app.actions,
    dialog: signal<DialogState | null>(null),
    prefs,
    changePrefs: change,
    volumes: signal<ReadonlyMap<ParticipantId, number>>(new Map()),
    soundBlocked: signal(false),
  };
  return { store, stop };
}

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === null) throw new Error("rendered outside of mount()");
  return store;
}

/** The part of the state that `pick` names; `deps` are the values from outside that `pick` uses. */
export function useSelect<T>(pick: (state: AppState) => T, deps: readonly unknown[] = []): T {
  const { state } = useStore();
  return useMemo(() => computed(() => pick(state.value)), [state, ...deps]).value;
}

/** One participant by id, undefined after they left. */
export function useParticipant(id: ParticipantId): Participant | undefined {
  return useSelect((s) => s.participants.find((p) => p.id === id), [id]);
}

/** Whether this browser's user moderates the room. */
export function useModerator(): boolean {
  return useSelect((s) => s.local.moderator);
}
