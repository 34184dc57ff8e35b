import { describe, expect, it } from "vitest";
import { afterRefusal, endOfLine, endOfStay } from "../../src/protocol/conference/translate";
import { conferenceRequest, parseConferenceAnswer } from "../../src/protocol/focus";
import { endpointId } from "../../src/protocol/jid";
import { formHasField, parseMuteOrder, passwordRequest } from "../../src/protocol/muc/admin";
import { groupMessage, parseMessage } from "../../src/protocol/muc/messages";
import { parsePresence, presenceStanza } from "../../src/protocol/muc/presence";
import { cleanText, el, serialize } from "../../src/protocol/xml/node";
import { capsInput, clientFeatures, discoAnswer, parseRoomInfo, parseServices } from "../../src/protocol/xmpp/disco";
import { fixture, parseXml } from "../fixtures";

const room = "standup@conference.meet.example";

describe("presence", () => {
  it("of the focus shows its account", () => {
    const event = parsePresence(fixture("presence-focus.xml"), room, "3cedab38");
    expect(event).toMatchObject({ kind: "available", self: false, occupant: { id: "focus", jid: "focus@auth.meet.example/focus" } });
  });

  it("of a sender lists what it sends", () => {
    const event = parsePresence(fixture("presence-unmuted.xml"), room, "3cedab38");
    if (event.kind !== "available") throw new Error(event.kind);
    expect(event.occupant).toMatchObject({ id: "ab6fb992", displayName: "P0", role: "moderator" });
    expect([...event.occupant.sources]).toEqual([
      ["ab6fb992-a0", { muted: false, videoType: "camera" }],
      ["ab6fb992-v0", { muted: false, videoType: "camera" }],
    ]);
  });

  it("of one's own tells the role", () => {
    expect(parsePresence(fixture("presence-self.xml"), room, "3cedab38")).toMatchObject({ self: true, occupant: { role: "participant" } });
    expect(parsePresence(fixture("presence-moderator.xml"), room, "c2056aef")).toMatchObject({
      self: true,
      occupant: { role: "moderator" },
    });
  });

  it("says who left and why", () => {
    expect(parsePresence(fixture("presence-left.xml"), room, "x")).toEqual({
      kind: "left",
      id: "63964261",
      self: false,
      reason: { kind: "left" },
    });
    const kicked =
      parseXml(`<presence xmlns='jabber:client' type='unavailable' from='${room}/aa'><x xmlns='http://jabber.org/protocol/muc#user'>
      <item affiliation='none' role='none'><actor nick='bb'/><reason>noise</reason></item><status code='307'/><status code='110'/></x></presence>`);
    expect(parsePresence(kicked, room, "aa")).toMatchObject({ self: true, reason: { kind: "kicked", by: "bb", text: "noise" } });
    const destroyed =
      parseXml(`<presence xmlns='jabber:client' type='unavailable' from='${room}/aa'><x xmlns='http://jabber.org/protocol/muc#user'>
      <item affiliation='none' role='none'/><destroy><reason>over</reason></destroy><status code='110'/></x></presence>`);
    const stopped = parseXml(
      `<presence xmlns='jabber:client' type='unavailable' from='${room}/aa'><x xmlns='http://jabber.org/protocol/muc#user'><status code='332'/></x></presence>`,
    );
    expect(parsePresence(stopped, room, "aa")).toMatchObject({ self: true, reason: { kind: "serviceStopped" } });
    expect(parsePresence(destroyed, room, "aa")).toMatchObject({ reason: { kind: "destroyed", text: "over" } });
  });

  it("says that a password is needed", () => {
    expect(parsePresence(fixture("presence-password.xml"), room, "d4b449bd")).toMatchObject({
      kind: "refused",
      error: { type: "auth", condition: "not-authorized" },
    });
  });

  it("with broken SourceInfo counts everything as muted", () => {
    const stanza = parseXml(`<presence xmlns='jabber:client' from='${room}/aa'><SourceInfo>[7</SourceInfo></presence>`);
    expect(parsePresence(stanza, room, "bb")).toMatchObject({ occupant: { sources: new Map() } });
  });

  it("written is a whole snapshot, read back the same", () => {
    const own = {
      room,
      nick: "1a2b3c4d",
      displayName: "Zoë <3",
      caps: el("c"),
      codecs: ["vp8"],
      handRaisedAt: 1234,
      sources: new Map([["1a2b3c4d-v1", { muted: true, videoType: "desktop" as const }]]),
    };
    const text = serialize(presenceStanza(own, { password: "s3cret" }));
    expect(text).toContain("<password>s3cret</password>");
    const back = parsePresence(parseXml(text.replace(' to="', ' from="')), room, "1a2b3c4d");
    expect(back).toMatchObject({
      kind: "available",
      self: true,
      occupant: { displayName: "Zoë <3", handRaisedAt: 1234, sources: own.sources },
    });
    expect(serialize(presenceStanza(own))).not.toContain('protocol/muc"');
  });
});

