package focus

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// restart is what a client sends when its ICE has failed.
func (p *person) restart(bridgeSession string) xmpp.Stanza {
	p.w.t.Helper()
	return p.send(&jingle.Jingle{Action: jingle.SessionTerminate, SID: p.sid, Reason: &jingle.Reason{Condition: "connectivity-error", Text: "ICE FAILED"},
		BridgeSession: &jingle.BridgeSession{ID: bridgeSession, Restart: true}})
}

// bridgeSession is the id that clients of the conference know.
func (w *world) callWithBridgeSession() (ana, ben *person, id string) {
	w.t.Helper()
	w.open()
	ana, ben = w.join("ana"), w.join("ben")
	id = ana.one(jingle.SessionInitiate).BridgeSession.ID
	ana.accept()
	ben.accept()
	w.link.take()
	return ana, ben, id
}

func TestRestart(t *testing.T) {
	scenario(t, "the result comes before the new offer", testConfig, func(t *testing.T, w *world) {
		ana, ben, id := w.callWithBridgeSession()
		if st := ana.restart(id); st.Type != "result" {
			t.Fatalf("answered %v", st)
		}
		ben.one(jingle.SourceRemove)
		if j := ana.one(jingle.SessionInitiate); j.SID == ana.sid || len(j.Compact.Of("ben").Sources) != 3 {
			t.Errorf("offered %+v", j)
		}
		var order []string
		for _, st := range w.link.take() {
			if st.To == ana.jid {
				order = append(order, st.Type+" "+st.Child.Local)
			}
		}
		if !slices.Equal(order, []string{"result ", "set jingle"}) {
			t.Errorf("ana was sent %q", order)
		}
	})
	scenario(t, "the wrong bridge session", testConfig, func(t *testing.T, w *world) {
		ana, _, _ := w.callWithBridgeSession()
		if st := ana.restart("other"); !isError(st, xmpp.ItemNotFound) {
			t.Errorf("answered %v", st)
		}
		if len(ana.got(jingle.SessionInitiate)) != 0 {
			t.Error("invited all the same")
		}
	})
	scenario(t, "too often", testConfig, func(t *testing.T, w *world) {
		ana, _, id := w.callWithBridgeSession()
		for i := range 5 {
			if st := ana.restart(id); st.Type != "result" {
				t.Fatalf("restart %d answered %v", i, st)
			}
			ana.accept()
			w.link.take()
			w.pass(6 * time.Second)
		}
		if st := ana.restart(id); !isError(st, xmpp.ResourceConstraint) {
			t.Errorf("the sixth in a minute is answered %v", st)
		}
		if n := len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Error("invited all the same")
		}
	})
	scenario(t, "too soon", testConfig, func(t *testing.T, w *world) {
		ana, _, id := w.callWithBridgeSession()
		ana.restart(id)
		ana.accept()
		w.pass(4 * time.Second)
		if st := ana.restart(id); !isError(st, xmpp.ResourceConstraint) {
			t.Errorf("answered %v", st)
		}
	})
	scenario(t, "without restart it stays out", testConfig, func(t *testing.T, w *world) {
		ana, ben, _ := w.callWithBridgeSession()
		if st := ana.send(&jingle.Jingle{Action: jingle.SessionTerminate, SID: ana.sid}); st.Type != "result" {
			t.Fatalf("answered %v", st)
		}
		ben.one(jingle.SourceRemove)
		w.join("cleo")
		if n := len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Error("invited again")
		}
	})
	scenario(t, "in place", testConfig, func(t *testing.T, w *world) {
		ana, _, id := w.callWithBridgeSession()
		info := &jingle.Jingle{Action: jingle.SessionInfo, SID: ana.sid, BridgeSession: &jingle.BridgeSession{ID: id, ICERestart: true}}
		if st := ana.send(info); st.Type != "result" {
			t.Fatalf("answered %v", st)
		}
		j := ana.one(jingle.TransportInfo)
		if len(j.Contents) != 1 || j.Contents[0].Name != "audio" || j.Transport().ICEGeneration == nil || *j.Transport().ICEGeneration != 1 {
			t.Errorf("transport-info %+v", j)
		}
		gen := 1
		mine := &jingle.Transport{Ufrag: "new", Pwd: "p", ICEGeneration: &gen}
		w.link.take()
		if st := ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: []jingle.Content{{Name: "audio", Transport: mine}}}); st.Type != "result" {
			t.Fatalf("transport-info answered %v", st)
		}
		if e := w.colibriRequests(jvb1)[0].Endpoints[0]; e.Transport.ICE.Ufrag != "new" || *e.Transport.ICE.ICEGeneration != 1 {
			t.Errorf("the bridge is told %+v", e.Transport.ICE)
		}
		if st := ana.send(info); !isError(st, xmpp.ResourceConstraint) {
			t.Errorf("at once again: %v", st)
		}
	})
}

