package focus

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

func TestFlood(t *testing.T) {
	scenario(t, "of requests in one room harms no other", testConfig, func(t *testing.T, w *world) {
		_, ben := w.call()
		junk := xmpp.NewStanza(xmpp.IQ, "set", ben.jid, focusJID, xmpp.NewElement(jingle.NSJingle, "jingle", "action", "source-add", "sid", "x")).WithID("j")
		for range 3 * inboxSize {
			w.link.in <- junk
		}
		w.settle()
		answers := 0
		for _, st := range w.link.take() {
			if st.ID == "j" && st.Type == "error" {
				answers++
			}
		}
		if answers != 3*inboxSize {
			t.Errorf("%d answers to %d requests", answers, 3*inboxSize)
		}
		if st := ben.mute(mediumAudio, ben, "true"); st.Type != "result" {
			t.Errorf("after the flood: %v", st)
		}
	})
	scenario(t, "of screen shares", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		screen := []jingle.Content{{Name: "video", Sources: []jingle.Source{{SSRC: 77, Name: "ana-v1", MSID: "s"}}}}
		refused := 0
		for range 2 * maxChanges {
			for _, action := range []jingle.Action{jingle.SourceAdd, jingle.SourceRemove} {
				if st := ana.send(&jingle.Jingle{Action: action, SID: ana.sid, Contents: screen}); isError(st, xmpp.ResourceConstraint) {
					refused++
				}
			}
		}
		if n := len(ben.got(jingle.SourceAdd)) + len(ben.got(jingle.SourceRemove)); n != maxChanges || refused == 0 {
			t.Errorf("ben was told %d times, ana refused %d times", n, refused)
		}
	})
	cfg := testConfig
	cfg.MaxParticipants = 3
	scenario(t, "of occupants", cfg, func(t *testing.T, w *world) {
		w.open()
		for i := range 10 {
			w.join(fmt.Sprintf("p%d", i))
		}
		if n := w.f.Stats().Participants; n != 3 {
			t.Errorf("%d participants", n)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 3 {
			t.Errorf("%d endpoints", len(reqs))
		}
	})
	scenario(t, "of bridges", testConfig, func(t *testing.T, w *world) {
		for i := range maxBridges + 50 {
			stats := jingle.Stats{{Name: "drain", Value: "false"}}
			w.link.in <- xmpp.NewStanza(xmpp.Presence, "", xmpp.MustJID(fmt.Sprintf("%s/b%d", brewJID, i)), focusJID, stats.Element())
		}
		w.settle()
		if n := len(w.f.brewery.snapshot()); n != maxBridges {
			t.Errorf("%d bridges", n)
		}
	})
}

// TestBridgeDoesNotLikeAnUpdate: what a bridge cannot use of a client's transport, though it looks right, is that client's affair.
func TestBridgeDoesNotLikeAnUpdate(t *testing.T) {
	nonsense := []jingle.Content{{Name: "audio", Transport: &jingle.Transport{
		Ufrag: "nonsense", Pwd: "p"}}}
	scenario(t, "of one client", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.link.mu.Lock()
		w.link.hook = func(st xmpp.Stanza) []xmpp.Stanza {
			if st.To == jvb1 && strings.Contains(st.String(), "nonsense") {
				reply, _ := st.ErrorReply(&xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest})
				return []xmpp.Stanza{reply}
			}
			return w.answer(st)
		}
		w.link.mu.Unlock()
		ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: nonsense})
		w.pass(time.Minute)
		if n := len(ben.got(jingle.SessionTerminate)); n != 0 {
			t.Error("ben's session was ended")
		}
		if n := len(ana.got(jingle.SessionTerminate)); n != 1 {
			t.Errorf("ana's session was ended %d times, want once", n)
		}
		if n := len(ben.got(jingle.SourceRemove)); n != 1 {
			t.Errorf("ben was told %d times that ana's sources are gone", n)
		}
		if n := len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Error("ana was invited again, to do it again")
		}
	})
	scenario(t, "of one client, ever again", testConfig, func(t *testing.T, w *world) {
		ana, _ := w.call()
		taken := 0
		for range 3 * maxChanges {
			if st := ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: nonsense}); st.Type == "result" {
				taken++
			} else if !isError(st, xmpp.ResourceConstraint) {
				t.Fatalf("answered %v", st)
			}
		}
		if n := len(w.colibriRequests(jvb1)); n != taken || n > maxChanges {
			t.Errorf("the bridge was asked %d times, ana's words were taken %d times", n, taken)
		}
	})
}

// TestSourcesOfTheBridge: the SSRCs with which the bridge sends its feedback are in everybody's offer. Twice in one description, they
// make Chromium refuse it.
func TestSourcesOfTheBridge(t *testing.T) {
	theft := []jingle.Content{{Name: "video", Sources: []jingle.Source{{SSRC: 2, Name: "ana-v1", MSID: "s"}}}}
	scenario(t, "are not a client's to add", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		if st := ana.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: ana.sid, Contents: theft}); !isError(st, xmpp.BadRequest) {
			t.Errorf("answered %v", st)
		}
		if got := ben.got(jingle.SourceAdd); len(got) != 0 {
			t.Errorf("ben is told %+v", got[0].Compact)
		}
	})
	scenario(t, "nor to begin with", testConfig, func(t *testing.T, w *world) {
		w.open()
		ana, ben := w.join("ana"), w.join("ben")
		ben.accept()
		sid := ana.one(jingle.SessionInitiate).SID
		if st := ana.send(&jingle.Jingle{Action: jingle.SessionAccept, SID: sid, Contents: theft}); !isError(st, xmpp.BadRequest) {
			t.Errorf("answered %v", st)
		}
		if got := ben.got(jingle.SourceAdd); len(got) != 0 {
			t.Errorf("ben is told %+v", got[0].Compact)
		}
	})
}

