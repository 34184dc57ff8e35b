/** Builds what the client sends to the focus: session-accept, source-add, session-terminate. Pure. */
import { NS } from "../ns";
import { el, type Xml } from "../xml/node";
import { errorFor, iq } from "../xmpp/stanza";
import { sourceElements } from "./sources";
import type { MediaType, Offer, Payload, RtpDescription, Source, Transport } from "./types";

/** What the own description says, read from the local SDP. */
export interface Answer {
  transport: Transport;
  audio?: RtpDescription & { sending: boolean };
  video?: RtpDescription & { sending: boolean };
  sctpPort?: number;
}

export type TerminateReason = "success" | "connectivity-error" | "security-error" | "decline" | "failed-application";

/** Answers `offer`. Contents are always called audio, video and data, whatever the m-sections' mids are. */
export function acceptIq(offer: Offer, answer: Answer, sources: readonly Source[]): Xml {
  const names = ["audio", "video", "data"].filter((name) => answer[name === "data" ? "sctpPort" : (name as MediaType)] !== undefined);
  const group = el("group", { xmlns: NS.grouping, semantics: "BUNDLE" }, ...names.map((name) => el("content", { name })));
  const contents: Xml[] = [];
  for (const media of ["audio", "video"] as const) {
    const description = answer[media];
    if (description === undefined) continue;
    const own = sources.filter((source) => source.media === media);
    contents.push(
      el(
        "content",
        { creator: "responder", name: media, senders: description.sending ? "both" : "responder" },
        descriptionElement(description, own),
        transportElement(answer.transport),
      ),
    );
  }
  if (answer.sctpPort !== undefined) {
    const sctpmap = el("sctpmap", { xmlns: NS.sctp, number: answer.sctpPort, protocol: "webrtc-datachannel", streams: 0 });
    contents.push(el("content", { creator: "responder", name: "data" }, transportElement(answer.transport, sctpmap)));
  }
  const trace = offer.traceparent && el("traceparent", { ...offer.traceparent, xmlns: NS.telemetry });
  return iq("set", offer.from, jingle(offer, "session-accept", trace, group, ...contents));
}

/** Announces own sources that came later, or takes them back. */
export function sourcesIq(offer: Offer, action: "source-add" | "source-remove", sources: readonly Source[]): Xml {
  const contents: Xml[] = [];
  for (const media of ["audio", "video"] as const) {
    const own = sources.filter((source) => source.media === media);
    if (own.length === 0) continue;
    const description = el("description", { xmlns: NS.rtp, media }, ...sourceElements(own));
    contents.push(el("content", { creator: "responder", name: media, senders: "both" }, description));
  }
  return iq("set", offer.from, jingle(offer, action, ...contents));
}

/** Ends the session; with `restart`, asks for a new one at once. */
export function terminateIq(offer: Offer, reason: TerminateReason, text: string, restart = false): Xml {
  const bridge =
    offer.bridgeSession !== undefined &&
    el("bridge-session", { xmlns: NS.focus, id: offer.bridgeSession, restart: restart ? "true" : undefined });
  const why = el("reason", {}, el(reason), text !== "" && el("text", {}, text));
  return iq("set", offer.from, jingle(offer, "session-terminate", why, bridge));
}

/** XEP-0166 §7: the answer to an action on a session that is not there. */
export function unknownSession(request: Xml): Xml {
  return errorFor(request, "cancel", "item-not-found", el("unknown-session", { xmlns: NS.jingleErrors }));
}

function jingle(offer: Offer, action: string, ...children: (Xml | undefined | false)[]): Xml {
  const responder = action === "session-accept" ? offer.to : undefined;
  return el("jingle", { xmlns: NS.jingle, action, sid: offer.sid, initiator: offer.from, responder }, ...children);
}

function descriptionElement(d: RtpDescription, sources: readonly Source[]): Xml {
  return el(
    "description",
    { xmlns: NS.rtp, media: d.media },
    ...d.payloads.map(payloadElement),
    ...sourceElements(sources),
    d.rtcpMux && el("rtcp-mux"),
    ...d.extensions.map(({ id, uri }) => el("rtp-hdrext", { xmlns: NS.rtpHdrext, id, uri })),
    d.extmapAllowMixed && el("extmap-allow-mixed", { xmlns: NS.rtpHdrext }),
  );
}

function payloadElement(p: Payload): Xml {
  return el(
    "payload-type",
    { id: p.id, name: p.name, clockrate: p.clockrate, channels: p.channels },
    ...p.params.map(([name, value]) => el("parameter", name === "" ? { value } : { name, value })),
    ...p.feedback.map(({ type, subtype }) => el("rtcp-fb", { xmlns: NS.rtcpFb, type, subtype })),
  );
}

function transportElement(t: Transport, ...extra: Xml[]): Xml {
  const fingerprint =
    t.fingerprint && el("fingerprint", { xmlns: NS.dtls, hash: t.fingerprint.hash, setup: t.fingerprint.setup }, t.fingerprint.value);
  return el("transport", { xmlns: NS.iceUdp, ufrag: t.ufrag, pwd: t.pwd }, ...extra, fingerprint);
}
