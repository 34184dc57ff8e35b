package focus

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// scenario runs f with a fresh world in fake time.
func scenario(t *testing.T, name string, cfg Config, f func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, cfg)
			f(t, w)
			w.shutDown()
		})
	})
}

func ready(st xmpp.Stanza) string { return st.Find(xmpp.NSFocus, "conference").Attr("ready") }

func TestConferenceRequest(t *testing.T) {
	scenario(t, "ready once in the room", testConfig, func(t *testing.T, w *world) {
		st := w.request("ana-1@guest.meet.example/web", standup.String())
		el := st.Find(xmpp.NSFocus, "conference")
		if st.Type != "result" || ready(st) != "true" || el.Attr("focusjid") != "focus@auth.meet.example" || el.Attr("room") != standup.String() {
			t.Fatalf("answered %v", st)
		}
		if p, ok := w.sentPresence(); !ok || p.Find(xmpp.NSFocus, "conference-properties") == nil || p.Find(xmpp.NSMUC, "x") != nil {
			t.Errorf("presence %v", p)
		}
		w.link.take()
		if again := w.request("ben-1@guest.meet.example/web", standup.String()); ready(again) != "true" {
			t.Errorf("the second is answered %v", again)
		}
		if sts := w.link.take(); len(sts) != 1 {
			t.Errorf("the second request made the focus send %s", describe(sts))
		}
	})
	scenario(t, "not ready while the room does not answer", testConfig, func(t *testing.T, w *world) {
		w.setSilent("presence", true)
		if st := w.request("ana@guest.meet.example/web", standup.String()); st.Kind != 0 {
			t.Fatalf("answered at once: %v", st)
		}
		w.pass(testConfig.withDefaults().JoinTimeout)
		var answers []string
		for _, st := range w.link.take() {
			if st.Child.Local == "conference" {
				answers = append(answers, ready(st))
			}
		}
		if len(answers) != 1 || answers[0] != "false" {
			t.Errorf("answered %q", answers)
		}
	})
	scenario(t, "the room refuses, and is tried again", testConfig, func(t *testing.T, w *world) {
		w.setRefusal("query", &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden})
		if st := w.request("ana@guest.meet.example/web", standup.String()); ready(st) != "false" {
			t.Fatalf("answered %v", st)
		}
		w.setRefusal("query", nil)
		if st := w.request("ana@guest.meet.example/web", standup.String()); ready(st) != "true" {
			t.Errorf("answered %v", st)
		}
	})
	scenario(t, "wrong rooms", testConfig, func(t *testing.T, w *world) {
		for _, room := range []string{"", "standup", "conference.meet.example", "a@b@c", brewJID.String(), standup.String() + "/ana", "x@lobby.meet.example"} {
			if st := w.request("ana@guest.meet.example/web", room); !isError(st, xmpp.BadRequest) {
				t.Errorf("a request for %q is answered %v", room, st)
			}
		}
	})
	cfg := testConfig
	cfg.MaxEmptyPerCreator, cfg.MaxConferences = 2, 3
	scenario(t, "limits", cfg, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			from, room string
			ok         bool
		}{{"ana", "r1", true}, {"ana", "r2", true}, {"ana", "r3", false}, {"ben", "r3", true}, {"eve", "r4", false}, {"eve", "r1", true}} {
			st := w.request(tt.from+"@guest.meet.example/web", tt.room+"@conference.meet.example")
			if ok := ready(st) == "true"; ok != tt.ok {
				t.Errorf("%s asks for %s: %v", tt.from, tt.room, st)
			} else if !ok && !isError(st, xmpp.ResourceConstraint) {
				t.Errorf("%s is refused %s with %v", tt.from, tt.room, st)
			}
		}
	})
}

