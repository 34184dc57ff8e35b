package xmpp

import (
	"strings"
	"testing"
	"time"
)

// Guests and accounts cannot write past the rooms to somebody's own address; components can, and everybody to themselves.
func TestClosedHosts(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		for i := range c.Hosts {
			c.Hosts[i].Closed = true
		}
		c.Hosts[2].Components = true
	})
	guest, victim := s.guest(), s.guest()
	host := s.account("host", "meet.example", "hostpw", "")
	focus := s.link("focus@auth.meet.example/focus")
	jvb := s.account("jvb", "auth.meet.example", "jvbpw", "")
	for _, tt := range []struct {
		name string
		from *client
		to   JID
		ok   bool
	}{
		{"guest to guest", guest, victim.jid, false},
		{"guest to account", guest, host.jid, false},
		{"guest to account's bare address", guest, host.jid.Bare(), false},
		{"guest to focus", guest, focus.JID(), false},
		{"account to guest", host, victim.jid, false},
		{"account to focus", host, focus.JID(), false},
		{"guest to itself", guest, guest.jid, true},
		{"account to itself", host, host.jid, true},
		{"component to guest", jvb, victim.jid, true},
		{"component to focus", jvb, focus.JID(), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.from.send(`<message type="chat" id="m" to="` + tt.to.String() + `" xmlns="jabber:client"><body>hi</body></message>`)
			switch {
			case !tt.ok:
				tt.from.expect(`id="m"`, "service-unavailable")
			case tt.to == focus.JID():
				if st := receive(t, focus); st.From != tt.from.jid {
					t.Errorf("the focus received %s", st)
				}
			case tt.to == tt.from.jid:
				tt.from.expect(`id="m"`, "<body>hi</body>")
			default:
				victim.expect(`id="m"`, "<body>hi</body>")
			}
		})
	}
	// The other way it works always: the focus and rooms are components or links.
	if err := focus.Send(NewStanza(Message, "chat", JID{}, victim.jid).WithID("f")); err != nil {
		t.Fatal(err)
	}
	victim.expect(`id="f"`)
}

func TestPace(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name        string
		pace        Pace
		count, size int
		apart, want time.Duration // between stanzas; the last one's wait
	}{
		{"no bound", Pace{}, 10000, 1 << 20, 0, 0},
		{"a burst", Pace{Stanzas: 10}, 50, 100, 0, 0},
		{"more than a burst", Pace{Stanzas: 10}, 60, 100, 0, time.Second},
		{"for long", Pace{Stanzas: 10}, 1000, 100, 100 * time.Millisecond, 0},
		{"large ones", Pace{Stanzas: 1000, Bytes: 1000}, 6, 1000, 0, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pacer
			now, got := start, time.Duration(0)
			for range tt.count {
				got = p.spend(tt.pace, tt.size, now)
				now = now.Add(tt.apart)
			}
			if d := got - tt.want; d < -time.Millisecond || d > time.Millisecond {
				t.Errorf("waits %v, want %v", got, tt.want)
			}
		})
	}
}

// A client that is too fast is slowed down, and loses nothing.
func TestTooFastAClientWaits(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Hosts[1].Pace = Pace{Stanzas: 20} })
	c := s.guest()
	begin := time.Now()
	const n = 120 // 100 at once, 20 in a second
	go func() {
		for range n {
			c.send(`<iq id="p" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`)
		}
	}()
	for range n {
		c.expect(`id="p"`, "result")
	}
	if took := time.Since(begin); took < 900*time.Millisecond {
		t.Errorf("%d stanzas were answered within %v", n, took)
	}
	if s.Stats().Paced == 0 {
		t.Error("nothing was counted")
	}
}

// One address has so many sessions and no more; those of components and of this machine do not count, and there is room again when one
// ends.
func TestSessionsPerAddress(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Limits.SessionsPerAddress = 2
		c.Hosts[2].Components = true
	})
	first := s.account("host", "meet.example", "hostpw", "a") // a pipe is none of this machine's addresses
	s.account("host", "meet.example", "hostpw", "b")
	third := func() string {
		c := s.dialTCP()
		c.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
		c.expect("SCRAM-SHA-1")
		c.scram("SCRAM-SHA-1", "host", "hostpw")
		c.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
		c.expect("<bind")
		c.send(`<iq id="b" type="set" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`)
		return c.expect(`id="b"`)
	}
	if got := third(); !strings.Contains(got, "resource-constraint") {
		t.Errorf("the third session: %s", got)
	}
	for range 3 {
		s.account("jvb", "auth.meet.example", "jvbpw", "")
		s.guest() // over loopback
	}
	first.end()
	eventually(t, func() string {
		if got := third(); !strings.Contains(got, `type="result"`) {
			return got
		}
		return ""
	})
}

// Requests of clients leave room for what the rooms tell the focus.
func TestProxyLeavesRoom(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.LinkStanzas = 4 })
	if err := s.ClientProxy("focus.meet.example", MustJID("focus@auth.meet.example")); err != nil {
		t.Fatal(err)
	}
	focus := s.link("focus@auth.meet.example/focus")
	c := s.guest()
	request := `<iq id="r" to="focus.meet.example" type="set" xmlns="jabber:client"><conference xmlns="http://jitsi.org/protocol/focus"/></iq>`
	for range 3 {
		c.send(request)
	}
	c.expect(`id="r"`, "resource-constraint")
	room := MustJID("room@conference.meet.example/x")
	if err := s.Send(NewStanza(Presence, "", room, focus.JID())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []Kind{IQ, IQ, Presence} {
		if st := receive(t, focus); st.Kind != want {
			t.Errorf("the focus received %s, want a stanza of kind %s", st, want)
		}
	}
}
