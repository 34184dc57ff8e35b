package muc

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/xmpp"
)

// Somebody who sends large things cannot fill the others' lines with them: presence comes later, the rest is refused.
func TestBytesBeyondTheRate(t *testing.T) {
	big := strings.Repeat("x", 50<<10)
	inService(t, func(c *Config, _ *Deps) { c.Limits.Bytes = Rate{PerSecond: 10 << 10, Burst: 120 << 10} }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		for range 10 {
			s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/ana"><a>%s</a></presence>`, confDomain, big))
		}
		if n := len(s.got(focusJID)); n != 2 {
			t.Errorf("%d large presences were published at once, want 2", n)
		}
		s.do(t, ana, fmt.Sprintf(`<message id="m" type="groupchat" to="r@%s"><body>%s</body></message>`, confDomain, big))
		s.do(t, ana, fmt.Sprintf(`<message id="m" type="chat" to="r@%s/focus"><body>%s</body></message>`, confDomain, big))
		s.do(t, ana, fmt.Sprintf(`<iq id="m" type="get" to="r@%s/focus"><q xmlns="y">%s</q></iq>`, confDomain, big))
		if got := s.got(focusJID); len(got) != 0 {
			t.Errorf("%d large stanzas got through", len(got))
		}
		s.forget()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.mustGet(t, focusJID, "<a>xxx")
	})
}

// What stands in the start tag counts too.
func TestLargeStartTag(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ana, fmt.Sprintf(`<message id="m" type="groupchat" to="r@%s" a="%s"><body>x</body></message>`, confDomain, strings.Repeat("x", 65<<10)))
		s.mustGet(t, ana, "policy-violation")
	})
}

// Nobody enters and leaves for ever, and guesses of the password count as entering.
func TestJoinRate(t *testing.T) {
	join := fmt.Sprintf(`<presence to="r@%s/ana"><x xmlns="http://jabber.org/protocol/muc"><password>wrong</password></x></presence>`, confDomain)
	leave := fmt.Sprintf(`<presence type="unavailable" to="r@%s/ana"/>`, confDomain)
	lock := fmt.Sprintf(`<iq id="c" type="set" to="r@%s"><query xmlns="http://jabber.org/protocol/muc#owner"><x xmlns="jabber:x:data" type="submit">`+
		`<field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field>`+
		`<field var="muc#roomconfig_roomsecret"><value>1234</value></field></x></query></iq>`, confDomain)
	for _, locked := range []bool{false, true} {
		t.Run(fmt.Sprintf("locked %v", locked), func(t *testing.T) {
			inService(t, func(c *Config, _ *Deps) { c.Limits.Join = Rate{PerSecond: 1, Burst: 3} }, func(t *testing.T, s *ourStage) {
				s.joinAs(t, focusJID, "r", "focus")
				if locked {
					s.do(t, focusJID, lock)
				}
				refused := 0
				for range 5 {
					s.forget()
					s.do(t, ana, join)
					for _, st := range s.got(ana) {
						refused += strings.Count(st, "policy-violation")
					}
					s.do(t, ana, leave)
				}
				if refused != 2 {
					t.Errorf("%d of 5 entries were too fast, want 2", refused)
				}
				s.forget()
				s.do(t, ben, strings.Replace(join, "/ana", "/ben", 1))
				if got := strings.Join(s.got(ben), ""); strings.Contains(got, "policy-violation") {
					t.Errorf("another's haste counts: %s", got)
				}
			})
		})
	}
}

func TestJoinRateForgets(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		x := &joinRate{r: &room{svc: s.svc}, accounts: make(map[xmpp.JID]*bucket)}
		for i := range 3 * joinRateAccounts {
			if err := x.beforeJoin(&join{from: xmpp.MustJID(fmt.Sprintf("u%d@guest.meet.example/x", i))}); err != nil {
				t.Fatal(err)
			}
		}
		if len(x.accounts) > joinRateAccounts {
			t.Errorf("%d accounts are remembered", len(x.accounts))
		}
	})
}