describe("messages", () => {
  it("are chat, configuration change, or nothing", () => {
    expect(parseMessage(fixture("chat.xml"), room)).toEqual({
      kind: "chat",
      id: "QSpNs85eWv9NfR6Sqga7CVaQ",
      from: "ab6fb992",
      text: "hello from P0",
      isPrivate: false,
    });
    expect(parseMessage(fixture("config-changed.xml"), room)).toEqual({ kind: "configChanged" });
    expect(parseMessage(fixture("chat.xml"), "other@conference.meet.example")).toEqual({ kind: "ignored" });
  });

  it("are as old as the room says, whatever the sender says", () => {
    const said = `<delay xmlns="urn:xmpp:delay" from="x@y" stamp="1999-01-01T00:00:00Z"/>`;
    const kept = `<delay xmlns="urn:xmpp:delay" from="${room}" stamp="2026-01-02T03:04:05Z"/>`;
    const message = (delays: string): string =>
      `<message xmlns="jabber:client" type="groupchat" id="1" from="${room}/ana"><body>hi</body>${delays}</message>`;
    expect(parseMessage(parseXml(message(said)), room)).not.toHaveProperty("at");
    expect(parseMessage(parseXml(message(said + kept)), room)).toMatchObject({ at: Date.UTC(2026, 0, 2, 3, 4, 5) });
  });

  it("carry any text", () => {
    expect(serialize(groupMessage(room, "1", "a<b>&\u0000\ud800c"))).toContain("<body>a&#60;b&#62;&#38;c</body>");
    expect(cleanText("x\u0008\u{1f600}\n")).toBe("x\u{1f600}\n");
  });
});

describe("the focus's answer", () => {
  it("is ready, with a login's session", () => {
    expect(parseConferenceAnswer(fixture("conference-ready.xml"))).toEqual({
      kind: "ready",
      focusJid: "focus@auth.meet.example",
      authentication: true,
      sessionId: "fbf5def5-f805-47d6-8553-d0e94f0db30b",
      identity: "host@meet.example",
    });
  });

  it("refuses while no host is there", () => {
    expect(parseConferenceAnswer(fixture("conference-refused.xml"))).toEqual({ kind: "notAuthorized" });
  });

  it("voids a session", () => {
    const refusal =
      "<iq xmlns='jabber:client' type='error'><error type='modify'><session-invalid xmlns='http://jitsi.org/protocol/focus'/></error></iq>";
    expect(parseConferenceAnswer(parseXml(refusal))).toEqual({ kind: "sessionInvalid" });
  });

  it("is asked for with machine and session", () => {
    const text = serialize(conferenceRequest({ focus: "focus.meet.example", room, machineUid: "ab", sessionId: "s" }));
    expect(text).toContain(`<conference xmlns="http://jitsi.org/protocol/focus" machine-uid="ab" room="${room}" session-id="s">`);
  });
});

