package forward

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/rtp"
)

func TestAudioReachesEverybodyElse(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.join("eva")
	for range 5 {
		ana.talk(0x80 | 20)
	}
	for _, m := range []*member{ben, eva} {
		got := m.take()
		if len(got) != 5 {
			t.Fatalf("%s got %d packets, want 5", m.id, len(got))
		}
		for i, p := range got {
			if p.SSRC != ana.ssrc || p.PayloadType != 111 || string(p.payload) != "opus" {
				t.Errorf("%s got %+v %q", m.id, p.Header, p.payload)
			}
			if p.values.AudioLevel != 0x80|20 || p.values.HasTransportCC || p.hasMID {
				t.Errorf("extensions %+v, mid %v; want the level with its voice bit, nothing else", p.values, p.hasMID)
			}
			if i > 0 && (p.ext != got[i-1].ext+1 || p.Timestamp != got[i-1].Timestamp+960) {
				t.Errorf("packet %d does not continue the one before", i)
			}
		}
		if got[0].ext > 0x7fff {
			t.Errorf("first sequence number %d: the receiver may guess the roll-over counter wrong", got[0].ext)
		}
	}
	if got := ana.take(); got != nil {
		t.Errorf("ana hears herself")
	}
}

func TestSilenceIsNotForwarded(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	for range 10 {
		ana.talk(127)
	}
	ana.talk(30)
	got := ben.take()
	if len(got) != 4 {
		t.Fatalf("%d packets, want three of silence and one of sound", len(got))
	}
	if got[3].ext != got[2].ext+1 || got[3].Timestamp != got[2].Timestamp+8*960 {
		t.Errorf("after the pause: number %d after %d, timestamp +%d", got[3].ext, got[2].ext, got[3].Timestamp-got[2].Timestamp)
	}
}

func TestUnsignalledAndMutedMediaAreDropped(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	p := rtp.FinishExtensions(rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 111, SequenceNumber: 1, SSRC: 4711}))
	ana.send(append(p, "x"...))
	ana.SetForceMute(true, true)
	ana.talk(10)
	ana.film(3)
	if got := ben.take(); got != nil {
		t.Errorf("%d packets were forwarded", len(got))
	}
	ana.SetForceMute(false, false)
	r.pass(50 * time.Millisecond)
	ana.talk(10)
	ana.film(5)
	if got := ben.take(); len(got) < 4 {
		t.Errorf("%d packets after the mute ended", len(got))
	}
	st := r.c.Stats(r.now)
	if st.Totals.UnknownSSRC != 1 || st.Totals.Muted == 0 || st.SendingVideo != 1 {
		t.Errorf("statistics %+v", st)
	}
}

// checkVideo verifies what a decoder needs of a lossless stream: it begins with a key frame, has no gap, its timestamps
// never go back, its picture ids count frames, and no packet numbers repeat.
func checkVideo(t *testing.T, got []received, ssrc uint32) {
	t.Helper()
	if len(got) == 0 {
		t.Fatal("no video")
	}
	if !got[0].vp8.Key {
		t.Error("the stream does not begin with a key frame")
	}
	for i, p := range got {
		if p.SSRC != ssrc || p.PayloadType != 100 || p.hasMID || !p.values.HasVideoOrientation {
			t.Errorf("packet %d: %+v, extensions %+v", i, p.Header, p.values)
		}
		if int(p.values.TransportCC) == 0 {
			t.Errorf("packet %d has no transport-wide number", i)
		}
		if i == 0 {
			continue
		}
		before := got[i-1]
		if p.ext != before.ext+1 {
			t.Errorf("packet %d: number %d after %d", i, p.ext, before.ext)
		}
		if d := int32(p.Timestamp - before.Timestamp); d < 0 || before.Marker && d == 0 {
			t.Errorf("packet %d: timestamp moved by %d", i, d)
		}
		step := (p.vp8.PictureID - before.vp8.PictureID) & 0x7fff
		if want := map[bool]uint16{true: 1, false: 0}[before.Marker]; step != want {
			t.Errorf("packet %d: picture id moved by %d, want %d", i, step, want)
		}
		if d := p.vp8.TL0 - before.vp8.TL0; d > 1 {
			t.Errorf("packet %d: TL0PICIDX moved by %d", i, d)
		}
	}
}

func heights(got []received) (h []int) {
	for _, p := range got {
		if p.vp8.Key && p.vp8.Height > 0 {
			h = append(h, p.vp8.Height)
		}
	}
	return slices.Compact(h)
}

func TestVideoFollowsTheConstraints(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(30)
	for _, step := range []struct{ height, got int }{{180, 180}, {720, 720}, {360, 360}, {-1, 720}, {100, 180}} {
		ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(step.height)})
		ana.film(60)
		all := ben.browser.packets
		if h := heights(all); len(h) == 0 || h[len(h)-1] != step.got {
			t.Errorf("with constraint %d the heights are %v, want %d at last", step.height, h, step.got)
		}
	}
	checkVideo(t, ben.take(), ana.cam[0].ssrc)
}

