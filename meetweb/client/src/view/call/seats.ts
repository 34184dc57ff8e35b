/** Which tiles there are, in which order, and which one is large. Pure functions over the state. */
import type { AppState, ParticipantId, RemoteVideo } from "../../model/state";

/** One tile: a person, or the screen a person shows. */
export interface Seat {
  /** The same as long as it is the same tile. */
  key: string;
  /** `me` until the server has given an id. */
  id: ParticipantId;
  local: boolean;
  kind: "camera" | "desktop";
}

/** The source a seat shows, as far as there is one. */
export function videoOf(videos: readonly RemoteVideo[], kind: Seat["kind"]): RemoteVideo | undefined {
  return videos.find((video) => video.kind === kind);
}

/**
 * All tiles. Oneself first and then everybody in the order of joining, so that nobody moves when somebody comes; a screen follows the
 * person who shows it, one's own as well.
 */
export function seatsOf(state: AppState): Seat[] {
  const id = state.local.id ?? "me";
  const own: Seat[] = [{ key: "me", id, local: true, kind: "camera" }];
  if (state.local.screenStream !== null) own.push({ key: "me-screen", id, local: true, kind: "desktop" });
  const others = state.participants.flatMap((p): Seat[] => {
    const person: Seat = { key: p.id, id: p.id, local: false, kind: "camera" };
    const screen = videoOf(p.videos, "desktop");
    return screen === undefined || screen.muted ? [person] : [person, { key: screen.name, id: p.id, local: false, kind: "desktop" }];
  });
  return [...own, ...others];
}

/** Equal lists of seats, so that a component can keep its old one. */
export function sameSeats(a: readonly Seat[], b: readonly Seat[]): boolean {
  return a.length === b.length && a.every((seat, i) => seat.key === b[i]?.key && seat.id === b[i]?.id && seat.kind === b[i]?.kind);
}

/**
 * The seat on the stage of the speaker view: who is pinned, else a screen, else who speaks, else who spoke last (`previous`), else the
 * first of the others, else oneself. One never sees oneself large only because one speaks, nor one's own screen unless one asks for it.
 */
export function onStage(seats: readonly Seat[], state: AppState, previous: string | null): Seat | undefined {
  const of = (id: ParticipantId | null): Seat | undefined =>
    id === null ? undefined : (seats.find((s) => s.id === id && s.kind === "desktop") ?? seats.find((s) => s.id === id));
  const pinned = of(state.pinned);
  if (pinned) return pinned;
  const screens = seats.filter((s) => s.kind === "desktop" && !s.local);
  const screen = screens[screens.length - 1];
  if (screen) return screen;
  const speaker = seats.find((s) => s.id === state.dominantSpeaker && !s.local);
  if (speaker) return speaker;
  return seats.find((s) => s.key === previous && !s.local) ?? seats.find((s) => !s.local) ?? seats[0];
}

/** Participants for the list: raised hands in the order of raising, then everybody as they came. */
export function byHands<P extends { handRaisedAt: number }>(people: readonly P[]): P[] {
  const up = people.filter((p) => p.handRaisedAt > 0).sort((a, b) => a.handRaisedAt - b.handRaisedAt);
  return [...up, ...people.filter((p) => p.handRaisedAt === 0)];
}
