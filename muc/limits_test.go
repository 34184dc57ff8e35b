package muc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/xmpp"
)

const joinX = `<x xmlns="http://jabber.org/protocol/muc"/>`

// joinAs enters a room and forgets what that brought.
func (s *ourStage) joinAs(t *testing.T, j xmpp.JID, room, nick string) {
	t.Helper()
	s.do(t, j, fmt.Sprintf(`<presence to="%s@%s/%s">%s</presence>`, room, confDomain, nick, joinX))
	s.forget()
}

// forget drops what has arrived so far.
func (s *ourStage) forget() {
	s.router.mu.Lock()
	defer s.router.mu.Unlock()
	clear(s.router.sent)
}

// got returns all that has arrived for j, as text.
func (s *ourStage) got(j xmpp.JID) []string {
	var all []string
	for {
		st, ok := s.router.next(j)
		if !ok {
			return all
		}
		all = append(all, st.String())
	}
}

// mustGet checks that exactly one stanza arrived for j, with all of the parts.
func (s *ourStage) mustGet(t *testing.T, j xmpp.JID, parts ...string) {
	t.Helper()
	all := s.got(j)
	if len(all) != 1 {
		t.Fatalf("%s got %d stanzas, want 1: %s", j, len(all), strings.Join(all, "\n"))
	}
	for _, p := range parts {
		if !strings.Contains(all[0], p) {
			t.Errorf("%s got %s, which lacks %s", j, all[0], p)
		}
	}
}

var (
	ana = xmpp.MustJID("ana@meet.example/phone")
	ben = xmpp.MustJID("ben@meet.example/tab")
)

// Presence is a snapshot, so that of several in a hurry the last one is enough, and it is never lost.
func TestPresenceBeyondTheRateIsPublishedLater(t *testing.T) {
	inService(t, func(c *Config, _ *Deps) { c.Limits.Presence = Rate{PerSecond: 2, Burst: 3} }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		for i := range 50 {
			s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/ana"><SourceInfo>%d</SourceInfo></presence>`, confDomain, i))
		}
		if n := len(s.got(focusJID)); n != 3 {
			t.Errorf("the focus got %d presences at once, want the burst of 3", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.mustGet(t, focusJID, "<SourceInfo>49</SourceInfo>")
		time.Sleep(time.Hour)
		if rest := s.got(focusJID); len(rest) > 0 {
			t.Errorf("more came: %v", rest)
		}
		for i := range 100 { // the service's own are not limited
			s.do(t, focusJID, fmt.Sprintf(`<presence to="r@%s/focus"><a>%d</a></presence>`, confDomain, i))
		}
		if n := len(s.got(focusJID)); n != 100 {
			t.Errorf("of the focus's 100 presences %d were published", n)
		}
	})
}

func TestMessagesBeyondTheRateAreRefused(t *testing.T) {
	slow := Rate{PerSecond: 1, Burst: 2}
	inService(t, func(c *Config, _ *Deps) { c.Limits.Groupchat, c.Limits.Private = slow, slow }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		for _, to := range []string{`type="groupchat" to="r@` + confDomain.String(), `type="chat" to="r@` + confDomain.String() + "/focus"} {
			s.forget()
			for range 3 {
				s.do(t, ana, `<message id="m" `+to+`"><body>x</body></message>`)
			}
			if n := len(s.got(focusJID)); n != 2 {
				t.Errorf("%s: %d of 3 messages arrived, want 2", to, n)
			}
			all := s.got(ana)
			if last := all[len(all)-1]; !strings.Contains(last, "policy-violation") || !strings.Contains(last, `type="wait"`) {
				t.Errorf("%s: the third is answered %s", to, last)
			}
		}
	})
}

func TestTooLargeIsRefused(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ana, fmt.Sprintf(`<message id="m" type="groupchat" to="r@%s"><body>%s</body></message>`, confDomain, strings.Repeat("x", 65<<10)))
		s.mustGet(t, ana, `type="error"`, "policy-violation")
		if got := s.got(focusJID); len(got) > 0 {
			t.Errorf("the focus got %d bytes", len(got[0]))
		}
	})
}

