/** Puts together what presence, media and the bridge say about everybody. Pure. */
import type { RemoteTrack } from "../protocol/media/streams";
import type { Occupant } from "../protocol/muc/presence";
import type { Participant, ParticipantId, RemoteVideo, SourceName } from "./state";

/** What is known of the room, as it came in. */
export interface Room {
  /** In the order of joining. */
  occupants: ReadonlyMap<ParticipantId, Occupant>;
  tracks: ReadonlyMap<SourceName, RemoteTrack>;
  /** Null until the bridge has said what it forwards: then everything counts as forwarded. */
  forwarded: ReadonlySet<SourceName> | null;
  /** Those the bridge hears nothing from. */
  inactive: ReadonlySet<ParticipantId>;
  /** Whether the room's lock is known already; only later changes are news. */
  infoKnown: boolean;
}

export const emptyRoom: Room = { occupants: new Map(), tracks: new Map(), forwarded: null, inactive: new Set(), infoKnown: false };

/** Everybody in the room. Whoever has not changed stays the same object, so that their tile is not drawn again. */
export function participantsOf(room: Room, previous: readonly Participant[]): readonly Participant[] {
  const before = new Map(previous.map((p) => [p.id, p]));
  const next = [...room.occupants.values()].map((occupant) => {
    const participant = participantOf(room, occupant);
    const old = before.get(occupant.id);
    return old !== undefined && sameParticipant(old, participant) ? old : participant;
  });
  return next.length === previous.length && next.every((p, i) => p === previous[i]) ? previous : next;
}

function participantOf(room: Room, { id, displayName, role, sources, handRaisedAt }: Occupant): Participant {
  return {
    id,
    displayName,
    moderator: role === "moderator",
    audioMuted: sources.get(`${id}-a0`)?.muted ?? true,
    audio: room.tracks.get(`${id}-a0`)?.stream ?? null,
    videos: videosOf(room, id, sources),
    handRaisedAt,
    active: !room.inactive.has(id),
  };
}

/** A source may be named by presence or by the focus first. A screen that is not shown is not there; a camera that is off is. */
function videosOf(room: Room, id: ParticipantId, sources: Occupant["sources"]): RemoteVideo[] {
  const names = new Set([...sources.keys()].filter((name) => name.startsWith(`${id}-v`)));
  for (const track of room.tracks.values()) if (track.owner === id && track.media === "video") names.add(track.name);
  const videos = [...names].sort().map((name): RemoteVideo => {
    const track = room.tracks.get(name);
    const status = sources.get(name);
    return {
      name,
      kind: status?.videoType ?? track?.videoType ?? "camera",
      stream: track?.stream ?? null,
      muted: status?.muted ?? true,
      forwarded: room.forwarded === null || room.forwarded.has(name),
    };
  });
  return videos
    .filter((video) => video.kind === "camera" || !video.muted)
    .sort((a, b) => Number(a.kind === "desktop") - Number(b.kind === "desktop"));
}

function sameParticipant(a: Participant, b: Participant): boolean {
  const { videos: va, ...restA } = a;
  const { videos: vb, ...restB } = b;
  return same(restA, restB) && va.length === vb.length && va.every((video, i) => same(video, vb[i]));
}

function same<T extends object>(a: T, b: T | undefined): boolean {
  if (b === undefined) return false;
  return (Object.keys(a) as (keyof T)[]).every((key) => Object.is(a[key], b[key]));
}
