package main

import (
	"testing"
	"time"
)

// promptly is how soon an account's change ends its sessions.
const promptly = 2 * time.Second

// A changed password and a deleted account end the account's sessions on the running server, whichever way they came, and nobody
// else's; only the new password logs in.
func TestAccountChangesEndSessions(t *testing.T) {
	s := newSite(t, "meet.example")
	s.start(t)
	s.must(t, "register", "ana", s.domain, "old")
	s.must(t, "register", "ben", s.domain, "his")
	other := overTCP(t, "ben", s.tcpAddr())
	if failed := other.logIn(t, s.domain, "ben", "his"); failed != nil {
		t.Fatalf("ben cannot log in: %s", failed)
	}
	for _, change := range []struct {
		name, password, next string
		args                 []string
	}{
		{"passwd", "old", "new", []string{"passwd", "ana", s.domain, "new"}},
		{"deluser", "new", "", []string{"deluser", "ana", s.domain}},
	} {
		t.Run(change.name, func(t *testing.T) {
			sessions := []*person{overWebSocket(t, "over WebSocket", s.webSocketURL("x")), overTCP(t, "over TCP", s.tcpAddr()), overBOSH(t, "over BOSH", s.boshURL("x"))}
			for _, p := range sessions {
				if failed := p.logIn(t, s.domain, "ana", change.password); failed != nil {
					t.Fatalf("%s cannot log in: %s", p.name, failed)
				}
			}
			s.must(t, change.args...)
			start := time.Now()
			anew := overTCP(t, "anew", s.tcpAddr())
			if change.next != "" {
				if failed := anew.logIn(t, s.domain, "ana", change.next); failed != nil {
					t.Errorf("the new password does not log in: %s", failed)
				}
			}
			for _, p := range sessions {
				end := p.await(t, "a stream error", named("error"))
				t.Logf("%s: %s after %s", p.name, end, time.Since(start))
				p.awaitEnd(t)
			}
			if took := time.Since(start); took > promptly {
				t.Errorf("the sessions ended %s after the command, want within %s", took, promptly)
			}
			if again := overTCP(t, "again", s.tcpAddr()); again.logIn(t, s.domain, "ana", change.password) == nil {
				t.Errorf("the password of before %s still logs in", change.name)
			}
			if change.next != "" {
				if answer := anew.ask(t, "anew", "<iq xmlns='%s' type='get' id='anew' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>", nsClient, s.domain); !answer.is("iq", "result") {
					t.Errorf("the session of the new password: %s", answer)
				}
			}
		})
	}
	if answer := other.ask(t, "still", "<iq xmlns='%s' type='get' id='still' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>", nsClient, s.domain); !answer.is("iq", "result") {
		t.Errorf("the other account's session: %s", answer)
	}
}
