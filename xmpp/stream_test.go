package xmpp

import (
	"strings"
	"testing"
)

func TestGuestAsksTheMainHost(t *testing.T) {
	s := newTestServer(t)
	c := s.guest()
	if l := c.jid.Local(); len(l) != 36 || c.jid.Domain() != "guest.meet.example" {
		t.Errorf("address %s", c.jid)
	}
	c.send(`<iq id="a:sendIQ" to="meet.example" type="get" xmlns="jabber:client"><services xmlns="urn:xmpp:extdisco:2"/></iq>`)
	c.expect(`type="result"`, `id="a:sendIQ"`, `<services xmlns="urn:xmpp:extdisco:2"/>`)
	c.send(`<iq id="b" to="meet.example" type="get" xmlns="jabber:client"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`)
	c.expect(`<identity category="component" type="polls" name="polls.meet.example"/>`, `<feature var="urn:xmpp:ping"/>`)
	c.send(`<iq id="c" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`)
	c.expect(`type="result"`, `id="c"`, `from="meet.example"`)
}

func TestAccountOverTCP(t *testing.T) {
	s := newTestServer(t)
	c := s.account("host", "meet.example", "hostpw", "desk")
	if c.jid != MustJID("host@meet.example/desk") {
		t.Errorf("bound %s", c.jid)
	}
	l := s.link("focus@auth.meet.example/focus")
	c.send(`<message to="focus@auth.meet.example/focus" from="somebody@else/x"><body>hello</body></message>`)
	if st := receive(t, l); st.From != c.jid || st.Find("", "body").Text != "hello" {
		t.Errorf("the link receives %s", st)
	}
	if err := l.Send(NewStanza(Message, "", JID{}, c.jid, NewElement(NSClient, "body").WithText("hi"))); err != nil {
		t.Error(err)
	}
	c.expect("<body>hi</body>", `from="focus@auth.meet.example/focus"`)
	c.send("</stream:stream>")
	c.expectEnd()
}

func TestWrongPassword(t *testing.T) {
	s := newTestServer(t)
	c := s.dialTCP()
	c.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
	c.expect("SCRAM-SHA-256")
	for _, who := range []string{"host", "nobody"} {
		if a := c.scram("SCRAM-SHA-1", who, "wrong"); !strings.Contains(a, "<not-authorized/><text") {
			t.Errorf("%s: %s", who, a)
		}
	}
	if a := c.scram("SCRAM-SHA-256", "host", "hostpw"); !strings.HasPrefix(a, "<success") {
		t.Errorf("right password: %s", a)
	}
}
