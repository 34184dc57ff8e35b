/** Reads what the focus sends: session-initiate and the heads of the other actions. Pure. */
import { NS } from "../ns";
import { childOf, childrenOf, type Xml } from "../xml/node";
import { parseSources } from "./sources";
import type { Candidate, Feedback, HeaderExtension, MediaType, Offer, Payload, RtpDescription, Transport } from "./types";

/** A session-initiate that cannot be used; the message is for the log. */
export class BadOffer extends Error {}

/** The `jingle` element of an IQ. */
export function jingleOf(iq: Xml): Xml | undefined {
  return childOf(iq, "jingle", NS.jingle);
}

/** Reads a session-initiate. Throws BadOffer when no media can come of it. */
export function parseOffer(iq: Xml): Offer {
  const jingle = jingleOf(iq);
  if (jingle === undefined) throw new BadOffer("no jingle element");
  const { sid } = jingle.attrs;
  if (sid === undefined || sid === "") throw new BadOffer("no session id");
  const contents = childrenOf(jingle, "content");
  const transports = contents.map((content) => childOf(content, "transport", NS.iceUdp)).filter((t) => t !== undefined);
  const bridge = childOf(jingle, "bridge-session", NS.focus);
  const traceparent = childOf(jingle, "traceparent", NS.telemetry);
  const audio = findDescription(contents, "audio");
  const video = findDescription(contents, "video");
  const sctpPort = findSctpPort(transports);
  const webSocketUrl = transports.map((t) => childOf(t, "web-socket", NS.colibri)?.attrs.url).find((url) => url !== undefined);
  return {
    sid,
    from: iq.attrs.from ?? "",
    to: iq.attrs.to ?? "",
    transport: parseTransports(transports),
    sources: parseSources(jingle),
    ...(audio === undefined ? {} : { audio }),
    ...(video === undefined ? {} : { video }),
    ...(sctpPort === undefined ? {} : { sctpPort }),
    ...(webSocketUrl === undefined ? {} : { webSocketUrl }),
    ...(bridge?.attrs.id === undefined ? {} : { bridgeSession: bridge.attrs.id }),
    ...(traceparent === undefined ? {} : { traceparent: traceparent.attrs }),
  };
}

function findDescription(contents: readonly Xml[], media: MediaType): RtpDescription | undefined {
  for (const content of contents) {
    const description = childOf(content, "description", NS.rtp);
    if (description === undefined || (description.attrs.media ?? content.attrs.name) !== media) continue;
    return {
      media,
      payloads: childrenOf(description, "payload-type").map(parsePayload),
      extensions: childrenOf(description, "rtp-hdrext").map(parseExtension),
      extmapAllowMixed: childOf(description, "extmap-allow-mixed") !== undefined,
      rtcpMux: childOf(description, "rtcp-mux") !== undefined,
    };
  }
  return undefined;
}

function parsePayload(x: Xml): Payload {
  return {
    id: number(x.attrs.id),
    name: x.attrs.name ?? "",
    clockrate: number(x.attrs.clockrate),
    channels: number(x.attrs.channels, 1),
    params: childrenOf(x, "parameter").map((p) => [p.attrs.name ?? "", p.attrs.value ?? ""] as const),
    feedback: childrenOf(x, "rtcp-fb").map(parseFeedback),
  };
}

function parseFeedback(x: Xml): Feedback {
  const { type = "", subtype } = x.attrs;
  return subtype === undefined ? { type } : { type, subtype };
}

function parseExtension(x: Xml): HeaderExtension {
  return { id: number(x.attrs.id), uri: x.attrs.uri ?? "" };
}

/** BUNDLE: every content repeats one transport, or only the first has the candidates. */
function parseTransports(all: readonly Xml[]): Transport {
  const first = all.find((t) => t.attrs.ufrag !== undefined && t.attrs.pwd !== undefined);
  if (first === undefined) throw new BadOffer("no ICE credentials");
  const fingerprint = childOf(first, "fingerprint", NS.dtls);
  const seen = new Map<string, Candidate>();
  for (const transport of all) {
    for (const candidate of childrenOf(transport, "candidate").map(parseCandidate)) {
      seen.set(`${candidate.protocol} ${candidate.ip} ${candidate.port} ${candidate.type}`, candidate);
    }
  }
  const text = fingerprint?.children.find((child) => typeof child === "string");
  return {
    ufrag: first.attrs.ufrag ?? "",
    pwd: first.attrs.pwd ?? "",
    candidates: [...seen.values()],
    ...(fingerprint === undefined || text === undefined
      ? {}
      : { fingerprint: { hash: fingerprint.attrs.hash ?? "sha-256", value: text.trim(), setup: fingerprint.attrs.setup ?? "actpass" } }),
  };
}

function parseCandidate(x: Xml): Candidate {
  const a = x.attrs;
  return {
    foundation: a.foundation ?? "1",
    component: a.component ?? "1",
    protocol: a.protocol ?? "udp",
    priority: a.priority ?? "1",
    ip: a.ip ?? "",
    port: a.port ?? "",
    type: a.type ?? "host",
    generation: a.generation ?? "0",
    ...(a["rel-addr"] === undefined ? {} : { relAddr: a["rel-addr"] }),
    ...(a["rel-port"] === undefined ? {} : { relPort: a["rel-port"] }),
    ...(a.tcptype === undefined ? {} : { tcpType: a.tcptype }),
  };
}

function findSctpPort(transports: readonly Xml[]): number | undefined {
  for (const transport of transports) {
    const map = childOf(transport, "sctpmap", NS.sctp);
    if (map !== undefined) return number(map.attrs.number, 5000);
  }
  return undefined;
}

function number(text: string | undefined, otherwise = 0): number {
  const n = Number(text);
  return text === undefined || !Number.isFinite(n) ? otherwise : n;
}
