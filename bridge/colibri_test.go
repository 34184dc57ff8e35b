package bridge

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// recording returns the stanzas of testdata/colibri2.xml; requests are the focus', the others JVB's answers.
func recording(t *testing.T) []xmpp.Stanza {
	t.Helper()
	data, err := os.ReadFile("testdata/colibri2.xml")
	if err != nil {
		t.Fatal(err)
	}
	var out []xmpp.Stanza
	for _, part := range regexp.MustCompile(`(?s)<!--.*?-->`).Split(string(data), -1) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		st, err := xmpp.ParseStanza([]byte(part))
		if err != nil {
			t.Fatalf("%v in\n%s", err, part)
		}
		out = append(out, st)
	}
	return out
}

// TestRecordedConversation sends what jicofo sent to JVB. The answers must have every element and attribute of JVB's.
func TestRecordedConversation(t *testing.T) {
	w := newWorld(t)
	theirs, ours := map[string]xmpp.Stanza{}, map[string]xmpp.Stanza{}
	var ids []string
	for _, st := range recording(t) {
		if !st.IsRequest() {
			theirs[st.ID] = st
			continue
		}
		ids = append(ids, st.ID)
		w.link.in <- st
		ours[st.ID] = w.link.await(t, "an answer to "+st.String(), func(a xmpp.Stanza) bool { return a.IsReply() && a.ID == st.ID })
	}
	if len(ids) != 12 {
		t.Fatalf("%d requests in the recording, want 12", len(ids))
	}
	for _, id := range ids {
		want, got := theirs[id], ours[id]
		if got.Type != want.Type || got.To != want.To {
			t.Errorf("%s is answered by\n%s", id, got)
		}
		wanted, err := want.Elements()
		if err != nil {
			t.Fatal(err)
		}
		answered, err := got.Elements()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range missing(wanted, answered, "") {
			t.Errorf("%s lacks %s in\n%s", id, m, got)
		}
	}
	if st := w.Stats(); st.Conferences != 0 || st.ConferencesCompleted != 1 || st.EndpointsCreated != 3 {
		t.Errorf("afterwards %+v", st)
	}
}

// chosen are attributes whose value is the bridge's to choose.
var chosen = map[string]bool{"ufrag": true, "pwd": true, "foundation": true, "ip": true, "port": true, "priority": true, "ssrc": true}

// missing names what is in want and not in got. An element answers for another of its name if its key attributes are the same.
func missing(want, got []*xmpp.Element, path string) (out []string) {
	for _, e := range want {
		here := path + "/" + e.Name
		var match *xmpp.Element
		for _, g := range got {
			same := g.Is(e.Space, e.Name)
			for _, key := range []string{"id", "type", "name"} {
				same = same && (e.Name == "candidate" || g.Attr(key) == e.Attr(key))
			}
			if same {
				match = g
				break
			}
		}
		if match == nil {
			out = append(out, e.String())
			continue
		}
		for _, a := range e.Attrs {
			value, ok := match.LookupAttr(a.Name)
			if free := chosen[a.Name] && e.Name != "sctp" || e.Name == "candidate" && a.Name == "id"; !ok || value != a.Value && !free {
				out = append(out, fmt.Sprintf("%s@%s=%q", here, a.Name, a.Value))
			}
		}
		out = append(out, missing(e.Children, match.Children, here)...)
	}
	return out
}

