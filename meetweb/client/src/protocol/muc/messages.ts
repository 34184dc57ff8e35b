/** Messages in a room: chat, private chat, subject, status codes. Pure. */
import { resourceOf } from "../jid";
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";
import { errorOf } from "../xmpp/stanza";

export type RoomMessage =
  | { kind: "chat"; id: string; from: string; text: string; isPrivate: boolean; at?: number }
  | { kind: "chatRefused"; id: string; condition: string }
  | { kind: "subject"; text: string }
  /** Status 104: something in the room's configuration changed; ask again. */
  | { kind: "configChanged" }
  | { kind: "ignored" };

/** To everybody. The server reflects it to the sender with the same id. */
export function groupMessage(room: string, id: string, text: string): Xml {
  return el("message", { xmlns: NS.client, to: room, type: "groupchat", id }, el("body", {}, text));
}

/** To one occupant; nothing comes back. */
export function privateMessage(room: string, nick: string, id: string, text: string): Xml {
  return el("message", { xmlns: NS.client, to: `${room}/${nick}`, type: "chat", id }, el("body", {}, text));
}

/** Reads a message from `room` or one of its occupants. */
export function parseMessage(stanza: Xml, room: string): RoomMessage {
  const from = stanza.attrs.from ?? "";
  if (from !== room && !from.startsWith(`${room}/`)) return { kind: "ignored" };
  const { type, id = "" } = stanza.attrs;
  const body = childOf(stanza, "body");
  if (type === "error") {
    return childOf(stanza, "x", NS.mucUser) === undefined
      ? { kind: "chatRefused", id, condition: errorOf(stanza).condition }
      : { kind: "ignored" };
  }
  if (from === room) {
    const user = childOf(stanza, "x", NS.mucUser);
    if (user !== undefined && childrenOf(user, "status").some((status) => status.attrs.code === "104")) return { kind: "configChanged" };
  }
  // XEP-0045 §7.2.15: a subject change has no body.
  const subject = childOf(stanza, "subject");
  if (type === "groupchat" && subject !== undefined && body === undefined) return { kind: "subject", text: textOf(subject) };
  const nick = resourceOf(from);
  if (body === undefined || nick === "" || (type !== "groupchat" && type !== "chat")) return { kind: "ignored" };
  const at = parseDelay(stanza, room);
  return { kind: "chat", id, from: nick, text: textOf(body), isPrivate: type === "chat", ...(at === undefined ? {} : { at }) };
}

/** When it was sent, of a message from the history (XEP-0203). Only the room's word counts: a sender could say anything. */
function parseDelay(stanza: Xml, room: string): number | undefined {
  const stamp = childrenOf(stanza, "delay").find((delay) => delay.attrs.from === room)?.attrs.stamp;
  const at = stamp === undefined ? Number.NaN : Date.parse(stamp);
  return Number.isNaN(at) ? undefined : at;
}
