/** What a conference tells its user. Plain data. */

import type { Slot } from "../media/own";
import type { RemoteTrack } from "../media/streams";
import type { MuteKind } from "../muc/admin";
import type { Departure, Occupant } from "../muc/presence";

export type EndReason =
  | { kind: "kicked"; by?: string; text?: string }
  | { kind: "roomClosed"; text?: string }
  | { kind: "connectionLost" }
  | { kind: "serverStopped" }
  | { kind: "roomFull" }
  | { kind: "notAllowed"; text?: string }
  | { kind: "failed"; text: string };

export type ConferenceEvent =
  | { kind: "connection"; state: "connected" | "reconnecting" }
  /** The room is not started and this user may not start it; asked again every few seconds. */
  | { kind: "waitingForHost" }
  /** The server takes nobody without an account. */
  | { kind: "accountNeeded" }
  | { kind: "passwordNeeded"; wrong: boolean }
  /** What the focus said about the login. `sessionId` null: the stored one is not valid any more. */
  | { kind: "session"; sessionId: string | null; identity: string | null; authentication: boolean }
  /** Everything known about the room is void; it is entered anew. */
  | { kind: "reset" }
  | { kind: "joined"; id: string }
  | { kind: "self"; occupant: Occupant }
  | { kind: "occupant"; occupant: Occupant }
  | { kind: "occupantLeft"; id: string; reason: Departure }
  | { kind: "chat"; id: string; from: string; text: string; isPrivate: boolean; at?: number }
  | { kind: "chatRefused"; id: string }
  | { kind: "subject"; text: string }
  | { kind: "roomInfo"; locked: boolean; createdAt: number }
  | { kind: "media"; state: "none" | "connecting" | "connected" | "interrupted" | "failed" }
  | { kind: "tracks"; tracks: readonly RemoteTrack[] }
  | { kind: "dominantSpeaker"; id: string }
  | { kind: "forwarded"; names: readonly string[] }
  | { kind: "active"; id: string; active: boolean }
  /** A moderator has muted this user. */
  | { kind: "mutedByModerator"; media: MuteKind; by?: string }
  /** The focus does not let another source in. */
  | { kind: "sourceRefused"; slot: Slot }
  | { kind: "ended"; reason: EndReason };
