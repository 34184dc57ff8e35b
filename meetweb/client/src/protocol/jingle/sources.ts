/** Sources in their two spellings: XML (XEP-0339 with Jitsi's `ssrc-info`) and the compact JSON of jicofo. Pure. */
import { resourceOf } from "../jid";
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";
import type { MediaType, Source, SsrcGroup } from "./types";

/** One SSRC before those of a name are put together. */
interface Line {
  ssrc: number;
  name: string;
  owner: string;
  msid: string;
  videoType: "camera" | "desktop";
}

/** All sources of a Jingle element, XML first, then JSON. What is malformed is left out. */
export function parseSources(jingle: Xml): Source[] {
  const out: Source[] = [];
  for (const content of childrenOf(jingle, "content")) {
    const description = childOf(content, "description", NS.rtp);
    const media = description?.attrs.media ?? content.attrs.name;
    if (description !== undefined && (media === "audio" || media === "video")) out.push(...parseXmlSources(description, media));
  }
  const json = childOf(jingle, "json-message", NS.jitmeet);
  if (json !== undefined) out.push(...parseJsonSources(textOf(json)));
  return out;
}

function parseXmlSources(description: Xml, media: MediaType): Source[] {
  const lines: Line[] = [];
  for (const source of childrenOf(description, "source")) {
    const ssrc = parseSsrc(source.attrs.ssrc);
    const msid = childrenOf(source, "parameter").find((p) => p.attrs.name === "msid")?.attrs.value ?? "";
    const ownerText = childOf(source, "ssrc-info")?.attrs.owner ?? "";
    const owner = resourceOf(ownerText) === "" ? ownerText : resourceOf(ownerText);
    if (ssrc === undefined) continue;
    const name = source.attrs.name ?? `${owner}-${media[0]}0`;
    lines.push({ ssrc, name, owner, msid, videoType: source.attrs.videoType === "desktop" ? "desktop" : "camera" });
  }
  const groups = childrenOf(description, "ssrc-group").map((group) => ({
    semantics: group.attrs.semantics ?? "",
    ssrcs: childrenOf(group, "source")
      .map((source) => parseSsrc(source.attrs.ssrc))
      .filter((ssrc) => ssrc !== undefined),
  }));
  return assemble(lines, groups, media);
}

/** `{"sources":{owner:[videoSources, videoGroups, audioSources, audioGroups]}}`; trailing empty arrays may be missing. */
export function parseJsonSources(text: string): Source[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const owners = isRecord(json) ? json.sources : undefined;
  if (!isRecord(owners)) return [];
  const out: Source[] = [];
  for (const [owner, value] of Object.entries(owners)) {
    const [videos, videoGroups, audios, audioGroups] = asArray(value);
    out.push(...assemble(jsonLines(videos, owner), jsonGroups(videoGroups), "video"));
    out.push(...assemble(jsonLines(audios, owner), jsonGroups(audioGroups), "audio"));
  }
  return out;
}

function jsonLines(value: unknown, owner: string): Line[] {
  const out: Line[] = [];
  for (const item of asArray(value)) {
    if (!isRecord(item)) continue;
    const ssrc = parseSsrc(item.s);
    if (ssrc === undefined || typeof item.n !== "string") continue;
    out.push({ ssrc, name: item.n, owner, msid: typeof item.m === "string" ? item.m : "", videoType: item.v ? "desktop" : "camera" });
  }
  return out;
}

function jsonGroups(value: unknown): SsrcGroup[] {
  return asArray(value).map((item) => {
    const [kind, ...rest] = asArray(item);
    return { semantics: kind === "f" ? "FID" : kind === "s" ? "SIM" : "", ssrcs: rest.map(parseSsrc).filter((s) => s !== undefined) };
  });
}

/** All SSRCs of one name are one source; a group belongs to the source that has all its SSRCs. */
function assemble(lines: readonly Line[], groups: readonly SsrcGroup[], media: MediaType): Source[] {
  const byName = new Map<string, Line[]>();
  for (const line of lines) byName.set(line.name, [...(byName.get(line.name) ?? []), line]);
  return [...byName.values()].map((own) => {
    const first = own[0] as Line;
    const ssrcs = own.map((line) => line.ssrc);
    return {
      name: first.name,
      owner: first.owner,
      media,
      videoType: own.some((line) => line.videoType === "desktop") ? "desktop" : "camera",
      msid: own.find((line) => line.msid !== "")?.msid ?? "",
      ssrcs,
      groups: groups.filter(
        ({ semantics, ssrcs: members }) => semantics !== "" && members.length > 1 && members.every((s) => ssrcs.includes(s)),
      ),
    };
  });
}

/** 1..2³²−1, decimal; anything else is no SSRC. */
function parseSsrc(value: unknown): number | undefined {
  const ssrc = typeof value === "number" ? value : typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isInteger(ssrc) && ssrc > 0 && ssrc <= 0xffffffff ? ssrc : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The `source` and `ssrc-group` elements of own sources, as stock clients write them. */
export function sourceElements(sources: readonly Source[]): Xml[] {
  const out: Xml[] = [];
  for (const source of sources) {
    const videoType = source.media === "video" ? source.videoType : undefined;
    for (const ssrc of source.ssrcs) {
      const parameter = el("parameter", { name: "msid", value: source.msid });
      out.push(el("source", { xmlns: NS.ssma, ssrc, name: source.name, videoType }, parameter));
    }
  }
  for (const { groups } of sources) {
    for (const { semantics, ssrcs } of groups) {
      const members = ssrcs.map((ssrc) => el("source", { ssrc }));
      out.push(el("ssrc-group", { xmlns: NS.ssma, semantics }, ...members));
    }
  }
  return out;
}
