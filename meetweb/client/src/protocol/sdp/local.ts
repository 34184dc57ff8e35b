/** Reads the local description (the answer): transport, codecs, and the SSRCs that the browser sends. Pure. */
import { type MediaDescription, parse, type SessionDescription } from "sdp-transform";
import type { Answer } from "../jingle/build";
import type { MediaType, Payload, RtpDescription, SsrcGroup } from "../jingle/types";

/** One kind of media's SSRCs in one m-section. */
export interface LocalSsrcs {
  ssrcs: readonly number[];
  groups: readonly SsrcGroup[];
  trackId: string;
}

type Media = SessionDescription["media"][number];

/** The parts of the answer that the focus is told. */
export function readAnswer(sdp: string): Answer {
  const session = parse(sdp);
  const first = session.media[0];
  if (first === undefined) throw new Error("the answer has no media");
  const fingerprint = first.fingerprint ?? session.fingerprint;
  const audio = readDescription(session, "audio");
  const video = readDescription(session, "video");
  const data = session.media.find((m) => m.type === "application" && m.port !== 0);
  return {
    transport: {
      ufrag: String(first.iceUfrag ?? session.iceUfrag ?? ""),
      pwd: String(first.icePwd ?? session.icePwd ?? ""),
      candidates: [],
      ...(fingerprint === undefined
        ? {}
        : { fingerprint: { hash: fingerprint.type, value: fingerprint.hash, setup: first.setup ?? session.setup ?? "active" } }),
    },
    ...(audio === undefined ? {} : { audio }),
    ...(video === undefined ? {} : { video }),
    ...(data === undefined ? {} : { sctpPort: data.sctpPort ?? 5000 }),
  };
}

/** The first m-section of a kind stands for all: their codecs are the same. */
function readDescription(session: SessionDescription, media: MediaType): (RtpDescription & { sending: boolean }) | undefined {
  const section = session.media.find((m) => m.type === media && m.port !== 0);
  if (section === undefined) return undefined;
  return {
    media,
    payloads: section.rtp.map((rtp) => readPayload(section, rtp)),
    extensions: (section.ext ?? []).map((ext) => ({ id: ext.value, uri: ext.uri })),
    extmapAllowMixed: section.extmapAllowMixed !== undefined || session.extmapAllowMixed !== undefined,
    rtcpMux: section.rtcpMux !== undefined,
    sending: section.direction === "sendrecv" || section.direction === "sendonly" || section.direction === undefined,
  };
}

function readPayload(section: MediaDescription, rtp: Media["rtp"][number]): Payload {
  const config = section.fmtp.find((f) => f.payload === rtp.payload)?.config ?? "";
  const params = config
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part): [string, string] => {
      const eq = part.indexOf("=");
      return eq < 0 ? ["", part] : [part.slice(0, eq), part.slice(eq + 1)];
    });
  return {
    id: rtp.payload,
    name: rtp.codec,
    clockrate: rtp.rate ?? 90000,
    channels: Number(rtp.encoding ?? 1),
    params,
    feedback: (section.rtcpFb ?? [])
      .filter((fb) => String(fb.payload) === String(rtp.payload))
      .map((fb) => (fb.subtype === undefined ? { type: fb.type } : { type: fb.type, subtype: fb.subtype })),
  };
}

/** What the m-section `mid` sends, or undefined when it sends nothing. */
export function readSsrcs(sdp: string, mid: string): LocalSsrcs | undefined {
  const section = parse(sdp).media.find((m) => String(m.mid) === mid);
  if (section === undefined || section.port === 0 || section.direction === "recvonly" || section.direction === "inactive") return undefined;
  const ssrcs = [...new Set((section.ssrcs ?? []).map((line) => Number(line.id)))];
  if (ssrcs.length === 0) return undefined;
  const groups = (section.ssrcGroups ?? []).map((g) => ({ semantics: g.semantics, ssrcs: g.ssrcs.split(" ").map(Number) }));
  return { ssrcs, groups: withLayers(section, ssrcs, groups), trackId: trackIdOf(section) };
}

/** Firefox numbers its RID layers with one SSRC each but writes no SIM group; the bridge knows layers by SSRC, so it is added. */
function withLayers(section: Media, ssrcs: readonly number[], groups: readonly SsrcGroup[]): readonly SsrcGroup[] {
  if (section.simulcast === undefined || groups.some((g) => g.semantics === "SIM")) return groups;
  const repairs = new Set(groups.filter((g) => g.semantics === "FID").map((g) => g.ssrcs[1]));
  const primaries = ssrcs.filter((ssrc) => !repairs.has(ssrc));
  return primaries.length > 1 ? [{ semantics: "SIM", ssrcs: primaries }, ...groups] : groups;
}

function trackIdOf(section: Media): string {
  const msid = section.msid as unknown;
  const text = typeof msid === "string" ? msid : Array.isArray(msid) ? `${msid[0]?.id ?? ""} ${msid[0]?.appdata ?? ""}` : "";
  const fromSsrc = section.ssrcs?.find((line) => line.attribute === "msid")?.value ?? "";
  return (text || fromSsrc).trim().split(/\s+/)[1] ?? "";
}
