/**
 * Writes the remote description (an offer) from what the focus has said: one m-section for the own audio, one for the own camera, one
 * for data, then one per remote source and per further own source.
 *
 * The whole SDP is written anew each time from a `RemotePlan`; it is never edited as text. Sections are never taken away: that of a
 * source that went becomes inactive and is used again for the next source of its kind, so that the SDP stays as small as the meeting.
 */
import type { Candidate, MediaType, Offer, Payload, RtpDescription, Source } from "../jingle/types";

/** One m-section. `mid` is its index as text, as lib-jitsi-meet numbers them. */
export type Section =
  /** Where own media goes out: the first of each kind also carries the bridge's feedback source. */
  | { use: "own"; media: MediaType; slot: "audio" | "camera" | "screen"; feedback?: Source }
  | { use: "data" }
  /** Receives nothing; see `initialPlan`. */
  | { use: "spare"; media: MediaType }
  | { use: "remote"; media: MediaType; source: Source | null };

export interface RemotePlan {
  offer: Offer;
  sections: readonly Section[];
  /** Ask for RIDs in the camera's section (Firefox cannot do simulcast otherwise). */
  cameraRids: readonly string[];
}

/**
 * The sections a session begins with.
 *
 * Firefox gives a stream that no section names to the only section of its payload type, for good (RFC 8843 §9.2): somebody's first
 * packets, which may be faster than the focus's word of the source, would be played by a section that nobody looks at. With a second
 * section of each kind there is no only one; Firefox drops such packets until the source has its section.
 */
export function initialPlan(offer: Offer, cameraRids: readonly string[] = []): RemotePlan {
  const sections: Section[] = [];
  for (const media of ["audio", "video"] as const) {
    if (offer[media] === undefined) continue;
    const feedback = offer.sources.find((source) => source.media === media && isFeedback(source));
    sections.push({ use: "own", media, slot: media === "audio" ? "audio" : "camera", ...(feedback === undefined ? {} : { feedback }) });
  }
  if (offer.sctpPort !== undefined) sections.push({ use: "data" });
  if (cameraRids.length > 0) {
    for (const media of ["audio", "video"] as const) if (offer[media] !== undefined) sections.push({ use: "spare", media });
  }
  return addSources({ offer, sections, cameraRids }, offer.sources);
}

/** The bridge's own source, there so that its RTCP has a sender; it never carries media. */
export function isFeedback(source: Source): boolean {
  return source.owner === "jvb" || source.msid.startsWith("mixedmslabel");
}

/** The plan with `sources` in it; known names are replaced, feedback sources ignored. */
export function addSources(plan: RemotePlan, sources: readonly Source[]): RemotePlan {
  const sections = [...plan.sections];
  for (const source of sources) {
    if (isFeedback(source) || plan.offer[source.media] === undefined) continue;
    const known = sections.findIndex((s) => s.use === "remote" && s.source?.name === source.name);
    const free = sections.findIndex((s) => s.use === "remote" && s.source === null && s.media === source.media);
    const at = known >= 0 ? known : free >= 0 ? free : sections.length;
    sections[at] = { use: "remote", media: source.media, source };
  }
  return { ...plan, sections };
}

/** The plan without the sources that have one of these SSRCs. Unknown ones are ignored. */
export function removeSources(plan: RemotePlan, ssrcs: ReadonlySet<number>): RemotePlan {
  return dropRemote(plan, (source) => source.ssrcs.some((ssrc) => ssrcs.has(ssrc)));
}

/** The plan without what `owner` sends. */
export function removeOwner(plan: RemotePlan, owner: string): RemotePlan {
  return dropRemote(plan, (source) => source.owner === owner);
}

function dropRemote(plan: RemotePlan, drop: (source: Source) => boolean): RemotePlan {
  if (!plan.sections.some((s) => s.use === "remote" && s.source !== null && drop(s.source))) return plan;
  const sections = plan.sections.map(
    (s): Section => (s.use === "remote" && s.source !== null && drop(s.source) ? { ...s, source: null } : s),
  );
  return { ...plan, sections };
}

/** The plan with a section for the own screen. */
export function withScreen(plan: RemotePlan): RemotePlan {
  if (plan.offer.video === undefined || plan.sections.some((s) => s.use === "own" && s.slot === "screen")) return plan;
  return { ...plan, sections: [...plan.sections, { use: "own", media: "video", slot: "screen" }] };
}

/** The mid of an own slot, or undefined when the offer has no such media. */
export function midOf(plan: RemotePlan, slot: "audio" | "camera" | "screen"): string | undefined {
  const index = plan.sections.findIndex((s) => s.use === "own" && s.slot === slot);
  return index < 0 ? undefined : String(index);
}