func TestRoomLimits(t *testing.T) {
	inService(t, func(c *Config, _ *Deps) { c.MaxRooms, c.MaxOccupants = 1, 1 }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ben, fmt.Sprintf(`<presence to="r@%s/ben">%s</presence>`, confDomain, joinX))
		s.mustGet(t, ben, `type="error"`, "service-unavailable", "The room is full")
		s.do(t, focusJID, fmt.Sprintf(`<presence to="r2@%s/focus">%s</presence>`, confDomain, joinX))
		s.mustGet(t, focusJID, `type="error"`, "resource-constraint", "as many rooms")
		s.do(t, ana, fmt.Sprintf(`<presence type="unavailable" to="r@%s/ana"/>`, confDomain))
		s.do(t, focusJID, fmt.Sprintf(`<presence type="unavailable" to="r@%s/focus"/>`, confDomain))
		s.forget()
		s.do(t, focusJID, fmt.Sprintf(`<presence to="r2@%s/focus">%s</presence>`, confDomain, joinX))
		if got := s.got(focusJID); len(got) != 2 || !strings.Contains(got[0], `code="201"`) {
			t.Errorf("when the first room is gone the second opens with %v", got)
		}
	})
}

// The owners' limit is below the service's; the focus does not count.
func TestOwnersLimitOccupants(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.do(t, focusJID, fmt.Sprintf(`<iq type="set" id="1" to="r@%s"><query xmlns="http://jabber.org/protocol/muc#owner">`+
			`<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field>`+
			`<field var="muc#roomconfig_maxusers"><value>1</value></field></x></query></iq>`, confDomain))
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ben, fmt.Sprintf(`<presence to="r@%s/ben">%s</presence>`, confDomain, joinX))
		s.mustGet(t, ben, "service-unavailable")
	})
}

func TestNicks(t *testing.T) {
	for _, c := range []struct{ nick, condition string }{
		{"1a2b3c4d", ""}, {"Ana_2", ""}, {"_x", "not-allowed"}, {"a-b", "not-allowed"}, {"ü", "not-allowed"}, {"a b", "not-allowed"},
		{"  ", "not-allowed"},
	} {
		inService(t, nil, func(t *testing.T, s *ourStage) {
			s.joinAs(t, focusJID, "r", "focus")
			s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/%s">%s</presence>`, confDomain, c.nick, joinX))
			got := strings.Join(s.got(ana), "")
			if c.condition == "" && !strings.Contains(got, `code="110"`) || !strings.Contains(got, c.condition) {
				t.Errorf("nick %q: %s, want %q", c.nick, got, c.condition)
			}
		})
	}
}

func TestOnlyAllowedDomainsEnterTheBrewery(t *testing.T) {
	jvb := xmpp.MustJID("jvb@auth.meet.example/a1")
	inService(t, func(c *Config, _ *Deps) { *c = BreweryConfig(confDomain, "auth.meet.example") }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "jvbbrewery", "focus")
		s.do(t, ana, fmt.Sprintf(`<presence to="jvbbrewery@%s/ana">%s</presence>`, confDomain, joinX))
		s.mustGet(t, ana, "forbidden")
		s.do(t, jvb, fmt.Sprintf(`<presence to="jvbbrewery@%s/jvb-7.host">%s</presence>`, confDomain, joinX))
		if got := s.got(jvb); len(got) != 3 || !strings.Contains(got[1], `code="110"`) {
			t.Errorf("the bridge got %v", got)
		}
	})
}

// Someone whose queue takes no more has lost part of the room's state; the others are not held up and see them go.
func TestLostOccupantIsRemoved(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.joinAs(t, ben, "r", "ben")
		s.router.refuse = map[xmpp.JID]error{ana: xmpp.ErrQueueFull}
		s.do(t, ben, fmt.Sprintf(`<message type="groupchat" id="m" to="r@%s"><body>x</body></message>`, confDomain))
		got := s.got(focusJID)
		if len(got) != 2 || !strings.Contains(got[1], `from="r@conference.meet.example/ana"`) || !strings.Contains(got[1], `code="333"`) {
			t.Errorf("the focus got %v", got)
		}
		if st := s.svc.Stats(); st.Lost != 1 || st.Occupants != 2 {
			t.Errorf("%+v", st)
		}
		s.do(t, focusJID, fmt.Sprintf(`<presence type="unavailable" to="r@%s/focus"/>`, confDomain))
		s.do(t, ben, fmt.Sprintf(`<presence type="unavailable" to="r@%s/ben"/>`, confDomain))
	})
}

