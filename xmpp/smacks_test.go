package xmpp

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// enable turns stream management on, as lib-jitsi-meet does right after binding.
func (c *client) enable() {
	c.t.Helper()
	c.send(`<enable resume="true" xmlns="urn:xmpp:sm:3"/>`)
	el, err := ParseElement([]byte(c.expect("<enabled")))
	if err != nil || el.Attr("resume") != "true" || el.Attr("id") == "" {
		c.t.Fatalf("enabled: %s, %v", el, err)
	}
	c.id = el.Attr("id")
}

// resume opens a new WebSocket and resumes an anonymous session as lib-jitsi-meet does. It returns the server's answer.
func (s *testServer) resume(previd string, h int) (*client, string) {
	s.t.Helper()
	c := s.dialWS("?room=standup&previd=" + previd)
	c.send(strings.Replace(wsOpen, "%s", "guest.meet.example", 1))
	c.expect("ANONYMOUS")
	c.send(`<auth mechanism="ANONYMOUS" xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`)
	c.expect("<success")
	c.send(strings.Replace(wsOpen, "%s", "guest.meet.example", 1))
	c.expect("<bind", "urn:xmpp:sm:3")
	c.send(fmt.Sprintf(`<resume h="%d" previd="%s" xmlns="urn:xmpp:sm:3"/>`, h, previd))
	return c, c.expect("urn:xmpp:sm:3")
}

func body(text string) *Element { return NewElement(NSClient, "body").WithText(text) }