func TestBridgeTrouble(t *testing.T) {
	move := func(t *testing.T, w *world, ana, ben *person) {
		t.Helper()
		for _, p := range []*person{ana, ben} {
			if r := p.one(jingle.SessionTerminate).Reason; r.Condition != "success" || r.Text != "moving" {
				t.Errorf("reason %+v", r)
			}
			if n := len(p.got(jingle.SourceRemove)); n != 0 {
				t.Errorf("%s was sent %d source-removes for sessions that all end", p.id, n)
			}
			j := p.one(jingle.SessionInitiate)
			if j.SID == p.sid {
				t.Errorf("%s was offered the old session", p.id)
			}
		}
		if reqs := w.colibriRequests(jvb2); len(reqs) != 2 || !reqs[0].Create {
			t.Errorf("the other bridge was asked %+v", reqs)
		}
	}
	scenario(t, "it leaves", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.bridge(jvb2, "")
		w.say(xmpp.NewStanza(xmpp.Presence, "unavailable", jvb1, focusJID))
		move(t, w, ana, ben)
	})
	scenario(t, "it shuts down", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.bridge(jvb2, "")
		w.bridge(jvb1, "", jingle.Stat{Name: "shutting_down", Value: "true"})
		move(t, w, ana, ben)
	})
	scenario(t, "it says it is unhealthy", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.setRefusal("healthcheck", &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.InternalServerError})
		w.pass(5 * time.Second)
		w.bridge(jvb2, "")
		w.pass(5 * time.Second)
		move(t, w, ana, ben)
	})
	scenario(t, "it forgot an endpoint", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.setRefusal("conference-modify", jingle.ColibriError(xmpp.ItemNotFound, jingle.ReasonUnknownEndpoint, "", "ana"))
		tr := &jingle.Transport{Ufrag: "x", Pwd: "y"}
		w.link.mu.Lock()
		once := w.link.hook
		w.link.hook = func(st xmpp.Stanza) []xmpp.Stanza {
			out := once(st)
			if st.Child.Local == "conference-modify" {
				delete(w.refuse, "conference-modify")
			}
			return out
		}
		w.link.mu.Unlock()
		ana.send(&jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid, Contents: []jingle.Content{{Name: "audio", Transport: tr}}})
		ana.one(jingle.SessionTerminate)
		ana.one(jingle.SessionInitiate)
		ben.one(jingle.SourceRemove)
		if len(ben.got(jingle.SessionTerminate)) != 0 {
			t.Error("ben was disturbed")
		}
	})
	scenario(t, "there is none, then there is", testConfig, func(t *testing.T, w *world) {
		w.say(xmpp.NewStanza(xmpp.Presence, "unavailable", jvb1, focusJID))
		w.open()
		ana, ben := w.join("ana"), w.join("ben")
		if p, _ := w.sentPresence(); p.Find(xmpp.NSFocus, "bridgeNotAvailable") == nil {
			t.Errorf("presence %v", p)
		}
		w.link.take()
		w.bridge(jvb1, "")
		ana.one(jingle.SessionInitiate)
		ben.one(jingle.SessionInitiate)
		if p, _ := w.sentPresence(); p.Find(xmpp.NSFocus, "bridgeNotAvailable") != nil {
			t.Errorf("presence %v", p)
		}
	})
	scenario(t, "it refuses to take part", testConfig, func(t *testing.T, w *world) {
		w.bridge(jvb2, "", jingle.Stat{Name: "drain", Value: "true"})
		w.setRefusal("conference-modify", &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.InternalServerError})
		w.open()
		ana := w.join("ana")
		w.join("ben")
		if v := w.f.brewery.snapshot(); v.operational() != 0 {
			t.Fatalf("bridges %+v", v)
		}
		w.setRefusal("conference-modify", nil)
		w.link.take()
		w.pass(59 * time.Second)
		if n := len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Fatal("a failed bridge was used at once")
		}
		w.pass(15 * time.Second)
		ana.one(jingle.SessionInitiate)
	})
	scenario(t, "it has the conference already", testConfig, func(t *testing.T, w *world) {
		w.setRefusal("conference-modify", jingle.ColibriError(xmpp.Conflict, jingle.ReasonConferenceAlreadyExists, "", ""))
		w.open()
		ana := w.join("ana")
		w.join("ben")
		w.setRefusal("conference-modify", nil)
		reqs := w.colibriRequests(jvb1)
		if last := reqs[len(reqs)-1]; !last.Expire {
			t.Errorf("the old conference was not expired: %+v", last)
		}
		w.pass(2 * time.Second)
		ana.one(jingle.SessionInitiate)
		if !w.f.brewery.snapshot()[0].operational {
			t.Error("the bridge lost its reputation")
		}
	})
	scenario(t, "it does not answer", testConfig, func(t *testing.T, w *world) {
		w.setSilent("conference-modify", true)
		w.open()
		ana := w.join("ana")
		w.join("ben")
		w.bridge(jvb2, "")
		w.setSilent("conference-modify", false)
		w.pass(16 * time.Second)
		ana.one(jingle.SessionInitiate)
		if reqs := w.colibriRequests(jvb2); len(reqs) != 2 {
			t.Errorf("the other bridge was asked %+v", reqs)
		}
	})
	scenario(t, "it does not like one", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.setRefusal("conference-modify", jingle.ColibriError(xmpp.BadRequest, jingle.ReasonUnspecified, "", ""))
		w.join("cleo")
		w.pass(time.Minute)
		if n := len(ana.got(jingle.SessionTerminate)) + len(ben.got(jingle.SessionTerminate)); n != 0 {
			t.Error("others were disturbed")
		}
	})
}