func TestInvitation(t *testing.T) {
	scenario(t, "two are invited, one is not", testConfig, func(t *testing.T, w *world) {
		w.open()
		ana := w.join("ana")
		if n := len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Fatal("one alone was invited")
		}
		ben := w.join("ben")
		for _, p := range []*person{ana, ben} {
			j := p.one(jingle.SessionInitiate)
			if len(j.Contents) != 3 || len(j.Bundle) != 3 || j.BridgeSession.ID == "" || j.Initiator != focusJID.String() {
				t.Errorf("%s is offered %+v", p.id, j)
			}
			for _, c := range j.Contents {
				if tr := c.Transport; tr == nil || tr.Ufrag != "u-"+p.id || len(tr.Candidates) != 1 || tr.Fingerprints[0].Setup != "actpass" {
					t.Errorf("%s's content %s has transport %+v", p.id, c.Name, tr)
				}
			}
			if fb := j.Compact.Of(jingle.BridgeOwner); len(fb.Sources) != 2 || !strings.Contains(fb.Sources[0].MSID, "mixedmslabel") {
				t.Errorf("%s's offer has feedback sources %+v", p.id, fb)
			}
		}
		reqs := w.colibriRequests(jvb1)
		if len(reqs) != 2 || !reqs[0].Create || reqs[0].Name != standup.String() || reqs[1].Create {
			t.Errorf("the bridge was asked %+v", reqs)
		}
		if p, _ := w.sentPresence(); !strings.Contains(p.String(), `key="bridge-count" value="1"`) {
			t.Errorf("presence %v", p)
		}
	})
	scenario(t, "a client without SCTP, RTX and compact sources", testConfig, func(t *testing.T, w *world) {
		w.open()
		w.setRefusal("query", &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable})
		ana, ben := w.join("ana"), w.join("ben")
		ana.accept()
		w.link.take()
		ben.leave()
		w.link.take()
		ben = w.join("ben")
		j := ben.one(jingle.SessionInitiate)
		if j.Compact != nil {
			t.Error("compact sources for a client that did not ask for them")
		}
		set, err := j.Sources("x")
		if err != nil || len(set.Sources) != 5 || len(set.Groups) != 1 {
			t.Errorf("offered sources %+v, %v", set, err)
		}
		if pts := j.Contents[1].Description.PayloadTypes; len(pts) != 1 || pts[0].Name != "VP8" {
			t.Errorf("video formats %+v", pts)
		}
	})
	scenario(t, "start muted", testConfig, func(t *testing.T, w *world) {
		el := xmpp.NewElement(xmpp.NSFocus, "conference", "room", standup.String()).
			With(xmpp.NewElement(xmpp.NSFocus, "property", "name", "startVideoMuted", "value", "1"))
		from := xmpp.MustJID("focus.meet.example/ana@guest.meet.example/web")
		w.say(xmpp.NewStanza(xmpp.IQ, "set", from, focusJID, el).WithID("r"))
		w.join("ana")
		ben := w.join("ben")
		if m := ben.one(jingle.SessionInitiate).StartMuted; m == nil || m.Audio || !m.Video {
			t.Errorf("start muted %+v", m)
		}
	})
	scenario(t, "nobody takes the bridge's name", testConfig, func(t *testing.T, w *world) {
		w.open()
		w.join("ana")
		eve := w.join("jvb")
		if len(eve.got(jingle.SessionInitiate)) != 0 {
			t.Error("an occupant called jvb was invited")
		}
	})
}

