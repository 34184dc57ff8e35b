/** What moderators and owners ask of a room (XEP-0045 §8, §10) and of the focus. Pure. */
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";
import { iq } from "../xmpp/stanza";

export function kickRequest(room: string, nick: string, reason = ""): Xml {
  const item = el("item", { nick, role: "none" }, reason !== "" && el("reason", {}, reason));
  return iq("set", room, el("query", { xmlns: NS.mucAdmin }, item));
}

/** Sets the lasting affiliation of a bare JID. Moderators of a conference are owners of its room, as jicofo makes them. */
export function affiliationRequest(room: string, jid: string, affiliation: "owner" | "member" | "none"): Xml {
  return iq("set", room, el("query", { xmlns: NS.mucAdmin }, el("item", { jid, affiliation })));
}

export function destroyRequest(room: string, reason = ""): Xml {
  return iq("set", room, el("query", { xmlns: NS.mucOwner }, el("destroy", {}, reason !== "" && el("reason", {}, reason))));
}

export function configRequest(room: string): Xml {
  return iq("get", room, el("query", { xmlns: NS.mucOwner }));
}

/** Whether the owner's form has a field, e.g. for the password. */
export function formHasField(result: Xml, name: string): boolean {
  const form = childOf(childOf(result, "query", NS.mucOwner) ?? result, "x", NS.data);
  return form !== undefined && childrenOf(form, "field").some((field) => field.attrs.var === name);
}

/** Whether a boolean of the owner's form is set. */
export function formFlag(result: Xml, name: string): boolean {
  const form = childOf(childOf(result, "query", NS.mucOwner) ?? result, "x", NS.data);
  const field = form && childrenOf(form, "field").find((f) => f.attrs.var === name);
  return ["1", "true"].includes(textOf(field && childOf(field, "value")));
}

/** Sets or, when empty, removes the password; what is not mentioned stays (rooms take partial forms). */
export function passwordRequest(room: string, password: string): Xml {
  const field = (name: string, value: string): Xml => el("field", { var: name }, el("value", {}, value));
  return iq(
    "set",
    room,
    el(
      "query",
      { xmlns: NS.mucOwner },
      el(
        "x",
        { xmlns: NS.data, type: "submit" },
        field("FORM_TYPE", NS.roomConfig),
        field("muc#roomconfig_roomsecret", password),
        field("muc#roomconfig_passwordprotectedroom", password === "" ? "0" : "1"),
        field("muc#roomconfig_whois", "anyone"),
      ),
    ),
  );
}

export type MuteKind = "audio" | "video" | "desktop";
const muteNs: Readonly<Record<MuteKind, string>> = { audio: NS.audioMute, video: NS.videoMute, desktop: NS.desktopMute };

/** Asks the focus to mute somebody (as jicofo's mute IQ). */
export function muteRequest(room: string, nick: string, kind: MuteKind): Xml {
  return iq("set", `${room}/focus`, el("mute", { xmlns: muteNs[kind], jid: `${room}/${nick}` }, "true"));
}

/** A mute order from the focus, or nothing. `by` is the nickname of who asked. */
export function parseMuteOrder(stanza: Xml): { kind: MuteKind; by?: string } | undefined {
  for (const kind of ["audio", "video", "desktop"] as const) {
    const mute = childOf(stanza, "mute", muteNs[kind]);
    if (mute === undefined || textOf(mute).trim() !== "true") continue;
    const actor = mute.attrs.actor;
    const by = actor === undefined ? "" : actor.slice(actor.indexOf("/") + 1);
    return by === "" ? { kind } : { kind, by };
  }
  return undefined;
}
