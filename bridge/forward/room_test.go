package forward

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestRoomEvents(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	r.pass(3 * time.Second)
	want := []string{"ana: gets []", "ana: send ana-v0 up to 0"}
	if got := r.journal.take(); !slices.Equal(got, want) {
		t.Errorf("alone: %q, want %q", got, want)
	}
	ben := r.join("ben")
	want = []string{"ana: gets [ben-v0]", "ana: send ana-v0 up to 180", "ben: gets [ana-v0]", "ben: send ben-v0 up to 180"}
	if got := r.journal.take(); !slices.Equal(got, want) {
		t.Errorf("two: %q, want %q", got, want)
	}
	// Wanting less is announced only if it lasts.
	for _, h := range []int{720, 180, 720, 180, 720} {
		ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(h)})
		r.pass(500 * time.Millisecond)
	}
	if got := r.journal.take(); !slices.Equal(got, []string{"ana: send ana-v0 up to 720"}) {
		t.Errorf("flapping: %q", got)
	}
	ben.SetConstraints(ReceiverConstraints{LastN: ptr(0)})
	r.pass(demandHold + 100*time.Millisecond)
	want = []string{"ana: send ana-v0 up to 0", "ben: gets []"}
	if got := r.journal.take(); !slices.Equal(got, want) {
		t.Errorf("audio only: %q, want %q", got, want)
	}
	g := ana.Greeting()
	if len(g.Demands) != 1 || g.Demands[0] != (Demand{"ana-v0", 0}) || !slices.Equal(g.ForwardedSources, []string{"ben-v0"}) {
		t.Errorf("greeting %+v", g)
	}
	r.c.RemoveEndpoint("ben")
	r.pass(50 * time.Millisecond)
	if got := r.journal.take(); !slices.Equal(got, []string{"ana: gets []"}) {
		t.Errorf("after ben left: %q", got)
	}
}

func TestVideoTypeMayComeBeforeTheSource(t *testing.T) {
	r := newRoom(t)
	r.join("ben")
	ana := r.enter("ana", jitsi)
	ana.SetVideoType("ana-v0", NoVideo)
	ana.SetSources([]Source{ana.videoSource(Camera)})
	r.journal.take()
	r.pass(100 * time.Millisecond)
	for _, l := range r.journal.take() {
		if strings.Contains(l, "gets [ana-v0]") {
			t.Errorf("a muted source is announced: %q", l)
		}
	}
	ana.SetVideoType("ana-v0", Camera)
	r.pass(100 * time.Millisecond)
	if got := r.journal.take(); !slices.Contains(got, "ben: gets [ana-v0]") {
		t.Errorf("after unmuting: %q", got)
	}
}

func TestLastNFollowsTheSpeakers(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.join("eva")
	eva.SetConstraints(ReceiverConstraints{LastN: ptr(1)})
	speak := func(loud, quiet *member) {
		for range 150 {
			loud.talk(20)
			quiet.talk(110)
			r.pass(20 * time.Millisecond)
		}
	}
	speak(ana, ben)
	speak(ben, ana)
	if got := eva.Greeting(); got.Dominant != "ben" || !slices.Equal(got.Previous, []string{"ana"}) || !slices.Equal(got.ForwardedSources, []string{"ben-v0"}) {
		t.Errorf("after ben spoke: %+v", got)
	}
	r.journal.take()
	speak(ana, ben)
	got := r.journal.take()
	for _, want := range []string{"ana speaks after [ben], silence false", "eva: gets [ana-v0]"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	eva.SetConstraints(ReceiverConstraints{Selected: []string{"ben-v0"}})
	r.pass(50 * time.Millisecond)
	if got := eva.Greeting().ForwardedSources; !slices.Equal(got, []string{"ben-v0"}) {
		t.Errorf("selection does not win over speech: %v", got)
	}
}

func TestConnectivity(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	rr, err := (&rtcp.ReceiverReport{SSRC: 1}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	ben.talk(20)
	r.journal.take()
	for range 20 { // ana is muted, but her browser reports
		ana.HandleRTCP(nil, rr, r.now)
		r.pass(time.Second)
	}
	if got := r.journal.take(); !slices.Contains(got, "ben active false") || slices.Contains(got, "ana active false") {
		t.Errorf("events %q, want ben inactive and ana not", got)
	}
	if got := ana.Greeting().Inactive; !slices.Equal(got, []string{"ben"}) {
		t.Errorf("inactive %v", got)
	}
	ben.talk(20)
	r.pass(time.Second)
	if got := r.journal.take(); !slices.Contains(got, "ben active true") {
		t.Errorf("events %q, want ben back", got)
	}
}

func TestStatisticsOfLargeConferences(t *testing.T) {
	r := newRoom(t)
	ben := r.join("ben")
	r.join("ana")
	if !ben.WantsStatsOf("ana") {
		t.Error("not in a small conference")
	}
	ben.SetConstraints(ReceiverConstraints{LastN: ptr(0)})
	for i := range smallConference {
		if _, err := r.c.AddEndpoint(string(rune('A'+i)), &browser{discard: true}, jitsi, r.now); err != nil {
			t.Fatal(err)
		}
	}
	r.pass(50 * time.Millisecond)
	if ben.WantsStatsOf("ana") {
		t.Error("of somebody neither heard nor seen")
	}
	ben.SetConstraints(ReceiverConstraints{Selected: []string{"ana-v0"}})
	if !ben.WantsStatsOf("ana") {
		t.Error("not of somebody selected")
	}
}
