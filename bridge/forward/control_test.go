package forward

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

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

// TestFirstPictureInSpiteOfLosses loses what a first picture hangs on, one after the other, and counts how long the receiver waits.
func TestFirstPictureInSpiteOfLosses(t *testing.T) {
	pli := func(of *camera) []byte {
		raw, err := (&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: of.ssrc}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, tt := range map[string]struct {
		requests int // of ours to the sender that are lost
		starts   int // key frames on the way to the receiver that are lost
		wishes   int // requests of the receiver that are lost
		still    bool
	}{
		"nothing":                          {},
		"requests":                         {requests: 4},
		"the key frame":                    {starts: 1},
		"key frames and requests":          {requests: 2, starts: 3},
		"the receiver's requests":          {starts: 1, wishes: 4},
		"requests, of a screen that rests": {requests: 3, still: true},
	} {
		r := newRoom(t)
		ana, ben := r.join("ana"), r.enter("ben", jitsi)
		ana.film(30, 0)
		feedbackOf[rtcp.Packet](ana.browser)
		ben.SetConnected(true)
		cam, pictureAt := ana.cam[0], r.now
		begin := r.now
		for ; ; pictureAt = r.now {
			r.pass(20 * time.Millisecond)
			for range feedbackOf[*rtcp.PictureLossIndication](ana.browser) {
				if tt.requests--; tt.requests < 0 {
					cam.wantKey = true
				}
			}
			if !tt.still || cam.wantKey {
				ana.send(cam.frame(r.now)...)
			}
			seen, stuck := false, false
			for _, p := range ben.take() {
				if p.vp8.Key {
					tt.starts--
				}
				seen = seen || p.vp8.Key && tt.starts < 0
				stuck = true
			}
			if seen || r.now.Sub(begin) > 10*time.Second {
				break
			}
			if stuck { // a browser asks for a key frame as long as packets come and none of them begins a picture
				if tt.wishes--; tt.wishes < 0 {
					ben.HandleRTCP(nil, pli(cam), r.now)
				}
			}
		}
		if took := pictureAt.Sub(begin); took > 4*time.Second {
			t.Errorf("without %s: no picture for %v", name, took)
		}
	}
}