func TestColibriErrors(t *testing.T) {
	change := func(f func(e *jingle.ColibriEndpoint)) *jingle.ConferenceModify {
		e := newEndpoint("new")
		f(&e)
		return one(e)
	}
	visitorSources := []jingle.MediaSource{{Type: jingle.Audio, ID: "new-a0", Sources: []jingle.Source{{SSRC: 9, Media: jingle.Audio, Name: "new-a0"}}}}
	for _, tt := range []struct {
		name      string
		req       *jingle.ConferenceModify
		condition xmpp.Condition
		reason    jingle.ColibriReason
		endpoint  jingle.EndpointID
	}{
		{"conference exists", &jingle.ConferenceModify{MeetingID: meeting, Create: true}, xmpp.Conflict, jingle.ReasonConferenceAlreadyExists, ""},
		{"no such conference", &jingle.ConferenceModify{MeetingID: "other"}, xmpp.ItemNotFound, jingle.ReasonConferenceNotFound, ""},
		{"name is no address", &jingle.ConferenceModify{MeetingID: "other", Create: true, Name: "@"}, xmpp.BadRequest, "", ""},
		{"two endpoints to be made", &jingle.ConferenceModify{MeetingID: meeting, Endpoints: []jingle.ColibriEndpoint{newEndpoint("x"), newEndpoint("y")}},
			xmpp.FeatureNotImplemented, jingle.ReasonFeatureNotImplemented, ""},
		{"endpoint exists", one(newEndpoint("a")), xmpp.Conflict, "", ""},
		{"no transport", change(func(e *jingle.ColibriEndpoint) { e.Transport = nil }), xmpp.BadRequest, "", ""},
		{"no source names", change(func(e *jingle.ColibriEndpoint) { e.Capabilities = nil }), xmpp.BadRequest, "", ""},
		{"SCTP client", change(func(e *jingle.ColibriEndpoint) { e.Transport.SCTP.Role = "client" }), xmpp.FeatureNotImplemented, jingle.ReasonFeatureNotImplemented, ""},
		{"SCTP port", change(func(e *jingle.ColibriEndpoint) { e.Transport.SCTP.Port = 5001 }), xmpp.BadRequest, "", ""},
		{"visitor with sources", change(func(e *jingle.ColibriEndpoint) { e.MUCRole, e.Sources = visitorRole, &visitorSources }), xmpp.BadRequest, "", ""},
		{"unknown endpoint", one(jingle.ColibriEndpoint{ID: "zz", Sources: &[]jingle.MediaSource{}}), xmpp.ItemNotFound, jingle.ReasonUnknownEndpoint, "zz"},
		{"broken transport", change(func(e *jingle.ColibriEndpoint) { e.Transport.ICE = brokenTransport }), xmpp.BadRequest, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.create(t, "a")
			for _, typ := range []string{"get", "set"} {
				st := w.ask(t, typ, tt.req.Element())
				if st.Type != "error" {
					t.Fatalf("%s of %s is answered with %s", typ, tt.req.Element(), st)
				}
				err := xmpp.ParseError(st)
				reason, endpoint, _ := jingle.ColibriReasonOf(err)
				if err.Condition != tt.condition || reason != tt.reason || endpoint != tt.endpoint {
					t.Errorf("%s of %s: %s %q %q, want %s %q %q", typ, tt.req.Element(), err.Condition, reason, endpoint, tt.condition, tt.reason, tt.endpoint)
				}
			}
			if st := w.Stats(); st.Conferences != 1 || st.Media.Endpoints != 1 {
				t.Errorf("left behind: %d conferences, %d endpoints", st.Conferences, st.Media.Endpoints)
			}
		})
	}
}

var brokenTransport = &jingle.Transport{Ufrag: "abcd", Pwd: "0123456789012345678901",
	Fingerprints: []jingle.Fingerprint{{Hash: "sha-256", Setup: "active", Value: "nonsense"}}}

// What a client says of its transport is not the focus's fault: jicofo answers any error of an update by moving the whole conference.
func TestBrokenTransportEndsItsEndpoint(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a", "b")
	w.modify(t, one(jingle.ColibriEndpoint{ID: "a", Transport: &jingle.ColibriTransport{ICE: brokenTransport}}))
	w.each(func(c *conference) { c.sweep(time.Now()) })
	st := w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "a", Sources: &[]jingle.MediaSource{}}).Element())
	if reason, id, _ := jingle.ColibriReasonOf(xmpp.ParseError(st)); reason != jingle.ReasonUnknownEndpoint || id != "a" {
		t.Errorf("after it the endpoint's update is answered %s", st)
	}
	w.modify(t, one(jingle.ColibriEndpoint{ID: "b", Sources: &[]jingle.MediaSource{}}))
}

