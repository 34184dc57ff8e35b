package jingle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// recorded returns the payload of a stanza in testdata. The first line of each file says where it comes from.
func recorded(tb testing.TB, name string) *xmpp.Element {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".xml"))
	if err != nil {
		tb.Fatal(err)
	}
	_, data, _ = bytes.Cut(data, []byte("\n"))
	st, err := xmpp.ParseStanza(bytes.TrimSpace(data))
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	els, err := st.Elements()
	if err != nil {
		tb.Fatal(err)
	}
	for _, el := range els {
		if el.Space != xmpp.NSClient {
			return el
		}
	}
	tb.Fatalf("%s: no payload", name)
	return nil
}

// canonical is el's text with everything sorted that carries no meaning, and without what the peers add that we do not: trace ids and
// attributes at their default.
func canonicalXML(el *xmpp.Element) string {
	var attrs, children []string
	for _, a := range el.Attrs {
		if a.Value == "false" && el.Name == "fingerprint" {
			continue
		}
		attrs = append(attrs, fmt.Sprintf("%s=%q", a.Name, a.Value))
	}
	for _, c := range el.Children {
		if c.Name != "traceparent" {
			children = append(children, canonicalXML(c))
		}
	}
	slices.Sort(attrs)
	slices.Sort(children)
	text := strings.TrimSpace(el.Text)
	if el.Name == "json-message" {
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			b, _ := json.Marshal(v) // sorts the keys
			text = string(b)
		}
	}
	space := el.Space
	if el.Name == "parameter" {
		space = "" // peers disagree
	}
	s := fmt.Sprintf("<{%s}%s %s>%s", space, el.Name, strings.Join(attrs, " "), text)
	if len(children) > 0 {
		s += "\n" + strings.Join(children, "\n")
	}
	return s
}

// TestRecordedRoundTrip parses what stock peers wrote and builds it again: nothing that they say may be lost.
func TestRecordedRoundTrip(t *testing.T) {
	again := map[string]func(*xmpp.Element) (*xmpp.Element, error){
		"jingle":              rebuild(Parse),
		"conference-modify":   rebuild(ParseConferenceModify),
		"conference-modified": rebuild(ParseConferenceModified),
		"stats": func(el *xmpp.Element) (*xmpp.Element, error) {
			s, ok := ParseStats(el)
			if !ok {
				return nil, fmt.Errorf("no stats")
			}
			return s.Element(), nil
		},
	}
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		t.Run(name, func(t *testing.T) {
			el := recorded(t, name)
			got, err := again[el.Name](el)
			if err != nil {
				t.Fatalf("parse: %v", err)
			}
			if g, w := canonicalXML(got), canonicalXML(el); g != w {
				t.Errorf("built again:\n%s\nrecorded:\n%s", g, w)
			}
		})
	}
}

// rebuild makes a function that parses and builds again.
func rebuild[T interface{ Element() *xmpp.Element }](parse func(*xmpp.Element) (T, error)) func(*xmpp.Element) (*xmpp.Element, error) {
	return func(el *xmpp.Element) (*xmpp.Element, error) {
		v, err := parse(el)
		if err != nil {
			return nil, err
		}
		return v.Element(), nil
	}
}

func TestSessionAcceptSources(t *testing.T) {
	j, err := Parse(recorded(t, "session-accept"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := j.Sources("ab6fb992")
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Sources) != 7 || len(set.Groups) != 4 {
		t.Fatalf("%d sources and %d groups, want 7 and 4", len(set.Sources), len(set.Groups))
	}
	if s := set.Sources[1]; s.Media != Video || s.VideoType != Camera || s.Name != "ab6fb992-v0" || s.MSID == "" {
		t.Errorf("first video source is %+v", s)
	}
	if tr := j.Transport(); tr == nil || tr.Ufrag != "Y2wF" || len(tr.Fingerprints) != 1 || tr.Fingerprints[0].Setup != "active" {
		t.Errorf("transport is %+v", tr)
	}
	// What the bridge is told is what jicofo told it.
	update, err := ParseConferenceModify(recorded(t, "colibri-update"))
	if err != nil {
		t.Fatal(err)
	}
	e := update.Endpoints[0]
	media := MediaSources("ab6fb992", set)
	e.Sources = &media
	if g, w := canonicalXML(e.element()), canonicalXML(recorded(t, "colibri-update").Child("", "endpoint")); g != w {
		t.Errorf("endpoint:\n%s\nwant:\n%s", g, w)
	}
	// What the others are told is the same without simulcast.
	told := MapOf("ab6fb992", set).Map(SourceSet.StripSimulcast)
	add := &Jingle{Action: SourceAdd, SID: "fkh0bl47qk0pq", Compact: &told}
	if g, w := canonicalXML(add.Element()), canonicalXML(recorded(t, "source-add")); g != w {
		t.Errorf("source-add:\n%s\nwant:\n%s", g, w)
	}
}

func TestStats(t *testing.T) {
	s, ok := ParseStats(recorded(t, "brewery-presence"))
	if !ok {
		t.Fatal("no stats")
	}
	if s.Bool("drain", true) || !s.Bool("healthy", false) || s.Float("average_participant_stress", 0) != 0.01 {
		t.Errorf("statistics read wrong: %v", s)
	}
	if v, _ := s.Lookup("version"); v != "2.3.SNAPSHOT" {
		t.Errorf("version %q", v)
	}
	if s.Float("absent", 7) != 7 || (Stats{{"x", "NaN"}}).Float("x", 7) != 7 {
		t.Error("missing or meaningless numbers must give the default")
	}
}

func TestColibriErrorReason(t *testing.T) {
	want := ColibriError(xmpp.ItemNotFound, ReasonUnknownEndpoint, "no such endpoint", "ef56ab78")
	el, err := xmpp.ParseElement([]byte(want.Element().String()))
	if err != nil {
		t.Fatal(err)
	}
	got := xmpp.ParseError(xmpp.NewStanza(xmpp.IQ, "error", xmpp.JID{}, xmpp.JID{}, el))
	reason, endpoint, ok := ColibriReasonOf(got)
	if !ok || reason != ReasonUnknownEndpoint || endpoint != "ef56ab78" || got.Condition != xmpp.ItemNotFound {
		t.Errorf("read back as %q, %q, %v, %v", reason, endpoint, ok, got)
	}
	if _, _, ok := ColibriReasonOf(&xmpp.Error{Condition: xmpp.ItemNotFound}); ok {
		t.Error("an error of the room taken for one of the bridge")
	}
}