func TestSources(t *testing.T) {
	scenario(t, "queued until accepted, then without simulcast", testConfig, func(t *testing.T, w *world) {
		w.open()
		ana, ben := w.join("ana"), w.join("ben")
		if st := ana.accept(); st.Type != "result" {
			t.Fatalf("session-accept answered %v", st)
		}
		if len(ben.got(jingle.SourceAdd)) != 0 {
			t.Error("ben hears of sources before his session is accepted")
		}
		ben.accept()
		for p, other := range map[*person]*person{ben: ana, ana: ben} {
			set := p.one(jingle.SourceAdd).Compact.Of(jingle.EndpointID(other.id))
			if len(set.Sources) != 3 || len(set.Groups) != 1 || set.Groups[0].Semantics != jingle.FID {
				t.Errorf("%s is told of %+v", p.id, set)
			}
		}
		reqs := w.colibriRequests(jvb1)
		e := reqs[len(reqs)-1].Endpoints[0]
		if e.ID != "ben" || e.Transport.ICE.Ufrag != "c-ben" || e.Transport.ICE.Fingerprints[0].Setup != "active" || len(*e.Sources) != 2 {
			t.Errorf("the bridge was told %+v", e)
		}
	})
	scenario(t, "in the offer of who comes third", testConfig, func(t *testing.T, w *world) {
		w.call()
		cleo := w.join("cleo")
		j := cleo.one(jingle.SessionInitiate)
		if len(j.Compact.Of("ana").Sources) != 3 || len(j.Compact.Of("ben").Sources) != 3 || len(j.Compact.Of("cleo").Sources) != 0 {
			t.Errorf("offered %s", j.Compact.Compact())
		}
		cleo.accept()
		if n := len(cleo.got(jingle.SourceAdd)); n != 0 {
			t.Errorf("told again %d times", n)
		}
	})
	scenario(t, "added and removed", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		screen := []jingle.Content{{Name: "video", Description: &jingle.Description{Media: jingle.Video, Sources: []jingle.Source{
			{SSRC: 77, Name: "ana-v1", MSID: "ana-video-1-1 s", VideoType: jingle.Desktop}}}}}
		if st := ana.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: ana.sid, Contents: screen}); st.Type != "result" {
			t.Fatalf("source-add answered %v", st)
		}
		if s := ben.one(jingle.SourceAdd).Compact.Of("ana").Sources; len(s) != 1 || s[0].VideoType != jingle.Desktop {
			t.Errorf("ben is told %+v", s)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || len(*reqs[0].Endpoints[0].Sources) != 3 {
			t.Errorf("the bridge is told %+v, want the complete list", reqs)
		}
		if st := ana.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: ana.sid, Contents: screen}); !isError(st, xmpp.BadRequest) {
			t.Errorf("the same again is answered %v", st)
		}
		w.link.take()
		if st := ana.send(&jingle.Jingle{Action: jingle.SourceRemove, SID: ana.sid, Contents: screen}); st.Type != "result" {
			t.Fatalf("source-remove answered %v", st)
		}
		if s := ben.one(jingle.SourceRemove).Compact.Of("ana").Sources; len(s) != 1 || s[0].SSRC != 77 {
			t.Errorf("ben is told to remove %+v", s)
		}
		if st := ana.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: ana.sid}); st.Type != "result" {
			t.Errorf("an empty source-add is answered %v", st)
		}
	})
	scenario(t, "invalid ones end the session", testConfig, func(t *testing.T, w *world) {
		w.open()
		ana, ben := w.join("ana"), w.join("ben")
		ana.accept()
		ben.base = ana.base
		if st := ben.accept(); !isError(st, xmpp.BadRequest) {
			t.Fatalf("stolen SSRCs are answered %v", st)
		}
		if st := ben.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: ben.sid, Contents: ben.sources()}); !isError(st, xmpp.ItemNotFound) {
			t.Errorf("the dead session answers %v", st)
		}
		if n := len(ana.got(jingle.SourceAdd)); n != 0 {
			t.Error("ana was told of refused sources")
		}
	})
}

