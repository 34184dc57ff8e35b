package jingle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var limits = Limits{SSRCs: 20, Groups: 20}

// vid and aud are sources of endpoint e with the given SSRC and msid.
func vid(e EndpointID, ssrc SSRC, msid string) Source {
	return Source{SSRC: ssrc, Media: Video, Name: SourceName(e + "-v0"), MSID: msid, VideoType: Camera}
}

func aud(e EndpointID, ssrc SSRC, msid string) Source {
	return Source{SSRC: ssrc, Media: Audio, Name: SourceName(e + "-a0"), MSID: msid}
}

func fid(ssrcs ...SSRC) SSRCGroup { return SSRCGroup{Video, FID, ssrcs} }
func sim(ssrcs ...SSRC) SSRCGroup { return SSRCGroup{Video, SIM, ssrcs} }

// simulcast is the whole set of a client with three encodings.
func simulcast(e EndpointID, base SSRC) SourceSet {
	msid := string(e) + "-video-0-1 t"
	var set SourceSet
	for i := range SSRC(6) {
		set.Sources = append(set.Sources, vid(e, base+i, msid))
	}
	set.Sources = append(set.Sources, aud(e, base+9, string(e)+"-audio-0-1 t"))
	set.Groups = []SSRCGroup{sim(base, base+1, base+2), fid(base, base+3), fid(base+1, base+4), fid(base+2, base+5)}
	return set
}

func TestAddValidates(t *testing.T) {
	m, _, err := SourceMap{}.Add("bob", simulcast("bob", 100), limits)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err = m.Add("ana", SourceSet{Sources: []Source{aud("ana", 1, "a")}}, limits)
	if err != nil {
		t.Fatal(err)
	}
	many := SourceSet{}
	for i := range SSRC(20) {
		many.Sources = append(many.Sources, Source{SSRC: 1000 + i, Media: Audio, Name: SourceName(fmt.Sprintf("ana-a%d", i)), MSID: fmt.Sprint(i)})
	}
	tests := []struct {
		name string
		add  SourceSet
		want string // part of the text for the sender; empty for success
	}{
		{"a camera", SourceSet{Sources: []Source{vid("ana", 2, "v"), vid("ana", 3, "v")}, Groups: []SSRCGroup{fid(2, 3)}}, ""},
		{"simulcast", simulcast("ana", 200), ""},
		{"audio and video share a msid", SourceSet{Sources: []Source{vid("ana", 2, "a")}}, ""},
		{"an empty group is ignored", SourceSet{Sources: []Source{vid("ana", 2, "v")}, Groups: []SSRCGroup{fid()}}, ""},
		{"ssrc 0", SourceSet{Sources: []Source{vid("ana", 0, "v")}}, "ssrc 0"},
		{"an ssrc of another endpoint", SourceSet{Sources: []Source{vid("ana", 100, "v")}}, "already used"},
		{"an ssrc of its own, again", SourceSet{Sources: []Source{aud("ana", 1, "a")}}, "already used"},
		{"an ssrc twice at once", SourceSet{Sources: []Source{vid("ana", 2, "v"), vid("ana", 2, "v")}}, "twice"},
		{"a msid of another endpoint", SourceSet{Sources: []Source{vid("ana", 2, "bob-video-0-1 t")}}, "msid"},
		{"a name of another endpoint", SourceSet{Sources: []Source{{SSRC: 2, Media: Video, Name: "bob-v0", MSID: "v"}}}, "name"},
		{"an endless msid", SourceSet{Sources: []Source{vid("ana", 2, strings.Repeat("x", 600))}}, "too long"},
		{"too many", many, "more than 20 ssrcs"},
		{"a group with a foreign ssrc", SourceSet{Sources: []Source{vid("ana", 2, "v")}, Groups: []SSRCGroup{fid(2, 100)}}, "unknown ssrc"},
		{"an FID group of three", SourceSet{Sources: []Source{vid("ana", 2, "v"), vid("ana", 3, "v"), vid("ana", 4, "v")},
			Groups: []SSRCGroup{fid(2, 3, 4)}}, "two ssrcs"},
		{"an FID group of one", SourceSet{Sources: []Source{vid("ana", 2, "v")}, Groups: []SSRCGroup{fid(2, 2)}}, "twice"},
		{"a grouped source without msid", SourceSet{Sources: []Source{vid("ana", 2, ""), vid("ana", 3, "")}, Groups: []SSRCGroup{fid(2, 3)}}, "no msid"},
		{"a group with two msids", SourceSet{Sources: []Source{vid("ana", 2, "v"), vid("ana", 3, "w")}, Groups: []SSRCGroup{fid(2, 3)}}, "differ"},
		{"two sources with one msid", SourceSet{Sources: []Source{vid("ana", 2, "v"), vid("ana", 3, "v")}}, "share"},
		{"a group across media", SourceSet{Sources: []Source{vid("ana", 2, "a")}, Groups: []SSRCGroup{fid(2, 1)}}, "of audio"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next, added, err := m.Add("ana", tt.add, limits)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				if len(added.Sources) != len(tt.add.Sources) || len(next.Of("ana").Sources) != 1+len(tt.add.Sources) {
					t.Errorf("added %v, now %v", added, next.Of("ana"))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one about %q", err, tt.want)
			}
			if len(next.Of("ana").Sources) != 1 {
				t.Error("something was added all the same")
			}
		})
	}
	if len(m.Of("ana").Sources) != 1 {
		t.Error("the map changed under its holder")
	}
}