func TestResumeAfterTheConnectionBreaks(t *testing.T) {
	s := newTestServer(t)
	room := s.link("room@auth.meet.example/x")
	c := s.guest()
	c.enable()
	c.send(`<presence to="room@auth.meet.example/x" xmlns="jabber:client"/>`)
	c.send(`<r xmlns="urn:xmpp:sm:3"/>`)
	c.expect(`<a xmlns="urn:xmpp:sm:3" h="1"/>`)
	receive(t, room)
	say := func(text string) {
		if err := room.Send(NewStanza(Message, "", JID{}, c.jid, body(text))); err != nil {
			t.Fatal(err)
		}
	}
	say("one")
	c.expect("one")
	say("two")
	c.expect("two")
	c.end() // without goodbye, and without having acknowledged the second
	eventually(t, func() string {
		if s.Stats().Hibernating != 1 {
			return "the session does not hibernate"
		}
		return ""
	})
	say("three")

	again, answer := s.resume(c.id, 1)
	if want := fmt.Sprintf(`<resumed xmlns="urn:xmpp:sm:3" h="1" previd="%s"/>`, c.id); answer != want {
		t.Fatalf("resume: %s, want %s", answer, want)
	}
	again.expect("two")
	again.expect("three")
	again.send(`<message to="room@auth.meet.example/x" xmlns="jabber:client"><body>back</body></message>`)
	if st := receive(t, room); st.From != c.jid || st.Find("", "body").Text != "back" {
		t.Errorf("after resuming the room receives %s", st)
	}
	// A second break, then a clean end: the room sees it leave and nothing bounces.
	again.end()
	eventually(t, func() string {
		if s.Stats().Hibernating != 1 {
			return "the session does not hibernate again"
		}
		return ""
	})
	third, answer := s.resume(c.id, 3)
	if !strings.HasPrefix(answer, "<resumed") {
		t.Fatalf("second resume: %s", answer)
	}
	say("never acknowledged")
	third.expect("never acknowledged")
	third.send(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`)
	if got := third.expect("<close"); got != `<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />` {
		t.Errorf("the server closes with %s, which lib-jitsi-meet does not know", got)
	}
	if st := receive(t, room); st.Kind != Presence || st.Type != "unavailable" {
		t.Errorf("after a clean close the room receives %s", st)
	}
}

// A connection that breaks while a session is resumed on it leaves the session to the next one, and to nobody if there is none.
func TestConnectionBreaksWhileResuming(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Hosts[1].Hibernation = 200 * time.Millisecond })
	room := s.link("room@auth.meet.example/x")
	c := s.guest()
	c.enable()
	c.send(`<presence to="room@auth.meet.example/x" xmlns="jabber:client"/>`)
	receive(t, room)
	if err := room.Send(NewStanza(Message, "", JID{}, c.jid, body("unacknowledged"))); err != nil {
		t.Fatal(err)
	}
	c.expect("unacknowledged")
	c.end()
	breaks, err := s.newStream("websocket", &sink{written: new(atomic.Int64)}, ClientAddr{}, "")
	if err != nil {
		t.Fatal(err)
	}
	breaks.state, breaks.user, breaks.host = awaitBind, c.jid.Bare(), s.hosts[c.jid.Domain()]
	breaks.out.close() // as a failed write does
	if err = breaks.resume(NewElement(NSSM, "resume", "previd", c.id, "h", "0")); err == nil {
		err = io.EOF
	}
	breaks.over(err)
	if st := receive(t, room); st.Type != "unavailable" {
		t.Errorf("received %s", st)
	}
	eventually(t, func() string {
		if st := s.Stats(); st.Sessions > 0 || st.Hibernating > 0 {
			return fmt.Sprintf("still counted: %+v", st)
		}
		return ""
	})
}

func TestResumeFromALiveConnection(t *testing.T) {
	s := newTestServer(t)
	c := s.guest()
	c.enable()
	again, answer := s.resume(c.id, 0)
	if !strings.HasPrefix(answer, "<resumed") {
		t.Fatalf("resume: %s", answer)
	}
	c.expect("<stream:error", "<conflict")
	c.expectEnd()
	if err := s.Send(NewStanza(Message, "", MustJID("meet.example"), c.jid, body("still there"))); err != nil {
		t.Fatal(err)
	}
	again.expect("still there")
}

func TestResumeRefused(t *testing.T) {
	s := newTestServer(t)
	c := s.guest()
	c.enable()
	other, answer := s.resume("unknown", 0)
	if !strings.Contains(answer, `<item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>`) {
		t.Errorf("unknown token: %s", answer)
	}
	// The token alone is not enough: another account may not take the session over. Binding afresh works on.
	other.send(`<resume h="0" previd="` + c.id + `" xmlns="urn:xmpp:sm:3"/>`)
	other.expect("<failed", "item-not-found")
	other.bind("")
	if other.jid.Bare() == c.jid.Bare() {
		t.Errorf("both have %s", c.jid)
	}
	// Acknowledging what was never sent ends the stream (XEP-0198 §4).
	c.send(`<a h="77" xmlns="urn:xmpp:sm:3"/>`)
	c.expect("<undefined-condition", "handled-count-too-high")
	c.expectEnd()
}

func TestHibernationEnds(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Hosts[1].Hibernation = 100 * time.Millisecond })
	room := s.link("room@auth.meet.example/x")
	c := s.guest()
	c.enable()
	c.send(`<presence to="room@auth.meet.example/x" xmlns="jabber:client"/>`)
	receive(t, room)
	c.end()
	eventually(t, func() string {
		if s.Stats().Hibernating != 1 {
			return "the session does not hibernate"
		}
		return ""
	})
	if err := room.Send(NewStanza(IQ, "get", JID{}, c.jid, NewElement(NSPing, "ping")).WithID("q")); err != nil {
		t.Fatal(err)
	}
	if st := receive(t, room); st.Kind != Presence || st.Type != "unavailable" || st.From != c.jid {
		t.Errorf("received %s, want unavailable presence", st)
	}
	if st := receive(t, room); st.ID != "q" || ParseError(st).Condition != RecipientUnavailable {
		t.Errorf("received %s, want the request back", st)
	}
	if st := s.Stats(); st.Sessions != 0 || st.Hibernating != 0 {
		t.Errorf("still counted: %+v", st)
	}
}

// Acknowledgements are asked for rarely, and in the same write as a stanza.
func TestAsksForAcknowledgements(t *testing.T) {
	var a ackState
	a.on = true
	l := Limits{}.withDefaults()
	st := NewStanza(Message, "", JID{}, MustJID("a@b/c"), body("x"))
	a.asked = time.Now()
	asked := 0
	for range 2 * askAtOnce {
		if !a.keep(st, l) {
			t.Fatal("the tail is full")
		}
		if a.askNow() {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("%d stanzas in no time: asked %d times, want 2", 2*askAtOnce, asked)
	}
	if !a.ack(uint32(askAtOnce)) || len(a.unacked()) != askAtOnce || a.ack(uint32(2*askAtOnce+1)) || a.ack(1) {
		t.Errorf("acknowledged half of them: %d left", len(a.unacked()))
	}
}

func TestUnackedTailIsBounded(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.UnackedStanzas = 50 })
	c := s.guest()
	c.enable()
	c.end()
	eventually(t, func() string {
		if s.Stats().Hibernating != 1 {
			return "the session does not hibernate"
		}
		return ""
	})
	l := s.link("room@auth.meet.example/x")
	for range 60 {
		_ = l.Send(NewStanza(Message, "groupchat", JID{}, c.jid, body("x")))
	}
	eventually(t, func() string {
		if len(s.Sessions(c.jid)) > 0 {
			return "the session that takes no more is still there"
		}
		return ""
	})
	if n := s.Stats().Ended["queue full"]; n != 1 {
		t.Errorf("ended for a full queue: %d, want 1", n)
	}
}
