package main

import (
	"fmt"
	"testing"
	"time"
)

// absence is how long the connection is cut.
const absence = 10 * time.Second

// A client whose WebSocket is cut for ten seconds resumes its session (XEP-0198): it is the same occupant all the time, what was sent
// meanwhile comes exactly once, in order, and what it sent last is not lost either.
func TestCutWebSocketResumes(t *testing.T) {
	t.Parallel() // it waits most of the time
	s := newSite(t, "meet.example")
	s.must(t, "register", "host", s.domain, "hostpw")
	s.start(t)
	room := s.room("tunnel")
	host, guest := overTCP(t, "host", s.tcpAddr()), overWebSocket(t, "guest", s.webSocketURL("tunnel"))
	openRoom(t, host, s, room)
	if failed := guest.logIn(t, "guest."+s.domain, "", ""); failed != nil {
		t.Fatal(failed)
	}
	id := guest.enableResumption(t)
	guest.requestConference(t, s.domain, room)
	guest.enter(t, room, guest.jid[:8])
	host.say(t, room, "before")
	guest.await(t, "the message before", says(room+"/host", "before"))
	guest.say(t, room, "last words")
	host.await(t, "what the guest said last", says(room+"/"+guest.nick, "last words"))

	guest.wire.cut()
	guest.awaitEnd(t)
	own := says(room+"/"+guest.nick, "last words")
	heard := guest.within(0, own) != nil // the room's echo was quicker than the cut
	const spoken = 10
	pace := time.NewTicker(absence / spoken)
	defer pace.Stop()
	for i := range spoken {
		<-pace.C
		host.say(t, room, fmt.Sprintf("meanwhile %d", i))
		host.await(t, "its own message", says(room+"/host", fmt.Sprintf("meanwhile %d", i)))
	}

	again := resume(t, s, guest, id)
	for i := range spoken {
		n := again.await(t, "the next message", func(n *node) bool { return n.is("message", "groupchat") && n.body("body") != "last words" })
		if want := fmt.Sprintf("meanwhile %d", i); n.body("body") != want {
			t.Fatalf("after resumption: %q, want %q", n.body("body"), want)
		}
	}
	again.say(t, room, "back")
	host.await(t, "what the guest says then", says(room+"/"+guest.nick, "back"))
	again.await(t, "its own words", says(room+"/"+guest.nick, "back"))
	if echo := again.within(0, own); (echo != nil) == heard {
		t.Errorf("the echo of its last words came on the old connection: %t; then %s on the new one", heard, echo)
	}
	if n := again.within(0, func(n *node) bool { return n.is("message", "") }); n != nil {
		t.Errorf("there is also %s", n)
	}
	if n := host.within(0, leaves(room+"/"+guest.nick)); n != nil {
		t.Errorf("the host saw the guest leave: %s", n)
	}
	if n := host.within(0, func(n *node) bool { return n.at("jingle").attr("action") == "session-terminate" }); n != nil {
		t.Errorf("the host's session ended: %s", n)
	}
}

// resume connects anew and continues a session; what the old connection had not delivered comes.
func resume(t *testing.T, s *site, before *person, id string) *person {
	t.Helper()
	// As lib-jitsi-meet does: an anonymous client gets its old address back by the id in the URL.
	again := overWebSocket(t, before.name+" again", s.webSocketURL("tunnel")+"&previd="+id)
	if failed := again.authenticate(t, "guest."+s.domain, "", ""); failed != nil {
		t.Fatal(failed)
	}
	_, got := before.counters()
	again.mu.Lock()
	again.counts, again.got, again.jid, again.nick = true, got, before.jid, before.nick
	again.mu.Unlock()
	again.send(t, "<resume xmlns='%s' h='%d' previd='%s'/>", nsSM, got, id)
	answer := again.await(t, "resumed", named("resumed", "failed"))
	if answer.name != "resumed" || answer.attr("previd") != id {
		t.Fatalf("resumption: %s", answer)
	}
	sent, _ := before.counters()
	if h := answer.attr("h"); h != fmt.Sprint(sent) {
		t.Errorf("the server has %s of the guest's stanzas, %d were sent", h, sent)
	}
	return again
}