// Who is not in the room can refuse an invitation, but not flood somebody through the room.
func TestDeclinesAreFew(t *testing.T) {
	inService(t, func(c *Config, _ *Deps) { c.Limits.Decline = Rate{PerSecond: 1, Burst: 2} }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		for range 5 {
			s.do(t, ben, fmt.Sprintf(`<message to="r@%s"><x xmlns="http://jabber.org/protocol/muc#user"><decline to="%s"/></x></message>`, confDomain, ana))
		}
		if n := len(s.got(ana)); n != 2 {
			t.Errorf("%d refusals arrived, want 2", n)
		}
	})
}

func TestReservedNicks(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "other")
		for _, nick := range []string{"focus", "jvb", "Focus"} {
			s.forget()
			s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/%s">%s</presence>`, confDomain, nick, joinX))
			s.mustGet(t, ana, `type="error"`, "<conflict")
		}
		s.joinAs(t, focusJID, "r", "other")
	})
}

// Clients read some of what the server says of somebody without looking at the namespace.
func TestForgeriesInOtherNamespaces(t *testing.T) {
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/ana" xmlns:y="urn:y"><identity xmlns="urn:x"><user><name>Boss</name></user></identity>`+
			`<y:permissions/><z:x xmlns:z="http://jabber.org/protocol/muc#user"><status code="110"/></z:x><kept xmlns="urn:x"/></presence>`, confDomain))
		for _, st := range s.got(focusJID) {
			if !strings.Contains(st, "<kept") || strings.Contains(st, "identity") || strings.Contains(st, "permissions") || strings.Contains(st, "110") {
				t.Errorf("the focus got %s", st)
			}
		}
	})
}

// Stock clients find what the server says by name and by an attribute called xmlns, in whatever namespace that is, so that an element
// can look to them like one that only the server may send.
func TestWhatLooksForgedIsCutOutToo(t *testing.T) {
	const user = "http://jabber.org/protocol/muc#user"
	x := `<item jid="focus@auth.meet.example/focus" affiliation="owner" role="moderator"/><status code="110"/>`
	for name, forged := range map[string]string{
		"a prefix":                             `<p:x xmlns:p="urn:x" xmlns="` + user + `">` + x + `</p:x>`,
		"an attribute with a prefix":           `<x xmlns="urn:x" xmlns:p="urn:y" p:xmlns="` + user + `">` + x + `</x>`,
		"a prefix, written otherwise":          `<p:x xmlns:p="urn:x" xmlns="http://jabber.org/protocol/muc&#35;user">` + x + `</p:x>`,
		"a prefix, and more without namespace": `<p:x xmlns:p="urn:x" p:xmlns="urn:y" xmlns="` + user + `">` + x + `</p:x>`,
		"an occupant-id":                       `<p:occupant-id xmlns:p="urn:x" xmlns="urn:xmpp:occupant-id:0" id="focus@auth.meet.example"/>`,
	} {
		inService(t, nil, func(t *testing.T, s *ourStage) {
			s.joinAs(t, focusJID, "r", "focus")
			s.joinAs(t, ben, "r", "ben")
			s.do(t, ana, fmt.Sprintf(`<presence to="r@%s/ana">%s%s</presence>`, confDomain, joinX, forged))
			s.do(t, ana, fmt.Sprintf(`<message type="groupchat" to="r@%s">%s<body>a</body></message>`, confDomain, forged))
			s.do(t, ana, fmt.Sprintf(`<message type="chat" to="r@%s/ben">%s<body>a</body></message>`, confDomain, forged))
			all := s.got(ben)
			if len(all) != 3 {
				t.Errorf("%s: Ben got %q", name, all)
			}
			for _, got := range all {
				if strings.Contains(got, "focus@auth.meet.example") {
					t.Errorf("%s: Ben got %s", name, got)
				}
			}
		})
	}
	delay := fmt.Sprintf(`<p:delay xmlns:p="urn:x" xmlns="urn:xmpp:delay" from="r@%s" stamp="2001-01-01T00:00:00Z"/>`, confDomain)
	inService(t, nil, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		s.do(t, ana, fmt.Sprintf(`<message type="groupchat" to="r@%s">%s<body>a</body></message>`, confDomain, delay))
		if all := s.got(focusJID); len(all) != 1 || strings.Contains(all[0], "2001") {
			t.Errorf("the focus got %q", all)
		}
	})
}

