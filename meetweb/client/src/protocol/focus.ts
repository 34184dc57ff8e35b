/** The conference request to the focus, as jicofo understands it. Pure. */
import { NS } from "./ns";
import { childOf, childrenOf, el, type Xml } from "./xml/node";
import { errorOf, iq } from "./xmpp/stanza";

export interface ConferenceRequest {
  /** Where the focus listens, e.g. `focus.meet.example`. */
  focus: string;
  room: string;
  /** 32 hex digits, the same for this browser for ever; a login session is bound to it. */
  machineUid: string;
  sessionId?: string | undefined;
}

export type ConferenceAnswer =
  | { kind: "ready"; focusJid: string; sessionId?: string; identity?: string; authentication: boolean }
  /** The focus is not in the room yet; ask again. */
  | { kind: "notReady" }
  /** Nobody who may start the room has done so, and the asker may not. */
  | { kind: "notAuthorized" }
  /** The stored session is not valid any more: forget it and ask again. */
  | { kind: "sessionInvalid" }
  | { kind: "failed"; condition: string; text: string };

export function conferenceRequest(r: ConferenceRequest): Xml {
  return iq(
    "set",
    r.focus,
    el(
      "conference",
      { xmlns: NS.focus, "machine-uid": r.machineUid, room: r.room, "session-id": r.sessionId },
      el("property", { name: "rtcstatsEnabled", value: "false" }),
    ),
  );
}

/** Reads result and error alike. */
export function parseConferenceAnswer(answer: Xml): ConferenceAnswer {
  if (answer.attrs.type === "error") return parseRefusal(answer);
  const conference = childOf(answer, "conference", NS.focus);
  if (conference === undefined || conference.attrs.ready !== "true") return { kind: "notReady" };
  const { focusjid, identity } = conference.attrs;
  const sessionId = conference.attrs["session-id"];
  const authentication = childrenOf(conference, "property").some((p) => p.attrs.name === "authentication" && p.attrs.value === "true");
  return {
    kind: "ready",
    focusJid: focusjid ?? "",
    authentication,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function parseRefusal(answer: Xml): ConferenceAnswer {
  const error = errorOf(answer);
  const conditions = [error.condition, ...error.extra];
  if (conditions.includes("session-invalid") || conditions.includes("not-acceptable")) return { kind: "sessionInvalid" };
  if (conditions.includes("not-authorized")) return { kind: "notAuthorized" };
  return { kind: "failed", condition: error.condition, text: error.text };
}

/** Ends the login session (as jicofo's `logout` IQ). */
export function logoutRequest(focus: string, sessionId: string): Xml {
  return iq("set", focus, el("logout", { xmlns: NS.focus, "session-id": sessionId }));
}
