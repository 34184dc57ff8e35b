package xmpp

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A client that says nothing is asked, and cut if it does not answer.
func TestSilentClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t, Limits{})
		c := s.dialTCP()
		c.loginTCPGuest()
		start := time.Now()
		c.expect(`<ping xmlns="urn:xmpp:ping"/>`)
		if d := time.Since(start); d != 60*time.Second {
			t.Errorf("asked after %v, want 1m", d)
		}
		c.send(`<iq type="result" id="whatever" to="guest.meet.example"/>`)
		c.expect(`<ping xmlns="urn:xmpp:ping"/>`)
		start = time.Now()
		c.expectEnd()
		if d := time.Since(start); d != 60*time.Second {
			t.Errorf("cut after %v, want 1m", d)
		}
	})
}

// bubbleServer is a server inside a bubble of testing/synctest: no HTTP, pipes for connections.
func bubbleServer(t *testing.T, l Limits) *testServer {
	srv, err := New(Config{Hosts: []Host{{Name: "guest.meet.example", Auth: AuthAnonymous}}, Limits: l}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return &testServer{Server: srv, t: t, patience: time.Hour}
}

// An element must be complete in time, however the client spreads its bytes.
func TestTricklingClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t, Limits{PreAuthTime: time.Hour})
		c := s.dialTCP()
		c.send(strings.Replace(tcpOpen, "%s", "guest.meet.example", 1))
		c.expect("ANONYMOUS")
		start := time.Now()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for c.send("<auth"); ; c.send(" ") {
				select {
				case <-time.After(time.Second):
				case <-stop:
					return
				}
			}
		})
		c.expectEnd()
		close(stop)
		if d := time.Since(start); d > 31*time.Second {
			t.Errorf("cut after %v, want 30s", d)
		}
		wg.Wait()
	})
}

// A client that does not read is cut off when too much waits for it, and nobody else has to wait.
func TestSlowReader(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.QueueBytes = 64 << 10 })
	slow, quick := s.account("host", "meet.example", "hostpw", "slow"), s.guest()
	room := s.link("room@auth.meet.example/x")
	slow.send(`<presence to="room@auth.meet.example/x"/>`)
	receive(t, room)
	text := strings.Repeat("x", 1000)
	start := time.Now()
	for range 200 {
		_ = room.Send(NewStanza(Message, "groupchat", JID{}, slow.jid, body(text)))
	}
	_ = room.Send(NewStanza(Message, "groupchat", JID{}, quick.jid, body("done")))
	quick.expect("done")
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the others wait %v", d)
	}
	for {
		if st := receive(t, room); st.Kind == Presence && st.Type == "unavailable" && st.From == slow.jid {
			break
		}
	}
	eventually(t, func() string {
		if s.Stats().Ended["queue full"] == 0 {
			return "the end for a full queue is not counted"
		}
		return ""
	})
}