func TestStartNeedsNoSecondKeyFrame(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(720)})
	r.pass(time.Second)
	feedbackOf[*rtcp.PictureLossIndication](ana.browser)
	for range 40 {
		for _, c := range ana.cam {
			ana.send(c.frame(r.now)...)
		}
		r.pass(33 * time.Millisecond)
	}
	if n := len(feedbackOf[*rtcp.PictureLossIndication](ana.browser)); n != 0 {
		t.Errorf("%d requests for key frames that had just come", n)
	}
	if h := heights(ben.take()); h[len(h)-1] != 720 {
		t.Errorf("heights %v, want 720 at last", h)
	}
}

func TestNoVideoNoPackets(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	for name, c := range map[string]ReceiverConstraints{
		"last-N 0": {LastN: ptr(0)}, "default 0": {DefaultHeightPx: ptr(0)}, "source 0": {HeightPx: map[string]int{"ana-v0": 0}},
	} {
		ben.SetConstraints(ReceiverConstraints{LastN: ptr(-1), DefaultHeightPx: ptr(180), HeightPx: map[string]int{}})
		ana.film(10)
		if ben.take() == nil {
			t.Fatalf("%s: no video before", name)
		}
		ben.SetConstraints(c)
		r.pass(50 * time.Millisecond)
		ana.film(5)
		if got := ben.take(); got != nil {
			t.Errorf("%s: %d packets", name, len(got))
		}
	}
}

func TestLayerThatStopsIsReplaced(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(720)})
	ana.film(30)
	ana.film(60, 0, 1) // the browser has dropped its highest encoding
	before := len(ben.take())
	ana.film(10, 0, 1)
	got := ben.take()
	if len(got) != 30 || before == 0 {
		t.Errorf("%d packets of ten frames, want those of the middle encoding", len(got))
	}
	feedbackOf[rtcp.Packet](ana.browser)
	ana.cam[2].wantKey = true // it comes back, with a key frame, as encoders start
	ana.send(ana.cam[2].frame(r.now)...)
	if h := heights(ben.take()); !slices.Equal(h, []int{720}) {
		t.Errorf("heights %v when the encoding came back", h)
	}
	r.pass(50 * time.Millisecond)
	ana.film(60)
	if h := heights(ben.take()); len(h) != 0 {
		t.Errorf("key frames of heights %v after that", h)
	}
}

func TestScreenWithOneEncodingReachesThumbnails(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.enter("ana", jitsi), r.join("ben")
	ana.SetSources([]Source{ana.videoSource(Desktop)})
	ana.SetConnected(true)
	r.pass(100 * time.Millisecond)
	ana.film(20, 2) // lib-jitsi-meet's slow screen share: only the full size is active
	if h := heights(ben.take()); !slices.Equal(h, []int{720}) {
		t.Errorf("heights %v, want 720", h)
	}
}

func TestReceiverAsksForKeyFrame(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(30)
	feedbackOf[rtcp.Packet](ana.browser)
	ask := func(p rtcp.Packet) {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		ben.HandleRTCP(nil, raw, r.now)
	}
	ask(&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: ana.cam[0].ssrc})
	got := feedbackOf[*rtcp.PictureLossIndication](ana.browser)
	if len(got) != 1 || got[0].MediaSSRC != ana.cam[0].ssrc || got[0].SenderSSRC != bridgeSSRC {
		t.Fatalf("ana was asked %v", got)
	}
	// A receiver that asks all the time is heard, at a bearable rate, for ever.
	n := 0
	for range 200 {
		ask(&rtcp.FullIntraRequest{SenderSSRC: 1, FIR: []rtcp.FIREntry{{SSRC: ana.cam[0].ssrc}}})
		r.pass(100 * time.Millisecond)
		ana.send(ana.cam[0].frame(r.now)...)
		n += len(feedbackOf[*rtcp.PictureLossIndication](ana.browser))
	}
	if n < 15 || n > 30 {
		t.Errorf("%d key frames asked for in 20 s", n)
	}
}

