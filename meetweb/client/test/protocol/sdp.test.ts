import { parse } from "sdp-transform";
import { describe, expect, it } from "vitest";
import { parseOffer } from "../../src/protocol/jingle/parse";
import type { Source } from "../../src/protocol/jingle/types";
import { readSsrcs } from "../../src/protocol/sdp/local";
import { addSources, initialPlan, midOf, removeOwner, removeSources, withScreen, writeOffer } from "../../src/protocol/sdp/remote";
import { addSimulcast } from "../../src/protocol/sdp/simulcast";
import { fixture, fixtureText } from "../fixtures";

const offer = parseOffer(fixture("session-initiate.xml"));
const third = parseOffer(fixture("session-initiate-third.xml"));
const answerSdp = fixtureText("local-answer-vp8.sdp.txt")
  .replace(/^#.*\n/, "")
  .replace(/\n/g, "\r\n");

function video(name: string, ssrc: number): Source {
  const [owner = ""] = name.split("-");
  return {
    name,
    owner,
    media: "video",
    videoType: "camera",
    msid: `${name} t`,
    ssrcs: [ssrc, ssrc + 1],
    groups: [{ semantics: "FID", ssrcs: [ssrc, ssrc + 1] }],
  };
}

function directions(sdp: string): string[] {
  return parse(sdp).media.map((m) => `${m.mid} ${m.type} ${m.direction ?? "-"}`);
}

describe("the remote description", () => {
  it("has own audio, own video and data first, then one section per source", () => {
    expect(directions(writeOffer(initialPlan(offer), 1))).toEqual(["0 audio sendrecv", "1 video sendrecv", "2 application -"]);
    const sdp = writeOffer(initialPlan(third), 1);
    expect(
      directions(sdp)
        .slice(3)
        .map((d) => d.slice(2))
        .sort(),
    ).toEqual(["audio sendonly", "audio sendonly", "video sendonly", "video sendonly"]);
    expect(parse(sdp).groups).toEqual([{ type: "BUNDLE", mids: "0 1 2 3 4 5 6" }]);
  });

  it("gives every section the same transport", () => {
    for (const m of parse(writeOffer(initialPlan(third), 1)).media) {
      expect(m.iceUfrag).toBe(third.transport.ufrag);
      expect(m.setup).toBe("actpass");
      expect(m.candidates).toHaveLength(1);
    }
  });

  it("keeps the feedback sources out of the participants' sections", () => {
    const sdp = parse(writeOffer(initialPlan(third), 1));
    expect(sdp.media[0]?.ssrcs?.[0]?.value).toBe("jvb");
    expect(sdp.media.slice(3).every((m) => m.ssrcs?.every((s) => s.value !== "jvb"))).toBe(true);
  });

  it("has retransmission groups and no SIM groups", () => {
    const sdp = writeOffer(addSources(initialPlan(offer), [video("9f8e7d6c-v0", 7)]), 1);
    expect(sdp).toContain("a=ssrc-group:FID 7 8");
    expect(sdp).toContain("a=ssrc:7 msid:9f8e7d6c-v0 t");
  });

  it("makes a gone source's section inactive and uses it again for the next", () => {
    let plan = addSources(initialPlan(offer), [video("aaaaaaaa-v0", 10), video("bbbbbbbb-v0", 20)]);
    plan = removeSources(plan, new Set([10]));
    expect(directions(writeOffer(plan, 2))).toEqual([
      "0 audio sendrecv",
      "1 video sendrecv",
      "2 application -",
      "3 video inactive",
      "4 video sendonly",
    ]);
    plan = addSources(plan, [video("cccccccc-v0", 30)]);
    expect(writeOffer(plan, 3)).toContain("a=ssrc:30 ");
    expect(plan.sections).toHaveLength(5);
    expect(directions(writeOffer(removeOwner(plan, "bbbbbbbb"), 4)).slice(3)).toEqual(["3 video sendonly", "4 video inactive"]);
  });

  it("stays the same object when nothing is taken away", () => {
    const plan = initialPlan(third);
    expect(removeSources(plan, new Set([1]))).toBe(plan);
  });

  it("has a section of its own for the screen", () => {
    const plan = withScreen(initialPlan(third));
    expect(midOf(plan, "screen")).toBe("7");
    expect(directions(writeOffer(plan, 1))[7]).toBe("7 video recvonly");
    expect(withScreen(plan)).toBe(plan);
  });

  it("asks for RIDs where the browser needs them", () => {
    const sdp = parse(writeOffer(initialPlan(offer, ["l", "m", "h"]), 1));
    expect(sdp.media[1]?.simulcast).toEqual({ dir1: "recv", list1: "l;m;h" });
    expect(sdp.media[0]?.rids).toBeUndefined();
  });

  it("never leaves Firefox with one receiving section of a kind, to which it would give what is not announced yet", () => {
    const first = initialPlan(offer, ["l", "m", "h"]);
    const more = addSources(first, [video("aaaaaaaa-v0", 10)]);
    for (const plan of [first, more, removeSources(more, new Set([10]))]) {
      const receiving = directions(writeOffer(plan, 1)).filter((d) => / send/.test(d));
      for (const kind of ["audio", "video"]) expect(receiving.filter((d) => d.includes(kind)).length).toBeGreaterThan(1);
    }
  });
});

describe("simulcast", () => {
  /** Chromium's answer before munging: one SSRC and its retransmission. */
  const single = answerSdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=ssrc-group:") && !/^a=ssrc:(3130368847|1846544345|3949504662|1872775443) /.test(line))
    .map((line) => (line.startsWith("a=ssrc:2211397637 cname") ? `a=ssrc-group:FID 2211397637 3071207183\r\n${line}` : line))
    .join("\r\n");
  let next = 1000;
  const newSsrc = (): number => next++;

  it("adds two layers with their retransmissions to a single SSRC", () => {
    const { sdp, layers } = addSimulcast(single, "1", undefined, newSsrc);
    expect(layers?.primary).toEqual([2211397637, 1000, 1001]);
    const own = readSsrcs(sdp, "1");
    expect(own?.groups).toEqual([
      { semantics: "SIM", ssrcs: [2211397637, 1000, 1001] },
      { semantics: "FID", ssrcs: [2211397637, 3071207183] },
      { semantics: "FID", ssrcs: [1000, 1002] },
      { semantics: "FID", ssrcs: [1001, 1003] },
    ]);
    expect(own?.ssrcs).toHaveLength(6);
    expect(readSsrcs(sdp, "0")?.ssrcs).toEqual([3570840910]);
  });

  it("keeps the SSRCs in the next round", () => {
    const first = addSimulcast(single, "1", undefined, newSsrc);
    expect(addSimulcast(single, "1", first.layers, newSsrc).sdp).toBe(first.sdp);
  });

  it("leaves alone what has layers, sends nothing or is not there", () => {
    expect(addSimulcast(answerSdp, "1", undefined).sdp).toBe(answerSdp);
    const silent = single.replaceAll("a=sendrecv", "a=recvonly");
    expect(addSimulcast(silent, "1", undefined).sdp).toBe(silent);
    expect(addSimulcast(single, "9", undefined).sdp).toBe(single);
  });
});

describe("own SSRCs", () => {
  it("of Firefox's RID layers become a SIM group", () => {
    const firefox = [
      "v=0",
      "o=- 1 1 IN IP4 0.0.0.0",
      "s=-",
      "t=0 0",
      "m=video 9 UDP/TLS/RTP/SAVPF 100",
      "c=IN IP4 0.0.0.0",
      "a=mid:1",
      "a=sendrecv",
      "a=rtpmap:100 VP8/90000",
      "a=rid:l send",
      "a=rid:m send",
      "a=rid:h send",
      "a=simulcast:send l;m;h",
      "a=ssrc-group:FID 1 11",
      "a=ssrc-group:FID 2 12",
      "a=ssrc-group:FID 3 13",
      ...[1, 2, 3, 11, 12, 13].map((ssrc) => `a=ssrc:${ssrc} cname:{x}`),
      "",
    ].join("\r\n");
    expect(readSsrcs(firefox, "1")?.groups[0]).toEqual({ semantics: "SIM", ssrcs: [1, 2, 3] });
  });
});
