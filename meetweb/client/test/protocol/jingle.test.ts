import { describe, expect, it } from "vitest";
import { acceptIq, sourcesIq, terminateIq } from "../../src/protocol/jingle/build";
import { BadOffer, jingleOf, parseOffer } from "../../src/protocol/jingle/parse";
import { parseJsonSources, parseSources } from "../../src/protocol/jingle/sources";
import { readAnswer, readSsrcs } from "../../src/protocol/sdp/local";
import { childrenOf, pathOf, serialize, type Xml } from "../../src/protocol/xml/node";
import { fixture, fixtureText, parseXml } from "../fixtures";

const answerSdp = fixtureText("local-answer-vp8.sdp.txt")
  .replace(/^#.*\n/, "")
  .replace(/\n/g, "\r\n");

describe("the focus's offer", () => {
  const offer = parseOffer(fixture("session-initiate.xml"));

  it("names session, transport and the data channel", () => {
    expect(offer.sid).toBe("fkh0bl47qk0pq");
    expect(offer.from).toBe("standup@conference.meet.example/focus");
    expect(offer.bridgeSession).toBe("702a0047-8cb6-420b-9215-d8ad240aae6a");
    expect(offer.sctpPort).toBe(5000);
    expect(offer.transport).toMatchObject({ ufrag: "9kmpi1k7s67bp0", fingerprint: { hash: "sha-256", setup: "actpass" } });
    expect(offer.transport.candidates).toMatchObject([{ ip: "10.77.0.1", port: "10000", type: "host" }]);
  });

  it("lists codecs with feedback and header extensions", () => {
    expect(offer.audio?.payloads[0]).toMatchObject({ id: 111, name: "opus", clockrate: 48000, channels: 2 });
    const vp8 = offer.video?.payloads.find((p) => p.name === "VP8");
    expect(vp8?.feedback).toContainEqual({ type: "nack", subtype: "pli" });
    expect(offer.video?.extensions).toContainEqual({ id: 10, uri: "urn:ietf:params:rtp-hdrext:sdes:mid" });
    expect(offer.video?.extmapAllowMixed).toBe(true);
  });

  it("of a later joiner has everybody's sources, stripped of simulcast", () => {
    const { sources } = parseOffer(fixture("session-initiate-third.xml"));
    expect(sources.map((s) => s.name).sort()).toEqual(["3cedab38-a0", "3cedab38-v0", "ab6fb992-a0", "ab6fb992-v0", "jvb-a0", "jvb-v0"]);
    const video = sources.find((s) => s.name === "ab6fb992-v0");
    expect(video).toMatchObject({ owner: "ab6fb992", media: "video", videoType: "camera", ssrcs: [3552714215, 2411164685] });
    expect(video?.groups).toEqual([{ semantics: "FID", ssrcs: [3552714215, 2411164685] }]);
  });

  it("without ICE credentials is refused", () => {
    const bad = parseXml("<iq xmlns='jabber:client'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='x'/></iq>");
    expect(() => parseOffer(bad)).toThrow(BadOffer);
  });
});

describe("sources", () => {
  it("come in a source-add as JSON", () => {
    const jingle = jingleOf(fixture("source-add.xml")) as Xml;
    expect(parseSources(jingle).map((s) => [s.name, s.ssrcs.length])).toEqual([
      ["ab6fb992-v0", 2],
      ["ab6fb992-a0", 1],
    ]);
  });

  it("come as XML, with an occupant's address as owner", () => {
    const jingle = parseXml(`<jingle xmlns='urn:xmpp:jingle:1'><content name='video'>
      <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='video'>
        <source xmlns='urn:xmpp:jingle:apps:rtp:ssma:0' ssrc='7' name='9f8e7d6c-v1' videoType='desktop'>
          <ssrc-info xmlns='http://jitsi.org/jitmeet' owner='standup@muc.meet.example/9f8e7d6c'/>
          <parameter name='msid' value='a b'/></source>
        <source xmlns='urn:xmpp:jingle:apps:rtp:ssma:0' ssrc='0' name='9f8e7d6c-v9'/>
      </description></content></jingle>`);
    expect(parseSources(jingle)).toEqual([
      { name: "9f8e7d6c-v1", owner: "9f8e7d6c", media: "video", videoType: "desktop", msid: "a b", ssrcs: [7], groups: [] },
    ]);
  });

  it.each([
    "",
    "null",
    "[]",
    '{"sources":7}',
    '{"sources":{"a":[[{"s":-1,"n":"a-v0"}]]}}',
    '{"sources":{"a":{"s":1}}}',
    '{"sources":{"a":[[null,7]]}}',
  ])("of malformed JSON %j are none", (text) => {
    expect(parseJsonSources(text)).toEqual([]);
  });
});

describe("session-accept", () => {
  const offer = parseOffer(fixture("session-initiate.xml"));
  const camera = readSsrcs(answerSdp, "1");
  const microphone = readSsrcs(answerSdp, "0");
  const sources = [
    {
      name: "3cedab38-a0",
      owner: "",
      media: "audio",
      videoType: "camera",
      msid: "3cedab38-audio-0-1 a",
      groups: [],
      ssrcs: microphone?.ssrcs ?? [],
    } as const,
    {
      name: "3cedab38-v0",
      owner: "",
      media: "video",
      videoType: "camera",
      msid: "3cedab38-video-0-1 v",
      groups: camera?.groups ?? [],
      ssrcs: camera?.ssrcs ?? [],
    } as const,
  ];
  const accept = parseXml(serialize(acceptIq(offer, readAnswer(answerSdp), sources)));
  const stock = fixture("session-accept.xml");

  /** Element names with their namespace down to depth, as a peer that looks for them sees it. */
  const shape = (x: Xml, depth: number): string[] => [
    `${x.name} ${x.ns}`,
    ...(depth > 0 ? childrenOf(x).flatMap((child) => shape(child, depth - 1).map((line) => `  ${line}`)) : []),
  ];

  it("has the shape of a stock client's", () => {
    const jingle = (iq: Xml): Xml => jingleOf(iq) as Xml;
    const contents = (iq: Xml): unknown =>
      childrenOf(jingle(iq), "content").map((c) => ({ ...c.attrs, children: childrenOf(c).map((child) => child.name) }));
    expect(contents(accept)).toEqual(contents(stock));
    expect(shape(pathOf(jingle(accept), "group") as Xml, 1)).toEqual(shape(pathOf(jingle(stock), "group") as Xml, 1));
    expect(Object.keys(jingle(accept).attrs).sort()).toEqual(Object.keys(jingle(stock).attrs).sort());
    expect(jingle(accept).attrs.responder).toBe(jingle(stock).attrs.responder);
  });

  it("has sources with msid, name and type, a SIM group lowest layer first and a FID group per layer", () => {
    const of = (iq: Xml): { sources: unknown; groups: unknown } => {
      const video = childrenOf(jingleOf(iq) as Xml, "content")[1] as Xml;
      const description = pathOf(video, "description") as Xml;
      const own = childrenOf(description, "source");
      return {
        sources: own.map((s) => ({
          name: s.attrs.name?.slice(-3),
          videoType: s.attrs.videoType,
          parameters: childrenOf(s).map((p) => p.attrs.name),
        })),
        groups: childrenOf(description, "ssrc-group").map((g) => [
          g.attrs.semantics,
          childrenOf(g).map((s) => own.findIndex((o) => o.attrs.ssrc === s.attrs.ssrc)),
        ]),
      };
    };
    expect(of(accept).sources).toEqual(of(stock).sources);
    expect(of(accept).groups).toHaveLength(4);
    expect(camera?.groups.find((g) => g.semantics === "SIM")?.ssrcs).toEqual([2211397637, 3130368847, 1846544345]);
  });

  it("says who receives only", () => {
    const silent = answerSdp.replaceAll("a=sendrecv", "a=recvonly");
    const iq = parseXml(serialize(acceptIq(offer, readAnswer(silent), [])));
    const senders = childrenOf(jingleOf(iq) as Xml, "content").map((c) => c.attrs.senders);
    expect(senders).toEqual(["responder", "responder", undefined]);
  });

  it("is followed by source-add and ended by a restart", () => {
    const add = serialize(sourcesIq(offer, "source-add", sources.slice(1)));
    expect(add).toContain('action="source-add"');
    expect(add).not.toContain("<transport");
    const restart = serialize(terminateIq(offer, "connectivity-error", "ICE FAILED", true));
    expect(restart).toContain(
      '<bridge-session xmlns="http://jitsi.org/protocol/focus" id="702a0047-8cb6-420b-9215-d8ad240aae6a" restart="true"/>',
    );
  });
});
