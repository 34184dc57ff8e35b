/** What toolbar, menu and keyboard do alike. */
import type { Layout } from "../../model/state";
import type { Store } from "../store";
import { seatsOf } from "./seats";

export function toggleChat(store: Store): void {
  const { chat, participantsOpen } = store.state.value;
  if (!chat.open && participantsOpen) store.actions.openParticipants(false);
  store.actions.openChat(!chat.open);
}

export function toggleParticipants(store: Store): void {
  const { chat, participantsOpen } = store.state.value;
  if (!participantsOpen && chat.open) store.actions.openChat(false);
  store.actions.openParticipants(!participantsOpen);
}

export function toggleHand(store: Store): void {
  store.actions.raiseHand(store.state.value.local.handRaisedAt === 0);
}

export function toggleLayout(store: Store): void {
  const next: Layout = store.state.value.layout === "tiles" ? "speaker" : "tiles";
  store.actions.setLayout(next);
}

/** Makes somebody large, or lets go; from the tiles this leads to the speaker view. */
export function togglePin(store: Store, id: string): void {
  const { pinned, layout } = store.state.value;
  if (pinned === id) {
    store.actions.pin(null);
    return;
  }
  store.actions.pin(id);
  if (layout === "tiles") store.actions.setLayout("speaker");
}

/** By digit: 0 is oneself, 1 to 9 the others in the order of the film strip. */
export function pinByDigit(store: Store, digit: number): void {
  const people = seatsOf(store.state.value).filter((seat) => seat.kind === "camera");
  const seat = people[digit];
  if (seat) togglePin(store, seat.id);
}

export function toggleFullscreen(): void {
  // Refused outside of a user's gesture and on telephones; then nothing changes.
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  else void document.documentElement.requestFullscreen().catch(() => undefined);
}

export function canShareScreen(): boolean {
  return navigator.mediaDevices !== undefined && "getDisplayMedia" in navigator.mediaDevices;
}