func TestRemove(t *testing.T) {
	m, _, err := SourceMap{}.Add("ana", simulcast("ana", 100), limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the audio", func(t *testing.T) {
		next, removed, err := m.Remove("ana", SourceSet{Sources: []Source{{SSRC: 109, Media: Audio}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(removed.Sources) != 1 || removed.Sources[0].Name != "ana-a0" {
			t.Errorf("removed %v, want the source as it was announced", removed)
		}
		if next.Of("ana").HasMedia(Audio) || len(next.Of("ana").Groups) != 4 {
			t.Errorf("left: %v", next.Of("ana"))
		}
	})
	t.Run("all video, groups go with it", func(t *testing.T) {
		next, removed, err := m.Remove("ana", SourceSet{Sources: m.Of("ana").OfMedia(Video).Sources})
		if err != nil {
			t.Fatal(err)
		}
		if len(removed.Groups) != 4 || len(next.Of("ana").Sources) != 1 {
			t.Errorf("removed %v, left %v", removed, next.Of("ana"))
		}
	})
	for name, set := range map[string]SourceSet{
		"an unknown ssrc":            {Sources: []Source{{SSRC: 1, Media: Audio}}},
		"an unknown group":           {Groups: []SSRCGroup{fid(100, 101)}},
		"half of what shares a msid": {Groups: []SSRCGroup{fid(100, 103)}},
	} {
		t.Run(name, func(t *testing.T) {
			if next, _, err := m.Remove("ana", set); err == nil || len(next.Of("ana").Sources) != 7 {
				t.Errorf("error %v, left %v", err, next.Of("ana"))
			}
		})
	}
	if _, _, err := m.Remove("bob", SourceSet{Sources: []Source{{SSRC: 100}}}); err == nil {
		t.Error("one endpoint removed another's source")
	}
}

func TestMinusAndStrip(t *testing.T) {
	full := MapOf("ana", simulcast("ana", 100)).With("bob", SourceSet{Sources: []Source{aud("bob", 5, "b")}})
	stripped := full.Map(SourceSet.StripSimulcast)
	var left []SSRC
	for _, s := range stripped.Of("ana").Sources {
		left = append(left, s.SSRC)
	}
	if !slices.Equal(left, []SSRC{100, 103, 109}) || len(stripped.Of("ana").Groups) != 1 {
		t.Errorf("stripped to %v", stripped.Of("ana"))
	}
	if d := full.Minus(full.Without("bob")); len(d.Of("ana").Sources) != 0 || len(d.Of("bob").Sources) != 1 {
		t.Errorf("difference is %v", d)
	}
	if !full.Minus(full).IsEmpty() {
		t.Error("a map minus itself is not empty")
	}
}

func TestCompactRoundTrip(t *testing.T) {
	m := MapOf("ana", simulcast("ana", 100)).
		With("b\"o<b", SourceSet{Sources: []Source{{SSRC: 5, Media: Video, Name: "b\"o<b-v1", MSID: "x & y", VideoType: Desktop}}}).
		With("eve", SourceSet{Sources: []Source{aud("eve", 7, "e"), aud("eve", 8, "e")}, Groups: []SSRCGroup{{Audio, FID, []SSRC{7, 8}}}})
	got, err := ParseCompact(m.Compact())
	if err != nil {
		t.Fatalf("%s: %v", m.Compact(), err)
	}
	if g, w := string(got.Compact()), string(m.Compact()); g != w {
		t.Errorf("again %s, first %s", g, w)
	}
	if s := got.Of("b\"o<b").Sources[0]; s.VideoType != Desktop || s.MSID != "x & y" {
		t.Errorf("read %+v", s)
	}
	if got := string(MapOf("ana", SourceSet{Sources: []Source{aud("ana", 7, "e")}}).Compact()); got != `{"sources":{"ana":[[],[],[{"s":7,"n":"ana-a0","m":"e"}]]}}` {
		t.Errorf("compact form %s", got)
	}
}

func TestContentsForClientsWithoutCompactSources(t *testing.T) {
	m := MapOf("ana", simulcast("ana", 100)).Map(SourceSet.StripSimulcast)
	contents := m.Contents()
	if len(contents) != 2 || contents[0].Name != "audio" || contents[1].Name != "video" {
		t.Fatalf("contents %v", contents)
	}
	j := &Jingle{Action: SourceAdd, SID: "s", Contents: contents}
	again, err := Parse(j.Element())
	if err != nil {
		t.Fatal(err)
	}
	if s := again.Contents[1].Description.Sources[0]; s.Owner != "ana" || s.MSID == "" || s.Name != "ana-v0" {
		t.Errorf("source %+v", s)
	}
}
