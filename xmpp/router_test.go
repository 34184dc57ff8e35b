package xmpp

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// component is an Entity that keeps what it gets, or refuses it.
type component struct {
	mu   sync.Mutex
	got  []Stanza
	fail error
}

func (c *component) Deliver(st Stanza) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return c.fail
	}
	c.got = append(c.got, st)
	return nil
}

func (c *component) take() []Stanza {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

func TestBounces(t *testing.T) {
	s := newTestServer(t)
	full := &component{fail: ErrQueueFull}
	picky := &component{fail: &Error{Type: Auth, Condition: Forbidden, Text: "no"}}
	for domain, e := range map[string]Entity{"full.meet.example": full, "picky.meet.example": picky} {
		if err := s.Component(domain, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Component("full.meet.example", picky); err == nil {
		t.Error("a domain was given away twice")
	}
	c := s.guest()
	iq := func(to, child string) string {
		return `<iq type="get" id="1" to="` + to + `" xmlns="jabber:client">` + child + `</iq>`
	}
	ping := `<ping xmlns="urn:xmpp:ping"/>`
	for _, tt := range []struct{ name, send, typ, want string }{
		{"unknown domain", iq("other.example", ping), "cancel", "remote-server-not-found"},
		{"vanished session", iq("nobody@meet.example/x", ping), "cancel", "service-unavailable"},
		{"account that is not there", iq("nobody@meet.example", `<vCard xmlns="vcard-temp"/>`), "cancel", "service-unavailable"},
		{"unknown request", iq("meet.example", `<x xmlns="y"/>`), "cancel", "service-unavailable"},
		{"unknown node", iq("meet.example", `<query xmlns="http://jabber.org/protocol/disco#info" node="x"/>`), "cancel", "item-not-found"},
		{"another's roster", iq("host@meet.example", `<query xmlns="jabber:iq:roster"/>`), "auth", "forbidden"},
		{"full component", iq("full.meet.example", ping), "wait", "resource-constraint"},
		{"component's own error", iq("picky.meet.example", ping), "auth", "forbidden"},
		{"no id", `<iq type="get" to="meet.example" xmlns="jabber:client">` + ping + `</iq>`, "modify", "bad-request"},
		{"no child", iq("meet.example", ""), "modify", "bad-request"},
		{"bad address", iq("@@", ping), "modify", "jid-malformed"},
		{"message", msg("nobody@meet.example/x", "hi"), "cancel", "service-unavailable"},
		{"message to a domain", msg("meet.example", "hi"), "cancel", "service-unavailable"},
	} {
		c.send(tt.send)
		st, err := ParseStanza([]byte(c.expect(`type="error"`)))
		if e := ParseError(st); err != nil || string(e.Type) != tt.typ || string(e.Condition) != tt.want || st.To != c.jid {
			t.Errorf("%s: answered with %s, want %s %s", tt.name, st, tt.typ, tt.want)
		}
	}
	// Errors and presence are not answered; the ping after them is the next thing to come.
	for _, quiet := range []string{
		`<message type="error" to="nobody@meet.example/x" xmlns="jabber:client"/>`,
		`<iq type="result" id="9" to="nobody@meet.example/x" xmlns="jabber:client"/>`,
		`<presence xmlns="jabber:client"/>`,
		`<presence to="nobody@meet.example/x" xmlns="jabber:client"/>`,
	} {
		c.send(quiet)
	}
	c.send(iq("meet.example", ping))
	if el, err := c.recv(); err != nil || !strings.Contains(el, `type="result"`) {
		t.Errorf("received %s, %v", el, err)
	}
	if n := s.Stats().QueueFull["component"]; n != 1 {
		t.Errorf("counted %d full queues, want 1", n)
	}
}

func TestAccountAnswers(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Version = "1.2"
		c.Hosts[0].Services = []Service{{Type: "turn", Host: "turn.meet.example", Port: 3478, Transport: "udp", Secret: "s"}, {Type: "stun", Host: "stun.meet.example", Port: 3478}}
	})
	c := s.account("host", "meet.example", "hostpw", "desk")
	for _, tt := range []struct {
		name, send string
		want       []string
	}{
		{"roster", `<iq type="get" id="1"><query xmlns="jabber:iq:roster"/></iq>`, []string{`<query xmlns="jabber:iq:roster"/>`}},
		{"session", `<iq type="set" id="2"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>`, []string{`type="result"`}},
		{"account", `<iq type="get" id="3" to="host@meet.example"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`, []string{`category="account" type="registered"`}},
		{"version", `<iq type="get" id="4" to="meet.example"><query xmlns="jabber:iq:version"/></iq>`, []string{"<name>Stammtisch</name><version>1.2</version>"}},
		{"items", `<iq type="get" id="5" to="meet.example"><query xmlns="http://jabber.org/protocol/disco#items"/></iq>`, []string{`type="result"`}},
		{"services", `<iq type="get" id="6" to="meet.example"><services xmlns="urn:xmpp:extdisco:2"/></iq>`,
			[]string{`type="turn" host="turn.meet.example" port="3478" transport="udp" username="`, `expires="`, `type="stun" host="stun.meet.example" port="3478"/>`}},
		{"old services", `<iq type="get" id="7" to="meet.example"><services xmlns="urn:xmpp:extdisco:1" type="stun"/></iq>`, []string{`xmlns="urn:xmpp:extdisco:1"`, `host="stun.meet.example"`}},
	} {
		c.send(tt.send)
		got := c.expect(`id="`)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s lacks %s", tt.name, got, want)
			}
		}
	}
	l := s.link("x@auth.meet.example/y")
	_ = l.Send(NewStanza(Message, "chat", JID{}, c.jid.Bare(), body("to the account")))
	c.expect("to the account")
}

