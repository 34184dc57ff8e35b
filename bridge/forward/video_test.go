package forward

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/rtp"
)

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

// TestSenderSetsItsClockBack checks that who comes after a sender's timestamps have jumped back (RFC 3550 §5.1 lets a sender that
// plays from a file do so) sees and hears it all the same.
func TestSenderSetsItsClockBack(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	ana.film(5)
	ana.talk(20)
	for _, c := range ana.cam {
		c.base -= 90000 * 60
	}
	ben := r.join("ben")
	ana.film(60)
	back := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 111, SequenceNumber: ana.seq + 1, Timestamp: 0x8fffffff, SSRC: ana.ssrc})
	ana.send(append(back, "opus"...))
	var audio, video int
	for _, p := range ben.take() {
		if p.SSRC == ana.ssrc {
			audio++
		} else {
			video++
		}
	}
	if audio == 0 || video == 0 {
		t.Errorf("ben got %d packets of sound and %d of video", audio, video)
	}
}
