/** What stanzas, streams and the bridge say, in the words of `ConferenceEvent`. Pure. */
import type { BridgeMessage } from "../bridge/messages";
import type { RoomMessage } from "../muc/messages";
import type { Departure } from "../muc/presence";
import type { StanzaError } from "../xmpp/stanza";
import type { StreamEnd } from "../xmpp/stream";
import type { ConferenceEvent, EndReason } from "./events";

/** What to do about a refused presence. */
export type AfterRefusal =
  | { kind: "ignore" }
  | { kind: "askPassword"; wrong: boolean }
  /** Once more, perhaps under another nickname; after several times `otherwise`. */
  | { kind: "retry"; newNick: boolean; otherwise: EndReason }
  | { kind: "rejoin" }
  | { kind: "end"; reason: EndReason };

export function afterRefusal(error: StanzaError, joined: boolean, password: string | undefined): AfterRefusal {
  if (joined) {
    // The room does not know us any more, e.g. after it was restarted.
    return ["item-not-found", "gone", "not-acceptable"].includes(error.condition) ? { kind: "rejoin" } : { kind: "ignore" };
  }
  const text = error.text === "" ? {} : { text: error.text };
  switch (error.condition) {
    case "not-authorized":
      return { kind: "askPassword", wrong: password !== undefined && password !== "" };
    case "conflict":
      return { kind: "retry", newNick: true, otherwise: { kind: "failed", text: error.condition } };
    case "service-unavailable":
      return { kind: "end", reason: { kind: "roomFull" } };
    case "not-allowed":
    case "item-not-found":
      // The room may have closed between the focus's word and our entry.
      return { kind: "retry", newNick: false, otherwise: { kind: "notAllowed", ...text } };
    case "forbidden":
    case "registration-required":
      return { kind: "end", reason: { kind: "notAllowed", ...text } };
    default:
      return { kind: "end", reason: { kind: "failed", text: error.text || error.condition } };
  }
}

/** The end of the line as the end of the visit; null when an account is needed instead. */
export function endOfLine(end: StreamEnd): EndReason | null {
  switch (end.kind) {
    case "accountNeeded":
      return null;
    case "authFailed":
      return { kind: "notAllowed" };
    case "streamError":
      return end.condition === "system-shutdown" ? { kind: "serverStopped" } : { kind: "connectionLost" };
    case "broken":
    case "unreachable":
      return { kind: "connectionLost" };
  }
}

/** Having been put out of the room as the end of the visit; null when it is to be entered again. */
export function endOfStay(reason: Departure): EndReason | null {
  switch (reason.kind) {
    case "kicked":
      return reason;
    case "destroyed":
      return reason.text === undefined ? { kind: "roomClosed" } : { kind: "roomClosed", text: reason.text };
    case "serviceStopped":
      return null;
    case "left":
      return { kind: "connectionLost" };
  }
}

export function fromBridge(message: BridgeMessage): ConferenceEvent | null {
  switch (message.kind) {
    case "dominantSpeaker":
      return { kind: "dominantSpeaker", id: message.id };
    case "forwardedSources":
      return { kind: "forwarded", names: message.names };
    case "connectivity":
      return { kind: "active", id: message.id, active: message.active };
    default:
      return null;
  }
}

export function fromMessage(message: RoomMessage): ConferenceEvent | null {
  switch (message.kind) {
    case "chat":
    case "subject":
      return message;
    case "chatRefused":
      return { kind: "chatRefused", id: message.id };
    case "configChanged":
    case "ignored":
      return null;
  }
}