func TestPresenceIsTakenBackAtTheEnd(t *testing.T) {
	s := newTestServer(t)
	room := &component{}
	if err := s.Component("conference.meet.example", room); err != nil {
		t.Fatal(err)
	}
	c := s.guest()
	for _, p := range []string{"a", "b", "c", "d"} {
		c.send(`<presence to="` + p + `@conference.meet.example/n" xmlns="jabber:client"/>`)
	}
	c.send(`<presence type="unavailable" to="b@conference.meet.example/n" xmlns="jabber:client"/>`)
	c.send(`<r xmlns="urn:x"/>`) // ends the stream
	c.expect("<stream:error")
	eventually(t, func() string {
		room.mu.Lock()
		defer room.mu.Unlock()
		if len(room.got) < 8 {
			return "the rooms do not see the client leave"
		}
		return ""
	})
	left := map[string]int{}
	for _, st := range room.take()[5:] {
		if st.Type != "unavailable" || st.From != c.jid {
			t.Errorf("received %s", st)
		}
		left[st.To.Local()]++
	}
	if len(left) != 3 || left["b"] != 0 {
		t.Errorf("left %v", left)
	}
}

// A client that goes away without naming a room leaves all that it is in, and may come back.
func TestUnavailableForAll(t *testing.T) {
	s := newTestServer(t)
	room := s.link("room@auth.meet.example/x")
	c := s.guest()
	c.send(`<presence to="room@auth.meet.example/x" xmlns="jabber:client"/>`)
	receive(t, room)
	c.send(`<presence type="unavailable" xmlns="jabber:client"><status>lunch</status></presence>`)
	if st := receive(t, room); st.Type != "unavailable" || st.From != c.jid || st.Find(NSClient, "status") == nil {
		t.Errorf("received %s", st)
	}
	c.send(`<presence to="room@auth.meet.example/x" xmlns="jabber:client"/>`)
	if st := receive(t, room); st.Type != "" {
		t.Errorf("received %s", st)
	}
	c.end()
	if st := receive(t, room); st.Type != "unavailable" {
		t.Errorf("received %s", st)
	}
}

func TestPresenceOfKickedAndRefused(t *testing.T) {
	d := directed{max: 2}
	at := func(s string) Stanza { return Stanza{Kind: Presence, To: MustJID(s)} }
	from := func(s, typ string) Stanza { return Stanza{Kind: Presence, Type: typ, From: MustJID(s)} }
	if !d.sent(at("a@b/c")) || !d.sent(at("d@b/c")) || d.sent(at("e@b/c")) {
		t.Error("the bound is not kept")
	}
	d.received(from("a@b/c", "error"))
	if !d.sent(at("e@b/c")) {
		t.Error("a refused presence takes up room")
	}
	d.received(from("e@b/c", "unavailable"))
	if got := d.leave(); len(got) != 1 || got[0] != MustJID("d@b/c") {
		t.Errorf("present at %v", got)
	}
}