func TestSessionAddressing(t *testing.T) {
	scenario(t, "sessions belong to their participants", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		for name, tt := range map[string]struct {
			from *person
			j    *jingle.Jingle
			want xmpp.Condition
		}{
			"another's sid":  {ben, &jingle.Jingle{Action: jingle.SessionTerminate, SID: ana.sid}, xmpp.BadRequest},
			"unknown sid":    {ana, &jingle.Jingle{Action: jingle.SourceAdd, SID: "nonsense"}, xmpp.BadRequest},
			"accepted twice": {ana, &jingle.Jingle{Action: jingle.SessionAccept, SID: ana.sid}, xmpp.UnexpectedRequest},
			"unknown action": {ana, &jingle.Jingle{Action: "content-add", SID: ana.sid}, xmpp.FeatureNotImplemented},
			"no transport":   {ana, &jingle.Jingle{Action: jingle.TransportInfo, SID: ana.sid}, xmpp.BadRequest},
		} {
			if st := tt.from.send(tt.j); !isError(st, tt.want) {
				t.Errorf("%s: answered %v, want %s", name, st, tt.want)
			}
		}
		if len(ana.got(jingle.SessionTerminate)) != 0 {
			t.Error("ben ended ana's session")
		}
	})
	scenario(t, "nobody answers for others", testConfig, func(t *testing.T, w *world) {
		w.setSilent("conference-modify", true)
		w.open()
		w.join("ana")
		eve := w.join("eve")
		for _, st := range w.link.take() {
			if st.Child.Local == "conference-modify" {
				forged := st.Result((&jingle.ConferenceModified{Endpoints: []jingle.ColibriEndpoint{{ID: "ana", Transport: &jingle.ColibriTransport{ICE: bridgeICE("x"), SCTP: &jingle.ColibriSCTP{}}}}}).Element())
				forged.From = eve.jid
				w.say(forged)
			}
		}
		if sts := w.link.take(); len(sts) != 0 {
			t.Errorf("a forged answer was believed: %s", describe(sts))
		}
	})
	scenario(t, "strangers in the room's name", testConfig, func(t *testing.T, w *world) {
		w.call()
		ghost := &person{w: w, id: "ghost", jid: xmpp.MustJID(standup.String() + "/ghost")}
		if st := ghost.send(&jingle.Jingle{Action: jingle.SourceAdd, SID: "x"}); !isError(st, xmpp.ItemNotFound) {
			t.Errorf("answered %v", st)
		}
		if st := ghost.iq("get", xmpp.NewElement("urn:xmpp:ping", "ping")); st.Type != "result" {
			t.Errorf("ping answered %v", st)
		}
		if st := ghost.iq("set", xmpp.NewElement("http://jitsi.org/protocol/jibri", "jibri")); st.Type != "error" {
			t.Errorf("jibri answered %v", st)
		}
	})
}

// The number of a conference begins the ids of its requests; every number must lead the bridge's answers back to it.
func TestManyConferencesOneAfterTheOther(t *testing.T) {
	scenario(t, "forty", testConfig, func(t *testing.T, w *world) {
		for n := range 40 {
			w.open()
			ana, ben := w.join("ana"), w.join("ben")
			for _, p := range []*person{ana, ben} {
				if len(p.got(jingle.SessionInitiate)) != 1 {
					t.Fatalf("conference %d: %s is not invited", n+1, p.id)
				}
			}
			ana.leave()
			ben.leave()
			w.link.take()
		}
	})
}

