"""Holds a conference's room with slixmpp, an XMPP client that nobody of this project wrote.

Usage: slixmpp_room.py PORT DOMAIN USER PASSWORD. The user logs in with SCRAM, creates the conference, joins and owns its room; a guest
logs in with ANONYMOUS and joins. They chat in the room and privately; the owner sets a password by the room's form; a second guest is
refused without and with a wrong one and enters with the right one; all leave. Prints one line per step, and "done".
"""
import asyncio
import sys
from xml.etree import ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError, PresenceError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

port, domain, user, password = int(sys.argv[1]), *sys.argv[2:5]
room = "slix@conference." + domain
patience = 40


class Person(slixmpp.ClientXMPP):
    def __init__(self, jid, secret):
        super().__init__(jid, secret, sasl_mech="SCRAM-SHA-1" if secret else "ANONYMOUS")
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0045")
        self.register_plugin("xep_0199")
        self.messages = asyncio.Queue()
        self.started = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", lambda _: self.settle(None))
        for event in ("failed_auth", "connection_failed", "failed_all_auth"):
            self.add_event_handler(event, lambda e, name=event: self.settle(RuntimeError(f"{name}: {e}")))
        self.add_event_handler("message", self.messages.put_nowait)
        self.departures = asyncio.Queue()
        self.register_handler(Callback("departures", StanzaPath("presence@type=unavailable"), self.departures.put_nowait))

    def settle(self, error):
        if self.started.done():
            return
        if error:
            self.started.set_exception(error)
        else:
            self.started.set_result(None)

    async def log_in(self):
        self.connect(("127.0.0.1", port), force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(self.started, patience)
        print("logged in", self.boundjid.full)

    async def request_conference(self):
        iq = self.make_iq_set(ito="focus." + domain)
        iq.append(ET.fromstring(f'<conference xmlns="http://jitsi.org/protocol/focus" room="{room}" machine-uid="slixmpp-{id(self)}"/>'))
        answer = await iq.send(timeout=patience)
        conference = answer.xml.find("{http://jitsi.org/protocol/focus}conference")
        expect(conference is not None and conference.get("ready") == "true", "the conference is ready", answer)

    async def join(self, nick, secret=""):
        """Joins and waits for the own presence. slixmpp's own join does not bear two of them in one read, as when the host is made owner."""
        self.nick = nick
        own = asyncio.get_event_loop().create_future()
        settle = lambda p: own.done() or own.set_result(p)
        with self.event_handler(f"muc::{room}::self-presence", settle), self.event_handler(f"muc::{room}::presence-error", settle):
            muc = self["xep_0045"]
            muc.rooms[room], muc.our_nicks[room] = {}, nick
            presence = self.make_presence(pto=f"{room}/{nick}")
            presence.enable("muc_join")
            if secret:
                presence["muc_join"]["password"] = secret
            presence.send()
            presence = await asyncio.wait_for(own, patience)
        if presence["type"] == "error":
            raise PresenceError(presence)
        print("joined", nick)

    async def heard(self, sort, sender, body):
        """Waits for a message; others, such as the subject, are passed over."""
        async with asyncio.timeout(patience):
            while True:
                m = await self.messages.get()
                if m["type"] == sort and m["from"] == f"{room}/{sender}" and m["body"] == body:
                    print(self.nick, "heard", sort, body)
                    return

    async def leave(self):
        self["xep_0045"].leave_muc(room, self.nick)
        async with asyncio.timeout(patience):
            while (await self.departures.get())["from"] != f"{room}/{self.nick}":
                pass
        print("left", self.nick)


def expect(ok, what, found):
    if not ok:
        raise AssertionError(f"not {what}: {found}")


async def refused(person, nick, secret):
    try:
        await person.join(nick, secret)
    except PresenceError as e:
        expect(e.condition == "not-authorized", "refused as not authorized", e.condition)
        print("refused", repr(secret))
        return
    raise AssertionError(f"let in with {secret!r}")


async def meet(host, guest, late):
    for p in (host, guest, late):
        await p.log_in()
    await host.request_conference()
    await host.join("host")
    await guest.request_conference()
    await guest.join("guest")
    await late.request_conference()

    host.send_message(mto=room, mbody="to all", mtype="groupchat")
    await asyncio.gather(host.heard("groupchat", "host", "to all"), guest.heard("groupchat", "host", "to all"))
    guest.send_message(mto=room, mbody="answer", mtype="groupchat")
    await asyncio.gather(host.heard("groupchat", "guest", "answer"), guest.heard("groupchat", "guest", "answer"))
    guest.send_message(mto=f"{room}/host", mbody="psst", mtype="chat")
    await host.heard("chat", "guest", "psst")
    host.send_message(mto=f"{room}/guest", mbody="yes?", mtype="chat")
    await guest.heard("chat", "host", "yes?")

    try:
        await guest["xep_0045"].get_room_config(room)
    except IqError as e:
        expect(e.condition == "forbidden", "forbidden to guests", e.condition)
    else:
        raise AssertionError("a guest got the owner's form")
    form = await host["xep_0045"].get_room_config(room)
    fields = form.get_fields()
    expect("muc#roomconfig_roomsecret" in fields, "a form with a password", list(fields))
    if "muc#roomconfig_passwordprotectedroom" in fields:
        fields["muc#roomconfig_passwordprotectedroom"]["value"] = True
    fields["muc#roomconfig_roomsecret"]["value"] = "s3cret"
    form["type"] = "submit"
    await host["xep_0045"].set_room_config(room, form)
    print("configured")

    await refused(late, "late", "")
    await refused(late, "late", "wrong")
    await late.join("late", "s3cret")
    info = await late["xep_0030"].get_info(room, timeout=patience)
    expect("muc_passwordprotected" in info["disco_info"]["features"], "shown as locked", sorted(info["disco_info"]["features"]))

    for p in (late, guest, host):
        await p.leave()


async def main():
    people = [Person(f"{user}@{domain}", password), Person("guest." + domain, ""), Person("guest." + domain, "")]
    try:
        await meet(*people)
        print("done")
    finally:
        for p in people:
            await p.disconnect()


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main())