// Messages that come back are passed on to who sent them, but are no way around the limits, nor around what only the server says.
func TestMessageErrorsAreLimited(t *testing.T) {
	inService(t, func(c *Config, _ *Deps) { c.Limits.Private = Rate{PerSecond: 1, Burst: 5} }, func(t *testing.T, s *ourStage) {
		s.joinAs(t, focusJID, "r", "focus")
		s.joinAs(t, ana, "r", "ana")
		for range 50 {
			s.do(t, ana, fmt.Sprintf(`<message type="error" id="m" to="r@%s/focus"><x xmlns="http://jabber.org/protocol/muc#user"><status code="110"/></x>`+
				`<error type="cancel"><feature-not-implemented xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`, confDomain))
		}
		all := s.got(focusJID)
		if len(all) != 5 {
			t.Errorf("%d of 50 errors arrived, want the burst of 5", len(all))
		}
		for _, got := range all {
			if strings.Contains(got, "110") || !strings.Contains(got, "feature-not-implemented") {
				t.Errorf("the focus got %s", got)
			}
		}
		if got := s.got(ana); len(got) > 0 {
			t.Errorf("errors are answered: %q", got)
		}
	})
}

// query is a change of the room r, by an owner or admin.
func query(by, content string) string {
	return fmt.Sprintf(`<iq type="set" id="c" to="r@%s"><query xmlns="http://jabber.org/protocol/muc#%s">%s</query></iq>`, confDomain, by, content)
}

// items repeats an item with its number for N.
func items(n int, item string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(item, "N", fmt.Sprint(i)))
	}
	return b.String()
}

// What owners and moderators change is said to everybody, so that it has a bound as well, however few words it takes to ask for it.
func TestChangesAreLimited(t *testing.T) {
	form := `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field>` +
		`<field var="muc#roomconfig_roomname"><value>%d</value></field></x>`
	for name, request := range map[string]func(i int) string{
		"roles": func(int) string {
			return query("admin", items(400, `<item nick="ben" role="visitor"/><item nick="ben" role="participant"/>`))
		},
		"affiliations": func(i int) string {
			return query("admin", items(600, fmt.Sprintf(`<item jid="N@x%d.example" affiliation="member"/>`, i%5)))
		},
		"configurations": func(i int) string { return query("owner", fmt.Sprintf(form, i)) },
		"invitations": func(int) string {
			return fmt.Sprintf(`<message to="r@%s"><x xmlns="http://jabber.org/protocol/muc#user">%s</x></message>`, confDomain, items(1000, `<invite to="`+ben.String()+`"/>`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inService(t, nil, func(t *testing.T, s *ourStage) { changesAreLimited(t, s, name, request) })
		})
	}
}

func changesAreLimited(t *testing.T, s *ourStage, name string, request func(i int) string) {
	s.joinAs(t, focusJID, "r", "focus")
	s.do(t, ben, fmt.Sprintf(`<presence to="r@%s/ben">%s<a>%s</a></presence>`, confDomain, joinX, strings.Repeat("x", 10<<10)))
	s.do(t, focusJID, query("admin", `<item jid="ana@meet.example" affiliation="owner"/>`))
	if name != "invitations" { // for those it need not even be in the room
		s.joinAs(t, ana, "r", "ana")
	}
	s.forget()
	for i := range 200 {
		s.do(t, ana, request(i))
	}
	bytes := 0
	for _, got := range s.got(ben) {
		bytes += len(got)
	}
	if most := s.svc.cfg.Limits.Bytes.Burst * 2; bytes > most {
		t.Errorf("Ben is sent %d bytes at once, want %d at most", bytes, most)
	}
	if all := s.got(ana); len(all) == 0 || !strings.Contains(all[len(all)-1], "policy-violation") {
		t.Errorf("the last request is answered %v", all[max(0, len(all)-1):])
	}
	time.Sleep(time.Hour)
	s.forget()
	s.do(t, ana, query("admin", `<item nick="ben" role="visitor"/>`))
	if all := s.got(ben); len(all) != 1 && name != "invitations" {
		t.Errorf("later Ben is told %d times", len(all))
	}
	s.do(t, focusJID, query("admin", items(1000, `<item jid="N@y.example" affiliation="member"/>`))) // the focus has no limit
	if n := len(s.got(ben)); n < 1000 {
		t.Errorf("of the focus's 1000 changes Ben hears %d", n)
	}
}
