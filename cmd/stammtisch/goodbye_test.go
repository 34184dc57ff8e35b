package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// farewellTime is how long the end of a server may take.
const farewellTime = 5 * time.Second

// openRoom makes the host create the room and enter it.
func openRoom(t *testing.T, host *person, s *site, room string) {
	t.Helper()
	if failed := host.logIn(t, s.domain, "host", "hostpw"); failed != nil {
		t.Fatalf("the host cannot log in: %s", failed)
	}
	if answer := host.requestConference(t, s.domain, room); answer.at("conference").attr("ready") != "true" {
		t.Fatalf("conference request: %s", answer)
	}
	host.enter(t, room, "host")
}

// joinRoom makes a guest enter a room that somebody opened.
func joinRoom(t *testing.T, guest *person, s *site, room string) {
	t.Helper()
	if failed := guest.logIn(t, "guest."+s.domain, "", ""); failed != nil {
		t.Fatalf("%s cannot log in: %s", guest.name, failed)
	}
	if answer := guest.requestConference(t, s.domain, room); answer.at("conference").attr("ready") != "true" {
		t.Fatalf("conference request: %s", answer)
	}
	guest.enter(t, room, guest.jid[:8])
}

// SIGTERM: everybody in the room is told, by the room and by the stream, over each transport, and the process ends in time.
func TestTerminationSaysGoodbye(t *testing.T) {
	s := newSite(t, "meet.example")
	s.must(t, "register", "host", s.domain, "hostpw")
	server := s.start(t)
	room := s.room("farewell")
	host, bosh, tcp := overWebSocket(t, "WebSocket", s.webSocketURL("farewell")), overBOSH(t, "BOSH", s.boshURL("farewell")), overTCP(t, "TCP", s.tcpAddr())
	openRoom(t, host, s, room)
	joinRoom(t, bosh, s, room)
	joinRoom(t, tcp, s, room)
	host.enableResumption(t)
	took, code := server.signal(t, syscall.SIGTERM)
	if code != exitOK || took > farewellTime {
		t.Errorf("the process ended after %s with exit %d, want 0 within %s", took, code, farewellTime)
	}
	for _, p := range []*person{host, bosh, tcp} {
		gone := p.await(t, "the room's goodbye", leaves(room+"/"+p.nick))
		if !gone.has("332") {
			t.Errorf("%s: the room's goodbye has no status 332: %s", p.name, gone)
		}
		if end := p.await(t, "the stream's goodbye", named("error")); end.at("system-shutdown") == nil {
			t.Errorf("%s: the stream's goodbye is %s", p.name, end)
		}
		if err := p.awaitEnd(t); p == bosh && !strings.HasPrefix(err.Error(), "terminate") {
			t.Errorf("BOSH ended by %v", err)
		}
	}
	t.Logf("ended after %s", took)
}

// A closed terminal (SIGHUP) ends the server as politely, though it comes twice: the shell passes it on, and then the terminal sends it.
func TestClosedTerminalSaysGoodbye(t *testing.T) {
	s := newSite(t, "meet.example")
	server := s.start(t)
	guest := overTCP(t, "guest", s.tcpAddr())
	if failed := guest.logIn(t, "guest."+s.domain, "", ""); failed != nil {
		t.Fatal(failed)
	}
	if err := server.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = server.cmd.Process.Signal(syscall.SIGHUP) // it may have ended already
	select {
	case <-server.done:
	case <-time.After(patience):
		t.Fatal("the process does not end")
	}
	if code := server.cmd.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("the process ended with exit %d, want 0", code)
	}
	if end := guest.await(t, "the stream's goodbye", named("error")); end.at("system-shutdown") == nil {
		t.Errorf("the stream's goodbye is %s", end)
	}
}