func TestHealthChecks(t *testing.T) {
	scenario(t, "unanswered twice", testConfig, func(t *testing.T, w *world) {
		ana, _ := w.call()
		w.setSilent("healthcheck", true)
		w.pass(39 * time.Second)
		if v := w.f.brewery.snapshot(); v.operational() != 1 {
			t.Fatal("given up too early")
		}
		w.pass(2 * time.Second)
		if v := w.f.brewery.snapshot(); v.operational() != 0 {
			t.Fatal("still used")
		}
		if n := len(ana.got(jingle.SessionTerminate)); n != 0 {
			t.Error("a slow network moved the conference")
		}
		// Whoever comes now joins the others where they are.
		w.setSilent("healthcheck", false)
		cleo := w.join("cleo")
		cleo.one(jingle.SessionInitiate)
		w.pass(75 * time.Second)
		if v := w.f.brewery.snapshot(); v.operational() != 1 {
			t.Error("never used again")
		}
	})
	scenario(t, "put out of the room", testConfig, func(t *testing.T, w *world) {
		us := xmpp.MustJID(brewJID.String() + "/focus")
		w.say(xmpp.NewStanza(xmpp.Presence, "unavailable", us, focusJID))
		if n := len(w.f.brewery.snapshot()); n != 0 {
			t.Errorf("%d bridges", n)
		}
		w.link.take()
		w.pass(6 * time.Second)
		back := slices.ContainsFunc(w.link.take(), func(st xmpp.Stanza) bool { return st.To == us && st.Find(xmpp.NSMUC, "x") != nil })
		if !back {
			t.Error("did not come back")
		}
	})
}

