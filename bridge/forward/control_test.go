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