func TestRelaysAreRefused(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	req := (&jingle.ConferenceModify{MeetingID: meeting}).Element().With(xmpp.NewElement(jingle.NSColibri2, "relay", "id", "r1", "create", "true"))
	err := xmpp.ParseError(w.ask(t, "get", req))
	if reason, _, _ := jingle.ColibriReasonOf(err); err.Condition != xmpp.FeatureNotImplemented || reason != jingle.ReasonFeatureNotImplemented {
		t.Errorf("%s: %v %q", req, err, reason)
	}
}

// A request that only expires or mutes may name endpoints that are gone; several may be named at once.
func TestUnknownEndpointsAreEchoed(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a", "b")
	answer := w.modify(t, &jingle.ConferenceModify{MeetingID: meeting, Endpoints: []jingle.ColibriEndpoint{
		{ID: "gone", ForceMute: &jingle.ForceMute{Audio: true}}, {ID: "a", ForceMute: &jingle.ForceMute{Audio: true}}}})
	if len(answer.Endpoints) != 2 || answer.Endpoints[0].ID != "gone" || answer.Sources != nil {
		t.Errorf("muting gave %+v", answer)
	}
	answer = w.modify(t, &jingle.ConferenceModify{MeetingID: meeting, Endpoints: []jingle.ColibriEndpoint{{ID: "gone", Expire: true}, {ID: "b", Expire: true}}})
	if len(answer.Endpoints) != 2 || !answer.Endpoints[0].Expire || !answer.Endpoints[1].Expire {
		t.Errorf("expiring gave %+v", answer)
	}
}

// The bridge does not restart ICE in place: the answer is without a transport, at which a focus invites the participant anew.
func TestICERestartIsLeftToTheFocus(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	answer := w.modify(t, one(jingle.ColibriEndpoint{ID: "a", Transport: &jingle.ColibriTransport{ICERestart: true}}))
	if len(answer.Endpoints) != 1 || answer.Endpoints[0].Transport != nil {
		t.Errorf("answered %+v", answer)
	}
}

// What failed to be created is not there, so that a focus can try again.
func TestFailedCreateLeavesNothing(t *testing.T) {
	w := newWorld(t)
	bad := newEndpoint("a")
	bad.Transport.ICE = &jingle.Transport{Fingerprints: []jingle.Fingerprint{{Hash: "sha-256", Setup: "active", Value: "nonsense"}}}
	req := one(bad)
	req.Create = true
	if st := w.ask(t, "get", req.Element()); st.Type != "error" {
		t.Fatalf("answered %s", st)
	}
	w.create(t, "a")
}

func TestConferenceEnds(t *testing.T) {
	w := newWorld(t)
	for range 3 { // the answer says that it has ended: the same meeting can begin at once
		w.create(t, "a")
		w.modify(t, &jingle.ConferenceModify{MeetingID: meeting, Expire: true})
		w.create(t, "a")
		w.modify(t, one(jingle.ColibriEndpoint{ID: "a", Expire: true})) // the last one
	}
	if st := w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "a", Expire: true}).Element()); st.Type != "error" {
		t.Errorf("ended conferences answer %s", st)
	}
}

// Whoever never connects, and a conference that nobody comes to, end by themselves.
func TestExpiry(t *testing.T) {
	w := newWorld(t)
	w.create(t, "a")
	w.modify(t, &jingle.ConferenceModify{MeetingID: "empty", Create: true})
	sweep := func(in time.Duration) { w.each(func(c *conference) { c.sweep(time.Now().Add(in)) }) }
	sweep(emptyTimeout - time.Second)
	w.modify(t, &jingle.ConferenceModify{MeetingID: "empty", Create: false, Endpoints: []jingle.ColibriEndpoint{newEndpoint("b")}})
	sweep(emptyTimeout + time.Second)
	if st := w.Stats(); st.Conferences != 2 || st.Media.Endpoints != 2 {
		t.Errorf("too early: %d conferences and %d endpoints", st.Conferences, st.Media.Endpoints)
	}
	sweep(unstartedTimeout + time.Second)
	until(t, "endpoints and conferences end", func() bool { st := w.Stats(); return st.Conferences == 0 && st.Media.Endpoints == 0 })
}
