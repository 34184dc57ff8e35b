package jingle

import (
	"os"
	"path/filepath"
	"testing"

	"stammtisch/xmpp"
)

// seedRecorded adds the recorded payloads of that element name.
func seedRecorded(f *testing.F, name string) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		base := filepath.Base(file)
		if el := recorded(f, base[:len(base)-len(".xml")]); el.Name == name {
			f.Add(el.String())
		}
	}
}

// fuzzParser checks that parsing never panics and that what was accepted survives being built and parsed again.
func fuzzParser[T interface{ Element() *xmpp.Element }](f *testing.F, parse func(*xmpp.Element) (T, error)) {
	f.Fuzz(func(t *testing.T, s string) {
		el, err := xmpp.ParseElement([]byte(s))
		if err != nil {
			return
		}
		v, err := parse(el)
		if err != nil {
			return
		}
		first := v.Element()
		again, err := parse(first)
		if err != nil {
			t.Fatalf("what was built is refused: %v\n%s", err, first)
		}
		if g, w := again.Element().String(), first.String(); g != w {
			t.Errorf("built again %s, first %s", g, w)
		}
	})
}

func FuzzParse(f *testing.F) {
	seedRecorded(f, "jingle")
	f.Add(`<jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="x"><content name="video"><source ssrc="0"/></content></jingle>`)
	f.Add(`<jingle xmlns="urn:xmpp:jingle:1" action="session-terminate" sid="x"><reason><success/><text>bye</text></reason>` +
		`<bridge-session xmlns="http://jitsi.org/protocol/focus" id="b" restart="true"/></jingle>`)
	fuzzParser(f, func(el *xmpp.Element) (*Jingle, error) {
		j, err := Parse(el)
		if err == nil {
			_, _ = j.Sources("ana")
		}
		return j, err
	})
}

func FuzzParseConferenceModify(f *testing.F) {
	seedRecorded(f, "conference-modify")
	f.Add(`<conference-modify xmlns="jitsi:colibri2" meeting-id="m"><relay id="r"/><endpoint id="e"><force-mute/></endpoint></conference-modify>`)
	fuzzParser(f, func(el *xmpp.Element) (*ConferenceModify, error) {
		m, err := ParseConferenceModify(el)
		if err == nil {
			for i := range m.Endpoints {
				if s := m.Endpoints[i].Sources; s != nil {
					MediaSources(m.Endpoints[i].ID, Flatten(m.Endpoints[i].ID, *s))
				}
			}
			m.Relays = nil // never built
		}
		return m, err
	})
}

func FuzzParseConferenceModified(f *testing.F) {
	seedRecorded(f, "conference-modified")
	fuzzParser(f, ParseConferenceModified)
}

func FuzzParseStats(f *testing.F) {
	seedRecorded(f, "stats")
	fuzzParser(f, func(el *xmpp.Element) (Stats, error) {
		s, ok := ParseStats(el)
		if !ok {
			return nil, os.ErrInvalid
		}
		s.Float("stress_level", 0)
		return s, nil
	})
}

func FuzzParseCompact(f *testing.F) {
	f.Add(`{"sources":{"ana":[[{"s":1,"n":"ana-v0","m":"a b","v":"d"},{"s":2,"n":"ana-v0","m":"a b"}],[["f",1,2]],[{"s":3}]]}}`)
	f.Add(`{"sources":{"ana":[[],[["s"]],null]}}`)
	f.Add(`{"sources":{"":[[{"s":4294967296}]]}}`)
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseCompact([]byte(s))
		if err != nil {
			return
		}
		again, err := ParseCompact(m.Compact())
		if err != nil || string(again.Compact()) != string(m.Compact()) {
			t.Errorf("again %s, %v; first %s", again.Compact(), err, m.Compact())
		}
	})
}

// FuzzAddRemove checks the invariants of the source map under any sequence of announcements: one owner per SSRC, nothing without
// limit, and an immutable past.
func FuzzAddRemove(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{255, 0, 17, 0, 17, 1, 17, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var m SourceMap
		for len(ops) >= 3 {
			owner := EndpointID([]string{"ana", "bob"}[ops[0]&1])
			a, b := SSRC(ops[1]), SSRC(ops[2])
			media := []MediaType{Audio, Video}[ops[0]>>1&1]
			set := SourceSet{Sources: []Source{{SSRC: a, Media: media, MSID: string(owner)}, {SSRC: b, Media: media, MSID: string(owner)}}}
			if ops[0]&4 != 0 {
				set.Groups = []SSRCGroup{{media, FID, []SSRC{a, b}}}
			}
			before := string(m.Compact())
			next := m
			if ops[0]&8 == 0 {
				next, _, _ = m.Add(owner, set, Limits{4, 2})
			} else {
				next, _, _ = m.Remove(owner, set)
			}
			if string(m.Compact()) != before {
				t.Fatal("the old map changed")
			}
			m, ops = next, ops[3:]
		}
		seen := map[SSRC]bool{}
		for owner, set := range m.All() {
			if len(set.Sources) > 4 || len(set.Groups) > 2 {
				t.Errorf("%s has %v", owner, set)
			}
			for _, s := range set.Sources {
				if s.SSRC == 0 || seen[s.SSRC] {
					t.Errorf("ssrc %d twice or 0", s.SSRC)
				}
				seen[s.SSRC] = true
			}
		}
	})
}
