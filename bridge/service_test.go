package bridge

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

func TestQueries(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name    string
		payload *xmpp.Element
		want    []string
	}{
		{"health", xmpp.NewElement(jingle.NSHealthcheck, "healthcheck"), []string{`type="result"`}},
		{"ping", xmpp.NewElement(xmpp.NSPing, "ping"), []string{`type="result"`}},
		{"version", xmpp.NewElement(xmpp.NSVersion, "query"), []string{"<name>", "<version>1.2<"}},
		{"disco", xmpp.NewElement(xmpp.NSDiscoInfo, "query", "node", "n"), []string{`node="n"`, jingle.NSDTLS, jingle.NSICE, jingle.NSHealthcheck, xmpp.NSVersion}},
		{"unknown", xmpp.NewElement("urn:x", "query"), []string{"service-unavailable"}},
	} {
		st := w.ask(t, "get", tt.payload)
		for _, want := range tt.want {
			if !strings.Contains(st.String(), want) {
				t.Errorf("%s: %s lacks %s", tt.name, st, want)
			}
		}
	}
}

// A client that knows the bridge's address must not get at conferences.
func TestOnlyTheBreweryMayUseTheBridge(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	id := w.post("set", xmpp.MustJID("mallory@meet.example/x"), (&jingle.ConferenceModify{MeetingID: meeting, Expire: true}).Element())
	st := w.link.await(t, "an answer", func(st xmpp.Stanza) bool { return st.ID == id })
	if st.Type != "error" || xmpp.ParseError(st).Condition != xmpp.Forbidden || w.Stats().Conferences != 1 {
		t.Errorf("answered %s", st)
	}
}

// The presence has what a stock focus reads (bridge selection) and dashboards show.
func TestPresence(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	st := w.presence(seatJID)
	stats, ok := jingle.ParseStats(st.Find(jingle.NSColibri, "stats"))
	if !ok {
		t.Fatalf("no statistics in %s", st)
	}
	for name, want := range map[string]string{
		"version": "1.2", "region": "here", "healthy": "true", "drain": "false", "graceful_shutdown": "false", "stress_level": "0.000",
		"conferences": "1", "endpoints": "1", "total_conferences_created": "1", "rtt_aggregate": "0", "outgoing_loss": "0",
	} {
		i := slices.IndexFunc(stats, func(s jingle.Stat) bool { return s.Name == name })
		if i < 0 || stats[i].Value != want {
			t.Errorf("%s is missing or not %q in %v", name, want, stats)
		}
	}
}

func joins(st xmpp.Stanza) bool {
	return st.Kind == xmpp.Presence && st.To == seatJID && st.Find(xmpp.NSMUC, "x") != nil
}

func TestBreweryIsEnteredAgain(t *testing.T) {
	w := newWorld(t)
	thrownOut := xmpp.NewStanza(xmpp.Presence, "unavailable", seatJID, selfJID)
	w.link.in <- thrownOut
	w.link.await(t, "join after being thrown out", joins)
	w.link.mu.Lock()
	w.link.closed = true
	w.link.mu.Unlock()
	refused, _ := xmpp.NewStanza(xmpp.Presence, "", selfJID, seatJID).ErrorReply(&xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.Conflict})
	refused.From = seatJID
	w.link.in <- refused
	w.link.await(t, "join at the next announcement", joins)
}

// The answers to one conference's requests come in order, and all of them.
func TestOrderOfAnswers(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	var want []string
	for i := range 2000 {
		mute := &jingle.ForceMute{Audio: i%2 == 0}
		want = append(want, w.post("set", focusJID, one(jingle.ColibriEndpoint{ID: "a", ForceMute: mute}).Element()))
	}
	for _, id := range want {
		st := w.link.await(t, "answer "+id, func(st xmpp.Stanza) bool { return st.IsReply() })
		if st.ID != id || st.Type != "result" {
			t.Fatalf("answer %s, want one to %s", st, id)
		}
	}
}

// A conference whose queue is full refuses what comes; afterwards it goes on, and even so it can be shut down.
func TestOverload(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	w.mu.Lock()
	c := w.byID[meeting]
	w.mu.Unlock()
	busy, release := make(chan struct{}), make(chan struct{})
	c.post(func() { close(busy); <-release })
	<-busy
	for c.post(func() {}) {
	}
	st := w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "a", ForceMute: &jingle.ForceMute{}}).Element())
	if reason, _, ok := jingle.ColibriReasonOf(xmpp.ParseError(st)); !ok || reason != jingle.ReasonUnspecified || xmpp.ParseError(st).Condition != xmpp.ResourceConstraint {
		t.Errorf("answered %s", st)
	}
	close(release)
	until(t, "the conference takes requests again", func() bool {
		return w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "a", ForceMute: &jingle.ForceMute{}}).Element()).Type == "result"
	})
	again := make(chan struct{})
	busy = make(chan struct{})
	c.post(func() { close(busy); <-again })
	<-busy
	for c.post(func() {}) {
	}
	stopped := make(chan error, 1)
	go func() { stopped <- w.stop() }()
	close(again)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A bug in a conference ends this one only; the focus is told so and can begin anew.
func TestPanicEndsOneConference(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	w.modify(t, &jingle.ConferenceModify{MeetingID: "other", Create: true, Endpoints: []jingle.ColibriEndpoint{newEndpoint("b")}})
	w.mu.Lock()
	c := w.byID[meeting]
	w.mu.Unlock()
	c.post(func() { c.endpoints["a"].media = nil })
	st := w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "a", ForceMute: &jingle.ForceMute{}}).Element())
	if st.Type != "error" || xmpp.ParseError(st).Condition != xmpp.InternalServerError {
		t.Errorf("answered %s", st)
	}
	until(t, "the conference is gone", func() bool { return w.Stats().Conferences == 1 })
	w.modify(t, &jingle.ConferenceModify{MeetingID: meeting, Create: true, Endpoints: []jingle.ColibriEndpoint{newEndpoint("a")}})
	if n := w.Stats().Panics; n != 1 {
		t.Errorf("%d panics, want 1", n)
	}
}

// A panic on a packet's way ends its conference, too, and nothing of it is touched any more.
func TestPanicOfAPacket(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	w.mu.Lock()
	c := w.byID[meeting]
	w.mu.Unlock()
	broken := &endpoint{id: "a", conference: c}
	for range 3 {
		broken.HandleRTP(nil, make([]byte, 20), c.created)
		broken.HandleRTCP(nil, make([]byte, 20), c.created)
	}
	<-c.done
	if st := w.Stats(); st.Panics != 1 || st.Conferences != 0 {
		t.Errorf("%d panics and %d conferences, want 1 and none", st.Panics, st.Conferences)
	}
}

func TestBrokenLink(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	w.link.Close()
	until(t, "conferences end", func() bool { return w.Stats().Conferences == 0 })
	if err := w.stop(); !errors.Is(err, xmpp.ErrClosed) {
		t.Errorf("Run returned %v, want %v", err, xmpp.ErrClosed)
	}
	w.stop = func() error { return nil } // it has
}

func TestShutdownLeavesTheBrewery(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a", "b")
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	w.link.await(t, "goodbye", func(st xmpp.Stanza) bool {
		return st.Kind == xmpp.Presence && st.Type == "unavailable" && st.To == seatJID
	})
	if n := w.Stats().Conferences; n != 0 {
		t.Errorf("%d conferences left", n)
	}
}
