"""Logs in with slixmpp, an XMPP client that nobody here wrote, pings the main host and prints the bound address.

Usage: slixmpp_login.py PORT JID PASSWORD PEER; an empty password logs in anonymously; PEER gets a message.
"""
import asyncio
import sys

import slixmpp

port, jid, password, peer = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


class Client(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, password, sasl_mech=None if password else "ANONYMOUS")
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0198")
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("failed_auth", self.fail)
        self.add_event_handler("connection_failed", self.fail)

    def fail(self, event):
        print("failed", event)
        self.disconnect()

    async def start(self, _):
        try:
            self.send_presence()
            await self.get_roster()
            await self["xep_0199"].ping("meet.example", timeout=5)
            info = await self["xep_0030"].get_info("meet.example", timeout=5)
            print("identities", sorted(i[1] for i in info["disco_info"]["identities"]))
            print("bound", self.boundjid.full)
            self.send_message(mto=peer, mbody="from slixmpp")
            await asyncio.sleep(0.05)
        except Exception as e:
            print("failed", repr(e))
        self.disconnect()


client = Client()
client.connect(("127.0.0.1", port), force_starttls=False, disable_starttls=True)
client.process(forever=False)