func TestSenderReportsAreRewritten(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(360)})
	ana.film(30)
	sent := ben.take()
	last := sent[len(sent)-1]
	report := func(ssrc uint32, ts uint32) {
		sr := rtcp.SenderReport{SSRC: ssrc, NTPTime: 0x0102_0304_0506_0708, RTPTime: ts, PacketCount: 1, OctetCount: 1}
		raw, err := sr.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		ana.HandleRTCP(nil, raw, r.now)
	}
	mid := ana.cam[1]
	report(mid.ssrc, mid.base+uint32(r.now.UnixMilli()*90))
	report(ana.cam[2].ssrc, 5)
	got := feedbackOf[*rtcp.SenderReport](ben.browser)
	if len(got) != 1 {
		t.Fatalf("%d sender reports, want one, of the encoding that is shown", len(got))
	}
	sr := got[0]
	if sr.SSRC != ana.cam[0].ssrc || sr.NTPTime != 0x0102_0304_0506_0708 || int(sr.PacketCount) != len(sent) {
		t.Errorf("sender report %+v after %d packets", sr, len(sent))
	}
	if d := sr.RTPTime - last.Timestamp; d != 33*90 {
		t.Errorf("the report is %d ticks after the last frame, want %d", d, 33*90)
	}
	// The answer gives the round-trip time.
	rr := rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: sr.SSRC, LastSenderReport: 0x0304_0506, Delay: 65536 / 10}}}
	raw, err := rr.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	ben.HandleRTCP(nil, raw, r.now.Add(150*time.Millisecond))
	if rtt := ben.RoundTrip().Round(time.Millisecond); rtt != 50*time.Millisecond {
		t.Errorf("round-trip time %v, want 50 ms", rtt)
	}
}

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

func TestAudioSubscription(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.join("eva")
	for _, tt := range []struct {
		a        AudioSubscription
		ana, ben bool
	}{
		{AudioSubscription{All: true, Exclude: []string{"ana-a0"}}, false, true},
		{AudioSubscription{Include: []string{"ana-a0"}}, true, false},
		{AudioSubscription{Include: []string{"ana-a0"}, Exclude: []string{"ana-a0"}}, false, false},
		{AudioSubscription{All: true}, true, true},
	} {
		eva.SetAudioSubscription(tt.a)
		r.pass(50 * time.Millisecond)
		ana.talk(20)
		ben.talk(20)
		heard := map[uint32]bool{}
		for _, p := range eva.take() {
			heard[p.SSRC] = true
		}
		if heard[ana.ssrc] != tt.ana || heard[ben.ssrc] != tt.ben {
			t.Errorf("%+v: hears ana %v, ben %v", tt.a, heard[ana.ssrc], heard[ben.ssrc])
		}
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

// TestSimpleSenders checks what clients of other make send: no simulcast, short picture ids or none at all.
func TestSimpleSenders(t *testing.T) {
	for name, descriptor := range map[string]func(n int, start bool) []byte{
		"no picture id": func(_ int, start bool) []byte { return map[bool][]byte{true: {0x10}, false: {0x00}}[start] },
		"short picture id": func(n int, start bool) []byte {
			return []byte{map[bool]byte{true: 0x90, false: 0x80}[start], 0x80, byte(n & 0x7f)}
		},
	} {
		r := newRoom(t)
		ana, ben := r.enter("ana", jitsi), r.join("ben")
		ana.SetSources([]Source{{Name: "ana-v0", Media: Video, SSRCs: []uint32{5}}})
		ana.SetConnected(true)
		r.pass(50 * time.Millisecond)
		seq := uint16(0)
		for n := range 200 {
			for i := range 2 {
				seq++
				p := rtp.AppendHeader(nil, rtp.Outgoing{Marker: i == 1, PayloadType: 100, SequenceNumber: seq, Timestamp: uint32(n) * 3000, SSRC: 5})
				body := []byte{1, 2, 3}
				if n == 3 && i == 0 {
					body = []byte{0x10, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0}
				}
				ana.send(append(append(p, descriptor(n, i == 0)...), body...))
			}
			r.pass(33 * time.Millisecond)
		}
		got := ben.take()
		if len(got) != 2*197 || !got[0].vp8.Key {
			t.Fatalf("%s: %d packets, want those of the key frame and after", name, len(got))
		}
		if asked := feedbackOf[*rtcp.PictureLossIndication](ana.browser); len(asked) == 0 {
			t.Errorf("%s: no key frame was asked for", name)
		}
		for i := 1; i < len(got); i++ {
			p, before := got[i], got[i-1]
			step := map[bool]uint16{true: 1, false: 0}[before.Marker && p.vp8.HasPictureID]
			if p.ext != before.ext+1 || (p.vp8.PictureID-before.vp8.PictureID)&0x7fff != step || p.vp8.HasPictureID && !p.vp8.Wide {
				t.Fatalf("%s: packet %d does not follow: %+v after %+v", name, i, p.vp8, before.vp8)
			}
		}
	}
}

func TestAudioOnlyClientIsNotShownVideo(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	phone := jitsi
	phone.PayloadTypes = jitsi.PayloadTypes[:1]
	ben := r.enter("ben", phone)
	ben.SetConnected(true)
	r.pass(3 * time.Second)
	ana.film(5)
	ana.talk(20)
	if got := ben.take(); len(got) != 1 || got[0].PayloadType != 111 {
		t.Errorf("%d packets, want the one of audio", len(got))
	}
	if got := r.journal.take(); !slices.Contains(got, "ana: send ana-v0 up to 0") {
		t.Errorf("events %q: nobody can see ana", got)
	}
}