describe("discovery", () => {
  it("reads a room's lock and age", () => {
    expect(parseRoomInfo(fixture("room-info.xml"))).toEqual({ locked: false, createdAt: 1795168643000 });
  });

  it("answers with what caps hash", () => {
    const ask = parseXml(
      "<iq xmlns='jabber:client' type='get' id='1' from='f/focus'><query xmlns='http://jabber.org/protocol/disco#info' node='n'/></iq>",
    );
    const text = serialize(discoAnswer(ask));
    for (const feature of clientFeatures) expect(text).toContain(feature);
    expect(text).toContain('node="n"');
    expect(capsInput(["b", "a"])).toBe("a<b<");
  });

  it("reads TURN servers", () => {
    const result = parseXml(`<iq xmlns='jabber:client' type='result'><services xmlns='urn:xmpp:extdisco:2'>
      <service type='turns' host='turn.meet.example' port='443' transport='tcp' username='u' password='p'/>
      <service type='stun' host='2001:db8::1' port='3478' transport='udp'/><service type='turn' host='x'/></services></iq>`);
    expect(parseServices(result)).toEqual([
      { urls: "turns:turn.meet.example:443?transport=tcp", username: "u", credential: "p" },
      { urls: "stun:[2001:db8::1]:3478" },
    ]);
  });
});

describe("moderation", () => {
  it("sets a password as the owner's form wants it", () => {
    expect(formHasField(fixture("owner-form.xml"), "muc#roomconfig_roomsecret")).toBe(true);
    const text = serialize(passwordRequest(room, ""));
    expect(text).toContain('<field var="muc#roomconfig_passwordprotectedroom"><value>0</value></field>');
  });

  it("obeys only the word true", () => {
    const order = (word: string): string =>
      `<iq xmlns='jabber:client' type='set'><mute xmlns='http://jitsi.org/jitmeet/audio' jid='r/a' actor='${room}/bb'>${word}</mute></iq>`;
    expect(parseMuteOrder(parseXml(order("true")))).toEqual({ kind: "audio", by: "bb" });
    expect(parseMuteOrder(parseXml(order("false")))).toBeUndefined();
  });
});

describe("the nickname", () => {
  it.each([
    ["3cedab38-c18e-4e5a-81ed-142830618252@guest.meet.example/x", "3cedab38"],
    ["host@meet.example/x", "random"],
    ["meet.example", "random"],
  ])("of %s is %s", (jid, want) => {
    expect(endpointId(jid, () => "random")).toBe(want);
  });
});

describe("a refused presence", () => {
  const error = (condition: string, text = "") => ({ type: "cancel", condition, text, extra: [] });

  it.each([
    ["not-authorized", undefined, { kind: "askPassword", wrong: false }],
    ["not-authorized", "x", { kind: "askPassword", wrong: true }],
    ["service-unavailable", undefined, { kind: "end", reason: { kind: "roomFull" } }],
    ["forbidden", undefined, { kind: "end", reason: { kind: "notAllowed", text: "why" } }],
    ["bad-request", undefined, { kind: "end", reason: { kind: "failed", text: "why" } }],
  ])("with %s (password %s) leads to %j", (condition, password, want) => {
    expect(afterRefusal(error(condition, "why"), false, password)).toEqual(want);
  });

  it("inside the room leads back in only when the room has forgotten us", () => {
    expect(afterRefusal(error("item-not-found"), true, undefined)).toEqual({ kind: "rejoin" });
    expect(afterRefusal(error("forbidden"), true, undefined)).toEqual({ kind: "ignore" });
  });

  it("differs from the server's end", () => {
    expect(endOfLine({ kind: "streamError", condition: "system-shutdown" })).toEqual({ kind: "serverStopped" });
    expect(endOfLine({ kind: "accountNeeded" })).toBeNull();
    expect(endOfStay({ kind: "serviceStopped" })).toBeNull();
  });
});