// TestUnusableTransport: who answers with a transport that nothing could connect on is told so, and not left waiting; the others hear
// nothing of it.
func TestUnusableTransport(t *testing.T) {
	for name, spoil := range map[string]func(*jingle.Transport) *jingle.Transport{
		"none":            func(*jingle.Transport) *jingle.Transport { return nil },
		"no credentials":  func(t *jingle.Transport) *jingle.Transport { t.Ufrag, t.Pwd = "", ""; return t },
		"no fingerprint":  func(t *jingle.Transport) *jingle.Transport { t.Fingerprints = nil; return t },
		"bad fingerprint": func(t *jingle.Transport) *jingle.Transport { t.Fingerprints[0].Value = "12:34"; return t },
		"bad role":        func(t *jingle.Transport) *jingle.Transport { t.Fingerprints[0].Setup = "boss"; return t },
	} {
		scenario(t, "in the answer: "+name, testConfig, func(t *testing.T, w *world) {
			w.open()
			ana, ben := w.join("ana"), w.join("ben")
			ben.accept()
			sid := ana.one(jingle.SessionInitiate).SID
			w.link.take()
			sources := ana.sources()
			tr := spoil(sources[0].Transport)
			sources[0].Transport, sources[1].Transport = tr, tr
			if st := ana.send(&jingle.Jingle{Action: jingle.SessionAccept, SID: sid, Contents: sources}); !isError(st, xmpp.BadRequest) {
				t.Errorf("answered %v", st)
			}
			if n := len(w.colibriRequests(jvb1)); n > 1 { // its endpoint may be ended
				t.Errorf("the bridge was asked %d times", n)
			}
			if got := ben.got(jingle.SourceAdd); len(got) != 0 {
				t.Errorf("ben is told %+v", got[0].Compact)
			}
		})
	}
	scenario(t, "later", testConfig, func(t *testing.T, w *world) {
		ana, _ := w.call()
		bad := ana.sources()[:1]
		bad[0].Transport.Fingerprints[0].Value = "12:34"
		if st := ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: bad}); !isError(st, xmpp.BadRequest) {
			t.Errorf("answered %v", st)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 0 {
			t.Errorf("the bridge was asked %+v", reqs)
		}
	})
	scenario(t, "none in the answer but before it", testConfig, func(t *testing.T, w *world) {
		w.open()
		ana := w.join("ana")
		w.join("ben")
		sources := ana.sources()
		ana.sid = ana.one(jingle.SessionInitiate).SID
		if st := ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: []jingle.Content{{Name: "audio", Transport: sources[0].Transport}}}); st.Type != "result" {
			t.Fatalf("transport-info answered %v", st)
		}
		sources[0].Transport, sources[1].Transport = nil, nil
		if st := ana.send(&jingle.Jingle{Action: jingle.SessionAccept, SID: ana.sid, Contents: sources}); st.Type != "result" {
			t.Errorf("session-accept answered %v", st)
		}
	})
}

// TestOverrun: a conference that cannot keep up ends instead of going on with a hole in what it knows.
func TestOverrun(t *testing.T) {
	g := newRegistry(testConfig.withDefaults())
	r, _, err := g.open(standup, xmpp.JID{})
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	if err := r.post(requestEvent{func(ready bool) { answered++ }}); err != nil {
		t.Fatal(err)
	}
	for r.post(presenceEvent{}) == nil {
	}
	r.overrun("test")
	if rest := r.end(); len(rest) != 1 || rest[0] != (stopEvent{"test"}) || answered != 1 {
		t.Errorf("left: %v; %d requests answered", rest, answered)
	}
	if err := r.post(tickEvent{}); err == nil {
		t.Error("an ended conference takes events")
	}
}

// TestManyAtOnce runs requests from many goroutines against conferences that come and go, for the race detector.
func TestManyAtOnce(t *testing.T) {
	w := &world{t: t, link: newFakeLink(), err: make(chan error, 1), silent: map[string]bool{}, refuse: map[string]*xmpp.Error{}}
	w.link.hook = w.answer
	cfg := testConfig
	cfg.InitialTimeout = 5 * time.Millisecond
	f, err := New(cfg, Deps{Link: w.link})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextForTest()
	ran := make(chan error, 1)
	go func() { ran <- f.Run(ctx) }()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				resp, err := f.ConferenceRequest(t.Context(), Request{Room: fmt.Sprintf("r%d@conference.meet.example", i%7)})
				if err != nil {
					t.Errorf("goroutine %d: %v", g, err)
				}
				_ = resp
				f.Stats()
			}
		})
	}
	wg.Wait()
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if n := f.Stats().Conferences; n != 0 {
		t.Errorf("%d conferences are left", n)
	}
}

// BenchmarkJoin measures a participant's whole way into a conference of that size: invitation, acceptance, and the word to the others.
func BenchmarkJoin(b *testing.B) {
	for _, size := range []int{10, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				be := newBench(b)
				for i := range size {
					be.enter(i)
				}
				be.out = nil
				b.StartTimer()
				be.enter(size)
			}
		})
	}
}

// enter lets somebody come and accept.
func (b *bench) enter(i int) {
	p := &person{id: fmt.Sprintf("p%d", i), base: 1000 * (i + 1)}
	b.join(p.id)
	j := &jingle.Jingle{Action: jingle.SessionAccept, SID: b.sid(jingle.EndpointID(p.id)), Contents: p.sources()}
	b.do(iqEvent{xmpp.NewStanza(xmpp.IQ, "set", xmpp.MustJID(standup.String()+"/"+p.id), focusJID, j.Element()).WithID("x")})
}