func TestLeaving(t *testing.T) {
	scenario(t, "one of three", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		cleo := w.join("cleo")
		cleo.accept()
		w.link.take()
		cleo.leave()
		if n := len(ana.got(jingle.SourceRemove)) + len(ben.got(jingle.SourceRemove)); n != 0 {
			t.Error("source-remove although the room shows that cleo has gone")
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || !reqs[0].Endpoints[0].Expire || reqs[0].Endpoints[0].ID != "cleo" {
			t.Errorf("the bridge was told %+v", reqs)
		}
		again := w.join("cleo")
		if j := again.one(jingle.SessionInitiate); j.SID == cleo.sid {
			t.Error("the old session again")
		}
	})
	scenario(t, "the last but one: the other waits", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		ben.leave()
		w.link.take()
		w.pass(19 * time.Second)
		if n := len(ana.got(jingle.SessionTerminate)); n != 0 {
			t.Fatal("ana's session ended too early")
		}
		w.pass(2 * time.Second)
		if r := ana.one(jingle.SessionTerminate).Reason; r.Condition != "expired" {
			t.Errorf("reason %+v", r)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || !reqs[0].Expire {
			t.Errorf("the bridge was told %+v", reqs)
		}
		w.link.take()
		ben = w.join("ben")
		ana.one(jingle.SessionInitiate)
		ben.one(jingle.SessionInitiate)
		if reqs := w.colibriRequests(jvb1); !reqs[0].Create {
			t.Error("the conference was not created anew")
		}
	})
	scenario(t, "back in time", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		ben.leave()
		w.pass(10 * time.Second)
		w.link.take()
		w.join("ben")
		w.pass(30 * time.Second)
		if n := len(ana.got(jingle.SessionTerminate)) + len(ana.got(jingle.SessionInitiate)); n != 0 {
			t.Error("ana's session was disturbed")
		}
	})
	scenario(t, "the last", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		ana.leave()
		ben.leave()
		if p, ok := w.sentPresence(); !ok || p.Type != "unavailable" {
			t.Errorf("last presence %v", p)
		}
		if n := w.f.Stats().Conferences; n != 0 {
			t.Errorf("%d conferences run", n)
		}
		w.link.take()
		w.open() // a new one begins
	})
	scenario(t, "nobody ever comes", testConfig, func(t *testing.T, w *world) {
		w.open()
		w.pass(14 * time.Second)
		w.open() // asking again gives more time
		w.pass(14 * time.Second)
		if w.f.Stats().Conferences != 1 {
			t.Fatal("ended too early")
		}
		w.pass(2 * time.Second)
		if p, _ := w.sentPresence(); p.Type != "unavailable" || w.f.Stats().Conferences != 0 {
			t.Errorf("still there: %v", p)
		}
	})
	scenario(t, "the room is destroyed", testConfig, func(t *testing.T, w *world) {
		w.call()
		w.say(xmpp.NewStanza(xmpp.Presence, "unavailable", standupUs, focusJID))
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || !reqs[0].Expire || w.f.Stats().Conferences != 0 {
			t.Errorf("the bridge was told %+v", reqs)
		}
	})
	scenario(t, "the focus is no owner any more", testConfig, func(t *testing.T, w *world) {
		w.call()
		w.say(occupantPresence(standupUs, focusJID, "none", "participant"))
		if w.f.Stats().Conferences != 0 {
			t.Error("the conference goes on")
		}
	})
}

func TestBreakoutRooms(t *testing.T) {
	cfg := testConfig
	cfg.Authentication = true
	scenario(t, "keep their main room", cfg, func(t *testing.T, w *world) {
		if st := w.request(hostJID.String(), standup.String(), "machine-uid", "m"); ready(st) != "true" {
			t.Fatalf("answered %v", st)
		}
		ana := w.join("ana")
		side := xmpp.MustJID("side@breakout.meet.example")
		if st := w.request(guestJID.String(), side.String()); ready(st) != "true" {
			t.Fatalf("a breakout room is refused: %v", st)
		}
		there := occupantPresence(xmpp.MustJID(side.String()+"/ana"), ana.real, "none", "participant")
		w.say(there)
		ana.leave()
		w.pass(time.Minute)
		if n := w.f.Stats().Conferences; n != 2 {
			t.Fatalf("%d conferences, want the main room's, too", n)
		}
		there.Type = "unavailable"
		w.say(there)
		if n := w.f.Stats().Conferences; n != 1 {
			t.Fatalf("%d conferences", n)
		}
		w.pass(16 * time.Second)
		if n := w.f.Stats().Conferences; n != 0 {
			t.Errorf("%d conferences when everybody has gone", n)
		}
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, testConfig)
		ana, ben := w.call()
		w.shutDown()
		for _, p := range []*person{ana, ben} {
			p.one(jingle.SessionTerminate)
		}
		if p, _ := w.sentPresence(); p.Type != "unavailable" {
			t.Errorf("last presence %v", p)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || !reqs[0].Expire {
			t.Errorf("the bridge was told %+v", reqs)
		}
		if st := w.request("ana@guest.meet.example/web", standup.String()); st.Kind != 0 {
			t.Errorf("after the end: %v", st)
		}
		if resp, err := w.f.ConferenceRequest(t.Context(), Request{Room: standup.String()}); err != nil || resp.Ready {
			t.Errorf("after the end: %+v, %v", resp, err)
		}
	})
}

func TestLinkBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, testConfig)
		w.call()
		w.link.Close()
		if err := <-w.err; err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("Run returned %v", err)
		}
		w.err = nil
	})
}