func TestClientProxy(t *testing.T) {
	s := newTestServer(t)
	if err := s.ClientProxy("focus.meet.example", MustJID("focus@auth.meet.example")); err != nil {
		t.Fatal(err)
	}
	c := s.guest()
	request := `<iq id="r1" to="focus.meet.example" type="set" xmlns="jabber:client"><conference room="standup@conference.meet.example" xmlns="http://jitsi.org/protocol/focus"/></iq>`
	c.send(request)
	c.expect("service-unavailable", `from="focus.meet.example"`)
	near := s.link("focus@auth.meet.example/focus")
	far, err := dialLink(t, s.listen(), "focus@auth.meet.example/jicofo", "focuspw", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	answer := func(l Link) {
		t.Helper()
		c.send(request)
		st := receive(t, l)
		if want := "focus.meet.example/" + c.jid.String(); st.From.String() != want || st.To != l.JID() || st.ID != "r1" || !st.IsRequest() {
			t.Errorf("the focus receives %s", st)
		}
		if err := l.Send(st.Result(NewElement(NSFocus, "conference", "ready", "true"))); err != nil {
			t.Fatal(err)
		}
		got, err := ParseStanza([]byte(c.expect("ready")))
		if err != nil || got.From.String() != "focus.meet.example" || got.ID != "r1" || got.To != c.jid {
			t.Errorf("the client receives %s", got)
		}
	}
	answer(far) // the newest
	_ = far.Close()
	eventually(t, func() string {
		if len(s.Sessions(MustJID("focus@auth.meet.example"))) != 1 {
			return "the far focus is still there"
		}
		return ""
	})
	answer(near)
	c.send(msg("focus.meet.example", "x"))
	c.expect("feature-not-implemented")
	c.send(`<presence to="focus.meet.example" xmlns="jabber:client"/>`)
	c.expect("bad-request")
}

func TestLinks(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.LinkStanzas = 3 })
	l := s.link("a@auth.meet.example/x")
	for _, bad := range []string{"a@auth.meet.example/x", "a@auth.meet.example", "auth.meet.example/x", "a@other.example/x"} {
		if _, err := s.NewLink(MustJID(bad)); err == nil {
			t.Errorf("NewLink(%s) works", bad)
		}
	}
	// A client cannot take the address of a link.
	c := s.dialTCP()
	c.send(strings.Replace(tcpOpen, "%s", "auth.meet.example", 1))
	c.expect("mechanisms")
	c.scram("SCRAM-SHA-1", "jvb", "jvbpw")
	c.send(strings.Replace(tcpOpen, "%s", "auth.meet.example", 1))
	c.expect("<bind")
	c.bind("x")
	other := s.link("b@auth.meet.example/x")
	for i := range 5 {
		_ = l.Send(NewStanza(IQ, "get", MustJID("forged@x/y"), other.JID(), NewElement(NSPing, "ping")).WithID(string(rune('1' + i))))
	}
	for _, want := range []string{"4", "5"} {
		if st := receive(t, l); st.ID != want || ParseError(st).Condition != ResourceConstraint {
			t.Errorf("received %s, want %s back", st, want)
		}
	}
	if st := receive(t, other); st.From != l.JID() {
		t.Errorf("received %s", st)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := l.Receive(ctx); err != context.DeadlineExceeded {
		t.Errorf("Receive: %v", err)
	}
	_ = l.Close()
	if _, err := l.Receive(context.Background()); err != ErrClosed {
		t.Errorf("Receive: %v", err)
	}
	if err := l.Send(Stanza{}); err != ErrClosed {
		t.Errorf("Send: %v", err)
	}
}

func TestConflictReplacesTheOldSession(t *testing.T) {
	s := newTestServer(t)
	room := s.link("room@auth.meet.example/x")
	old := s.account("host", "meet.example", "hostpw", "desk")
	old.send(`<presence to="room@auth.meet.example/x"/>`)
	receive(t, room)
	young := s.account("host", "meet.example", "hostpw", "desk")
	old.expect("<conflict")
	old.expectEnd()
	if st := receive(t, room); st.Type != "unavailable" {
		t.Errorf("received %s", st)
	}
	_ = room.Send(NewStanza(Message, "", JID{}, young.jid, body("for the young")))
	young.expect("for the young")
}

// What somebody sends to an address just as it is bound comes after the answer that tells the client of it.
func TestNothingComesBeforeTheAddress(t *testing.T) {
	s := newTestServer(t)
	room := s.link("room@auth.meet.example/x")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = room.Send(NewStanza(Message, "headline", JID{}, MustJID("host@meet.example/desk"), body("early")))
			}
		}
	})
	for range 10 {
		c := s.login("host", "meet.example", "hostpw")
		c.send(`<iq id="b" type="set" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>desk</resource></bind></iq>`)
		if el, err := c.recv(); err != nil || !strings.Contains(el, `id="b"`) {
			t.Fatalf("the answer to bind begins with %q, %v", el, err)
		}
		c.end()
	}
}

func TestShutdown(t *testing.T) {
	srv, err := New(Config{Hosts: []Host{{Name: "guest.meet.example", Auth: AuthAnonymous}}}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Run(ctx) })
	s := &testServer{Server: srv, t: t}
	c := s.dialTCP()
	c.send(strings.Replace(tcpOpen, "%s", "guest.meet.example", 1))
	c.expect("ANONYMOUS")
	silent := s.dialTCP() // says nothing and reads nothing
	cancel()
	c.expect("<stream:error", "<system-shutdown")
	c.expectEnd()
	wg.Wait()
	silent.end()
	if st := srv.Stats(); st.Streams != 0 {
		t.Errorf("%d streams are left", st.Streams)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no hosts":        {},
		"upper case":      {Hosts: []Host{{Name: "Meet.example", Auth: AuthAnonymous}}},
		"no domain":       {Hosts: []Host{{Name: "a@b", Auth: AuthAnonymous}}},
		"twice":           {Hosts: []Host{{Name: "a", Auth: AuthAnonymous}, {Name: "a", Auth: AuthAnonymous}}},
		"no accounts":     {Hosts: []Host{{Name: "a", Auth: AuthAccounts}}},
		"no auth":         {Hosts: []Host{{Name: "a"}}},
		"TLS without one": {Hosts: []Host{{Name: "a", Auth: AuthAnonymous}}, RequireTLS: true},
	} {
		if _, err := New(cfg, Deps{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
