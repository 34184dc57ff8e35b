package muc

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"stammtisch/xmpp"
)

// onServer runs a rooms service as a component of a real server.
func onServer(t *testing.T) (*xmpp.Server, *Service) {
	t.Helper()
	srv, err := xmpp.New(xmpp.Config{Hosts: []xmpp.Host{
		{Name: "guest.meet.example", Auth: xmpp.AuthAnonymous}, {Name: "auth.meet.example", Auth: xmpp.AuthAnonymous},
	}}, xmpp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	svc, err := New(ConferenceConfig(confDomain), Deps{Router: srv, Admins: []xmpp.JID{focusJID.Bare()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Component(confDomain.String(), svc); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for _, run := range []func(context.Context) error{srv.Run, svc.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return srv, svc
}

func link(t *testing.T, srv *xmpp.Server, j string) xmpp.Link {
	t.Helper()
	l, err := srv.NewLink(xmpp.MustJID(j))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// receive returns the next stanza for l, which must have all the parts.
func receive(t *testing.T, l xmpp.Link, parts ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	st, err := l.Receive(ctx)
	if err != nil {
		t.Fatalf("%s waits for %q: %v", l.JID(), parts, err)
	}
	for _, p := range parts {
		if !strings.Contains(st.String(), p) {
			t.Fatalf("%s got %s, which lacks %s", l.JID(), st, p)
		}
	}
}

func enter(t *testing.T, l xmpp.Link, room, nick string) {
	t.Helper()
	to := xmpp.MustJID(room + "@" + confDomain.String() + "/" + nick)
	if err := l.Send(xmpp.NewStanza(xmpp.Presence, "", l.JID(), to, xmpp.NewElement(xmpp.NSMUC, "x"))); err != nil {
		t.Fatal(err)
	}
}

// A session that ends leaves its rooms, and a room that everybody left is gone, on the real router.
func TestSessionsEndOnTheRealServer(t *testing.T) {
	srv, svc := onServer(t)
	focus, guest := link(t, srv, "focus@auth.meet.example/focus"), link(t, srv, "g1@guest.meet.example/tab")
	enter(t, guest, "r", "guest")
	receive(t, guest, `type="error"`, "Room creation is restricted")
	enter(t, focus, "r", "focus")
	receive(t, focus, `code="201"`)
	receive(t, focus, "<subject/>")
	enter(t, guest, "r", "guest")
	receive(t, guest, "r@conference.meet.example/focus")
	receive(t, guest, `code="110"`)
	receive(t, guest, "<subject/>")
	receive(t, focus, "r@conference.meet.example/guest")
	guest.Close()
	receive(t, focus, `type="unavailable"`, "r@conference.meet.example/guest")
	focus.Close()
	until(t, "the room is gone", func() bool { st := svc.Stats(); return st.Rooms == 0 && st.Occupants == 0 && st.RoomsCreated == 1 })
}

// until polls for what has to come about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(10*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("still waiting: ", what)
		}
	}
}

// Many people come and go at once, in rooms that end and begin meanwhile. Whoever stays is known, and in the end nothing is left.
func TestComingAndGoing(t *testing.T) {
	srv, svc := onServer(t)
	const rooms, people, rounds = 3, 8, 15
	var wg sync.WaitGroup
	for r := range rooms {
		for p := range people {
			wg.Go(func() {
				for i := range rounds {
					j := fmt.Sprintf("p%d-%d@guest.meet.example/s%d", r, p, i)
					if p == 0 {
						j = fmt.Sprintf("focus@auth.meet.example/%d-%d", r, i) // opens the room
					}
					l, err := srv.NewLink(xmpp.MustJID(j))
					if err != nil {
						t.Error(err)
						return
					}
					to := xmpp.MustJID(fmt.Sprintf("r%d@%s/n%d", r, confDomain, p))
					_ = l.Send(xmpp.NewStanza(xmpp.Presence, "", l.JID(), to, xmpp.NewElement(xmpp.NSMUC, "x")))
					ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
					if _, err := l.Receive(ctx); err != nil { // somebody's presence or a refusal
						t.Errorf("%s got no answer: %v", j, err)
					}
					cancel()
					_ = l.Send(xmpp.NewStanza(xmpp.Message, "groupchat", l.JID(), to.Bare(), xmpp.NewElement(xmpp.NSClient, "body").WithText("x")))
					l.Close()
				}
			})
		}
	}
	wg.Wait()
	until(t, "all rooms are gone, and their meetings from the table", func() bool {
		svc.mu.RLock()
		defer svc.mu.RUnlock()
		st := svc.Stats()
		return st.Rooms == 0 && st.Occupants == 0 && len(svc.meetings) == 0
	})
}
