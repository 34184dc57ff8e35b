/** Service discovery (XEP-0030), entity capabilities (XEP-0115) and external services (XEP-0215). */
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";
import { iq, resultFor } from "./stanza";

/**
 * What this client can do, as the focus asks before it makes an offer. A feature missing here is a feature the focus leaves out.
 * No `ssrc-rewriting-1`: sources are announced by the focus. No `opus-red`, no `remb`: transport-cc is enough.
 */
export const clientFeatures: readonly string[] = [
  "http://jabber.org/protocol/caps",
  NS.discoInfo,
  "http://jitsi.org/json-encoded-sources",
  "http://jitsi.org/receive-multiple-video-streams",
  "http://jitsi.org/source-name",
  "http://jitsi.org/tcc",
  "urn:ietf:rfc:4588",
  NS.jingle,
  "urn:xmpp:jingle:apps:dtls:0",
  "urn:xmpp:jingle:apps:rtp:1",
  "urn:xmpp:jingle:apps:rtp:audio",
  "urn:xmpp:jingle:apps:rtp:video",
  "urn:xmpp:jingle:transports:dtls-sctp:1",
  "urn:xmpp:jingle:transports:ice-udp:1",
  NS.ping,
];

const capsNode = "urn:stammtisch:client";

/** The verification string's input (XEP-0115 §5.1): no identity, the features in order. */
export function capsInput(features: readonly string[]): string {
  return [...features]
    .sort()
    .map((feature) => `${feature}<`)
    .join("");
}

/** The `c` element of presence, with the hash of what `discoAnswer` says. */
export async function capsElement(): Promise<Xml> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(capsInput(clientFeatures)));
  const ver = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return el("c", { xmlns: NS.caps, hash: "sha-1", node: capsNode, ver });
}

/** Answers disco#info with or without node: one entity, one set of features. */
export function discoAnswer(request: Xml): Xml {
  const query = childOf(request, "query", NS.discoInfo);
  return resultFor(
    request,
    el("query", { xmlns: NS.discoInfo, node: query?.attrs.node }, ...clientFeatures.map((feature) => el("feature", { var: feature }))),
  );
}

/** Asks a room or server what it is. */
export function discoRequest(to: string): Xml {
  return iq("get", to, el("query", { xmlns: NS.discoInfo }));
}

/** What a room says about itself. */
export interface RoomInfo {
  locked: boolean;
  /** Milliseconds since the epoch, 0 when not said. */
  createdAt: number;
}

/** Reads a room's disco#info with its `muc#roominfo` form (XEP-0045 §6.4). */
export function parseRoomInfo(result: Xml): RoomInfo {
  const query = childOf(result, "query", NS.discoInfo);
  if (query === undefined) return { locked: false, createdAt: 0 };
  const locked = childrenOf(query, "feature").some((feature) => feature.attrs.var === "muc_passwordprotected");
  const form = childOf(query, "x", NS.data);
  const field = form && childrenOf(form, "field").find((f) => f.attrs.var === "muc#roominfo_created_timestamp");
  const createdAt = Number(field === undefined ? "" : textOf(childOf(field, "value")));
  return { locked, createdAt: Number.isFinite(createdAt) ? createdAt : 0 };
}

/** Asks for STUN and TURN servers, in the namespace's version given. */
export function servicesRequest(to: string, ns: typeof NS.extdisco2 | typeof NS.extdisco1): Xml {
  return iq("get", to, el("services", { xmlns: ns }));
}

/** Reads the servers in the form WebRTC takes. Unknown types are left out. */
export function parseServices(result: Xml): RTCIceServer[] {
  const services = childOf(result, "services");
  const out: RTCIceServer[] = [];
  for (const { attrs } of services === undefined ? [] : childrenOf(services, "service")) {
    const { type, host, port, transport, username, password } = attrs;
    if (host === undefined || host === "" || (type !== "stun" && type !== "turn" && type !== "turns")) continue;
    const urls = `${type}:${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
    // RFC 7065: a STUN address takes no transport.
    if (type === "stun") out.push({ urls });
    else if (username === undefined || password === undefined) continue;
    else out.push({ urls: transport === undefined ? urls : `${urls}?transport=${transport}`, username, credential: password });
  }
  return out;
}