/** The offer as SDP (RFC 8829 §5.2). `version` grows with each description. */
export function writeOffer(plan: RemotePlan, version: number): string {
  const mids = plan.sections.map((_, index) => index).join(" ");
  const lines = [
    "v=0",
    `o=- 1 ${version} IN IP4 0.0.0.0`,
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${mids}`,
    "a=msid-semantic: WMS *",
    ...plan.sections.flatMap((section, index) => writeSection(plan, section, String(index))),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

function writeSection(plan: RemotePlan, section: Section, mid: string): string[] {
  if (section.use === "data") {
    return [
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "c=IN IP4 0.0.0.0",
      `a=mid:${mid}`,
      ...transportLines(plan.offer),
      `a=sctp-port:${plan.offer.sctpPort ?? 5000}`,
      "a=max-message-size:262144",
    ];
  }
  const description = plan.offer[section.media];
  if (description === undefined) return [];
  return [
    `m=${section.media} 9 UDP/TLS/RTP/SAVPF ${description.payloads.map((p) => p.id).join(" ")}`,
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    ...transportLines(plan.offer),
    `a=${directionOf(section)}`,
    "a=rtcp-mux",
    ...descriptionLines(description),
    ...ridLines(plan, section),
    ...sourceLines(sourceOf(section)),
  ];
}

function directionOf(section: Exclude<Section, { use: "data" }>): string {
  if (section.use === "own") return section.slot === "screen" ? "recvonly" : "sendrecv";
  return section.use === "remote" && section.source === null ? "inactive" : "sendonly";
}

function sourceOf(section: Exclude<Section, { use: "data" }>): Source | undefined {
  if (section.use === "own") return section.feedback;
  return section.use === "remote" ? (section.source ?? undefined) : undefined;
}

function transportLines({ transport }: Offer): string[] {
  const lines = [`a=ice-ufrag:${transport.ufrag}`, `a=ice-pwd:${transport.pwd}`];
  if (transport.fingerprint !== undefined) {
    lines.push(`a=fingerprint:${transport.fingerprint.hash} ${transport.fingerprint.value}`, `a=setup:${transport.fingerprint.setup}`);
  }
  return [...lines, ...transport.candidates.map(candidateLine)];
}

function candidateLine(c: Candidate): string {
  const related = c.relAddr === undefined ? "" : ` raddr ${c.relAddr} rport ${c.relPort ?? "9"}`;
  const tcp = c.tcpType === undefined ? "" : ` tcptype ${c.tcpType}`;
  return `a=candidate:${c.foundation} ${c.component} ${c.protocol} ${c.priority} ${c.ip} ${c.port} typ ${c.type}${related}${tcp} generation ${c.generation}`;
}

function descriptionLines(d: RtpDescription): string[] {
  const lines = d.extmapAllowMixed ? ["a=extmap-allow-mixed"] : [];
  for (const { id, uri } of d.extensions) lines.push(`a=extmap:${id} ${uri}`);
  for (const payload of d.payloads) lines.push(...payloadLines(payload));
  return lines;
}

function payloadLines(p: Payload): string[] {
  const lines = [`a=rtpmap:${p.id} ${p.name}/${p.clockrate}${p.channels > 1 ? `/${p.channels}` : ""}`];
  const params = p.params.map(([name, value]) => (name === "" ? value : `${name}=${value}`).replace(/;+$/, ""));
  if (params.length > 0) lines.push(`a=fmtp:${p.id} ${params.join(";")}`);
  for (const { type, subtype } of p.feedback) lines.push(`a=rtcp-fb:${p.id} ${type}${subtype === undefined ? "" : ` ${subtype}`}`);
  return lines;
}

function ridLines(plan: RemotePlan, section: Section): string[] {
  if (section.use !== "own" || section.slot !== "camera" || plan.cameraRids.length === 0) return [];
  return [...plan.cameraRids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${plan.cameraRids.join(";")}`];
}

function sourceLines(source: Source | undefined): string[] {
  if (source === undefined) return [];
  const msid = source.msid.replace(/[^\x21-\x7e ]/g, "") || `${source.name} ${source.name}`;
  const lines = [`a=msid:${msid}`];
  for (const { semantics, ssrcs } of source.groups) {
    if (semantics === "FID") lines.push(`a=ssrc-group:FID ${ssrcs.join(" ")}`);
  }
  for (const ssrc of source.ssrcs) lines.push(`a=ssrc:${ssrc} cname:${source.owner || "unknown"}`, `a=ssrc:${ssrc} msid:${msid}`);
  return lines;
}
