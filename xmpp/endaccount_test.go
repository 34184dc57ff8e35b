package xmpp

import (
	"fmt"
	"strings"
	"testing"
)

const pingMain = `<iq id="p" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`

func TestEndAccount(t *testing.T) {
	s := newTestServer(t)
	room := s.link("room@auth.meet.example/x")
	c := s.account("host", "meet.example", "hostpw", "desk")
	other := s.guest()
	c.send(`<presence to="room@auth.meet.example/x"/>`)
	receive(t, room)
	s.accounts.set("host@meet.example", "")
	s.EndAccount(MustJID("host@meet.example"), "the account was deleted")
	c.expect("<not-authorized", "the account was deleted")
	c.expectEnd()
	if st := receive(t, room); st.Type != "unavailable" {
		t.Errorf("received %s", st)
	}
	other.send(pingMain)
	other.expect(`id="p"`)
}

// Whoever has logged in with the new password before the server hears of it stays.
func TestNewPasswordsSessionsStay(t *testing.T) {
	s := newTestServer(t)
	before := s.account("host", "meet.example", "hostpw", "before")
	before.send(pingMain) // the last look at the password comes after the answer to bind
	before.expect(`id="p"`, "result")
	s.accounts.set("host@meet.example", "newpw")
	after := s.account("host", "meet.example", "newpw", "after")
	s.EndAccount(MustJID("host@meet.example"), "password changed")
	before.expect("<not-authorized", "password changed")
	before.expectEnd()
	after.send(pingMain)
	after.expect(`id="p"`, "result")
}

// A login with the old password is of no use any more, even if its session begins after the server has heard of the change.
func TestOldPasswordsLoginsEnd(t *testing.T) {
	s := newTestServer(t)
	for _, last := range []string{
		`<iq id="b" type="set"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`,
		`<resume h="0" previd="x" xmlns="urn:xmpp:sm:3"/>`,
	} {
		s.accounts.set("host@meet.example", "hostpw")
		c := s.login("host", "meet.example", "hostpw")
		s.accounts.set("host@meet.example", "newpw")
		s.EndAccount(MustJID("host@meet.example"), "password changed")
		c.send(last)
		c.expect("<not-authorized", "the account has changed")
		c.expectEnd()
	}
	eventually(t, func() string {
		if n := s.Stats().Sessions; n > 0 {
			return fmt.Sprintf("%d sessions are left", n)
		}
		return ""
	})
}

// A session goes by the password that its client has come back with.
func TestResumedWithTheNewPassword(t *testing.T) {
	s := newTestServer(t)
	c := s.account("host", "meet.example", "hostpw", "desk")
	c.enable()
	s.accounts.set("host@meet.example", "newpw")
	again := s.login("host", "meet.example", "newpw")
	again.send(fmt.Sprintf(`<resume h="0" previd="%s" xmlns="urn:xmpp:sm:3"/>`, c.id))
	again.expect("<resumed")
	s.EndAccount(MustJID("host@meet.example"), "password changed")
	again.send(strings.Replace(pingMain, ` xmlns="jabber:client"`, "", 1))
	again.expect(`id="p"`, "result")
}