// TestShutdown: everybody is told, status 332, and nothing is taken any more.
func TestShutdown(t *testing.T) {
	var stage *ourStage
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.joinAs(t, focusJID, "r2", "focus")
		stage = s
	})
	stage.mustGet(t, ana, `type="unavailable"`, `<status code="332"/>`, `role="none"`, `<status code="110"/>`)
	if n := len(stage.got(focusJID)); n != 2 {
		t.Errorf("the focus was told %d times, want once for each room", n)
	}
	st, _ := xmpp.ParseStanza([]byte(`<presence from="focus@auth.meet.example/focus" to="r@conference.meet.example/focus">` + joinX + `</presence>`))
	if err := stage.svc.Deliver(st); !errors.Is(err, xmpp.ErrClosed) {
		t.Errorf("afterwards Deliver says %v", err)
	}
}

// The same account under the same nick: its earlier session is nearly always dead, and goes before the new one comes.
func TestSecondSessionReplacesTheFirst(t *testing.T) {
	ana2 := xmpp.MustJID("ana@meet.example/new")
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ana2, fmt.Sprintf(`<presence to="r@%s/ana">%s</presence>`, confDomain, joinX))
		got := s.got(focusJID)
		if len(got) != 2 || !strings.Contains(got[0], `type="unavailable"`) || !strings.Contains(got[0], ana.String()) || !strings.Contains(got[1], ana2.String()) {
			t.Errorf("the focus got %v", got)
		}
		s.mustGet(t, ana, `type="unavailable"`, "Replaced", `code="110"`)
		if got := s.got(ana2); len(got) != 3 || !strings.Contains(got[1], `code="110"`) {
			t.Errorf("the new session got %v", got)
		}
		// The old session's end is not the new one's.
		s.do(t, ana, fmt.Sprintf(`<presence type="unavailable" to="r@%s/ana"/>`, confDomain))
		if got := s.got(focusJID); len(got) > 0 {
			t.Errorf("then the focus got %v", got)
		}
	})
}

func TestKickEndsMembership(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		admin := func(item string) {
			s.do(t, focusJID, fmt.Sprintf(`<iq type="set" id="1" to="r@%s"><query xmlns="http://jabber.org/protocol/muc#admin">%s</query></iq>`, confDomain, item))
		}
		admin(`<item affiliation="member" jid="ana@meet.example"/>`)
		s.forget()
		admin(`<item role="none" nick="ana"/>`)
		s.mustGet(t, ana, `<status code="307"/>`, `affiliation="none"`)
		s.forget()
		s.do(t, focusJID, fmt.Sprintf(`<iq type="get" id="1" to="r@%s"><query xmlns="http://jabber.org/protocol/muc#admin"><item affiliation="member"/></query></iq>`, confDomain))
		s.mustGet(t, focusJID, `type="result"`, `<query xmlns="http://jabber.org/protocol/muc#admin"/>`)
	})
}

// One occupant sends as fast as it can and is refused what is too much; the others are heard meanwhile.
func TestFloodHarmsNobodyElse(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.joinAs(t, ben, "r", "ben")
		flood, err := xmpp.ParseStanza(fmt.Appendf(nil, `<message type="groupchat" id="m" from="%s" to="r@%s"><body>spam</body></message>`, ana, confDomain))
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for range 20000 {
			if err := s.svc.Deliver(flood); errors.Is(err, xmpp.ErrQueueFull) {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		s.do(t, ben, fmt.Sprintf(`<message type="groupchat" id="m" to="r@%s"><body>important</body></message>`, confDomain))
		got := s.got(focusJID)
		burst := s.svc.cfg.Limits.Groupchat.Burst
		if n := len(got); n != burst+1 || !strings.Contains(strings.Join(got, ""), "important") {
			t.Errorf("the focus got %d messages, want %d with Ben's; %d were refused", n, burst+1, refused)
		}
	})
}