func TestChooseBridge(t *testing.T) {
	jid := func(s string) xmpp.JID { return xmpp.MustJID("b@x/" + s) }
	ok := func(name string, stress float64, region string) bridgeInfo {
		return bridgeInfo{jid: jid(name), operational: true, stress: stress, region: region}
	}
	draining, graceful, down, broken := ok("drain", 0, ""), ok("graceful", 0, ""), ok("down", 0, ""), ok("broken", 0, "")
	draining.draining, graceful.graceful, down.shuttingDown, broken.operational = true, true, true, false
	tests := []struct {
		name, region string
		view         bridgeView
		want         string
	}{
		{"none", "", nil, ""},
		{"none that may be used", "", bridgeView{down, broken}, ""},
		{"the least loaded", "", bridgeView{ok("a", 0.5, ""), ok("b", 0.2, ""), ok("c", 0.3, "")}, "b"},
		{"in the region", "eu", bridgeView{ok("a", 0.1, "us"), ok("b", 0.5, "eu")}, "b"},
		{"not overloaded in the region", "eu", bridgeView{ok("a", 0.1, "us"), ok("b", 0.9, "eu")}, "a"},
		{"overloaded rather than none", "", bridgeView{ok("a", 1.5, "")}, "a"},
		{"not draining if it can be helped", "", bridgeView{draining, ok("b", 0.9, "")}, "b"},
		{"draining if not", "", bridgeView{draining, graceful}, "drain"},
		{"graceful at last", "", bridgeView{graceful, broken}, "graceful"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := tt.view.choose(tt.region, 0.8)
			if got.jid.Resource() != tt.want || found != (tt.want != "") {
				t.Errorf("chose %q, %v; want %q", got.jid.Resource(), found, tt.want)
			}
		})
	}
}

func TestLoadOfNewEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, testConfig)
		before := w.f.brewery.snapshot()[0].stress
		w.open()
		w.join("ana")
		w.join("ben")
		if got := w.f.brewery.snapshot()[0].stress - before; got < 0.019 || got > 0.021 {
			t.Errorf("two new endpoints weigh %v, want 0.02", got)
		}
		w.pass(31 * time.Second)
		if got := w.f.brewery.snapshot()[0].stress - before; got != 0 {
			t.Errorf("after the ramp-up they weigh %v beside what the bridge reports", got)
		}
		w.shutDown()
	})
}

func TestWhyNot(t *testing.T) {
	scenario(t, "a client refuses the offer", testConfig, func(t *testing.T, w *world) {
		w.setRefusal("jingle", &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable, Text: "busy"})
		w.open()
		ana := w.join("ana")
		w.join("ben")
		if r := ana.one(jingle.SessionTerminate).Reason; !strings.Contains(r.Text, "jingle session failed") {
			t.Errorf("reason %+v", r)
		}
		if n := len(ana.got(jingle.SessionInitiate)); n != 1 {
			t.Errorf("invited %d times", n)
		}
	})
	scenario(t, "a client does not acknowledge the offer", testConfig, func(t *testing.T, w *world) {
		w.setSilent("jingle", true)
		w.open()
		ana := w.join("ana")
		w.join("ben")
		w.pass(20 * time.Second)
		if st := ana.accept(); st.Type != "result" {
			t.Errorf("its late accept is answered %v", st)
		}
	})
}
