/** Presence in a room (XEP-0045 §7) with Jitsi's payload. Pure. */
import { resourceOf } from "../jid";
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";
import { errorOf, type StanzaError } from "../xmpp/stanza";

/** What `SourceInfo` says of one source; what is absent from it counts as muted. */
export interface SourceStatus {
  muted: boolean;
  videoType: "camera" | "desktop";
}

/** An occupant as the latest presence shows it. */
export interface Occupant {
  id: string;
  /** Real full JID; rooms are not anonymous, else the focus could not be recognised. */
  jid: string;
  displayName: string;
  affiliation: string;
  role: string;
  sources: ReadonlyMap<string, SourceStatus>;
  /** Milliseconds since the epoch, 0 while down. */
  handRaisedAt: number;
}

export type PresenceEvent =
  | { kind: "available"; occupant: Occupant; self: boolean; created: boolean }
  | { kind: "left"; id: string; self: boolean; reason: Departure }
  | { kind: "refused"; id: string; error: StanzaError }
  | { kind: "ignored" };

export type Departure =
  | { kind: "left" }
  | { kind: "kicked"; by?: string; text?: string }
  | { kind: "destroyed"; text?: string }
  /** The room service stops; it may be back soon. */
  | { kind: "serviceStopped" };

/** What goes into each presence; every one is a complete snapshot. */
export interface OwnPresence {
  room: string;
  nick: string;
  displayName: string;
  caps: Xml;
  codecs: readonly string[];
  sources: ReadonlyMap<string, SourceStatus>;
  handRaisedAt: number;
}

/** The snapshot. With `join`, the first one: it asks to enter, with a password where needed. */
export function presenceStanza(own: OwnPresence, join?: { password?: string | undefined }): Xml {
  const muc = join && el("x", { xmlns: NS.muc }, join.password !== undefined && join.password !== "" && el("password", {}, join.password));
  return el(
    "presence",
    { xmlns: NS.client, to: `${own.room}/${own.nick}` },
    muc,
    own.caps,
    el("jitsi_participant_codecList", {}, own.codecs.join(",")),
    own.handRaisedAt > 0 && el("jitsi_participant_raisedHand", {}, String(own.handRaisedAt)),
    el("SourceInfo", {}, sourceInfoJson(own.sources)),
    own.displayName !== "" && el("nick", { xmlns: NS.nick }, own.displayName),
  );
}

/** Leaving: unavailable to the own occupant JID. */
export function leaveStanza(room: string, nick: string): Xml {
  return el("presence", { xmlns: NS.client, type: "unavailable", to: `${room}/${nick}` });
}

/** `SourceInfo` as stock clients write it: a camera has no `videoType`. */
export function sourceInfoJson(sources: ReadonlyMap<string, SourceStatus>): string {
  const out: Record<string, { muted: boolean; videoType?: string }> = {};
  for (const [name, { muted, videoType }] of sources) out[name] = videoType === "desktop" ? { muted, videoType } : { muted };
  return JSON.stringify(out);
}

/** Reads presence from `room`. `own` is the own nickname. */
export function parsePresence(stanza: Xml, room: string, own: string): PresenceEvent {
  const from = stanza.attrs.from ?? "";
  const id = resourceOf(from);
  if (!from.startsWith(`${room}/`) || id === "") {
    return from === room && stanza.attrs.type === "error" ? { kind: "refused", id: own, error: errorOf(stanza) } : { kind: "ignored" };
  }
  const user = childOf(stanza, "x", NS.mucUser);
  const codes = new Set((user === undefined ? [] : childrenOf(user, "status")).map((status) => status.attrs.code));
  const self = id === own || codes.has("110");
  switch (stanza.attrs.type) {
    case undefined:
      return { kind: "available", occupant: parseOccupant(stanza, id, user), self, created: codes.has("201") };
    case "unavailable":
      if (childOf(stanza, "ignore") !== undefined) return { kind: "ignored" };
      return { kind: "left", id, self, reason: parseDeparture(user, codes) };
    case "error":
      return { kind: "refused", id, error: errorOf(stanza) };
    default:
      return { kind: "ignored" };
  }
}

function parseOccupant(stanza: Xml, id: string, user: Xml | undefined): Occupant {
  const item = user && childOf(user, "item");
  return {
    id,
    jid: item?.attrs.jid ?? "",
    displayName: textOf(childOf(stanza, "nick", NS.nick)).trim(),
    affiliation: item?.attrs.affiliation ?? "none",
    role: item?.attrs.role ?? "none",
    sources: parseSources(stanza, id),
    handRaisedAt: parseHand(textOf(childOf(stanza, "jitsi_participant_raisedHand"))),
  };
}

/** A timestamp; older clients wrote `true`. */
function parseHand(text: string): number {
  if (text === "" || text === "false") return 0;
  const at = Number(text);
  return Number.isFinite(at) && at >= 0 ? at : 1;
}

function parseSources(stanza: Xml, id: string): Map<string, SourceStatus> {
  const info = childOf(stanza, "SourceInfo");
  if (info === undefined) return legacySources(stanza, id);
  const out = new Map<string, SourceStatus>();
  let json: unknown;
  try {
    json = JSON.parse(textOf(info));
  } catch {
    return out;
  }
  if (typeof json !== "object" || json === null) return out;
  for (const [name, status] of Object.entries(json)) {
    if (!name.startsWith(`${id}-`) || typeof status !== "object" || status === null) continue;
    const { muted, videoType } = status as { muted?: unknown; videoType?: unknown };
    out.set(name, { muted: muted !== false, videoType: videoType === "desktop" ? "desktop" : "camera" });
  }
  return out;
}

/** COMPAT(clients before source names): mute state in elements of its own; without this they are shown muted for ever. */
function legacySources(stanza: Xml, id: string): Map<string, SourceStatus> {
  const out = new Map<string, SourceStatus>();
  const audio = childOf(stanza, "audiomuted");
  const video = childOf(stanza, "videomuted");
  const videoType = textOf(childOf(stanza, "videoType")) === "desktop" ? "desktop" : "camera";
  if (audio !== undefined) out.set(`${id}-a0`, { muted: textOf(audio) !== "false", videoType: "camera" });
  if (video !== undefined) out.set(`${id}-v0`, { muted: textOf(video) !== "false", videoType });
  return out;
}

function parseDeparture(user: Xml | undefined, codes: ReadonlySet<string | undefined>): Departure {
  const destroy = user && childOf(user, "destroy");
  if (destroy !== undefined) return { kind: "destroyed", ...textField(textOf(childOf(destroy, "reason"))) };
  // XEP-0045 §17.3.
  if (codes.has("332")) return { kind: "serviceStopped" };
  if (!codes.has("307")) return { kind: "left" };
  const item = user && childOf(user, "item");
  const by = item && childOf(item, "actor")?.attrs.nick;
  return { kind: "kicked", ...(by === undefined ? {} : { by }), ...textField(textOf(item && childOf(item, "reason"))) };
}

function textField(text: string): { text?: string } {
  return text === "" ? {} : { text };
}
