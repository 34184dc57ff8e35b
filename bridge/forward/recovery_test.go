package forward

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/rtp"
	"stammtisch/bridge/vp8"
)

// nack lets m ask for outgoing numbers of ssrc and returns what the bridge sent.
func (m *member) nack(ssrc uint32, seqs ...uint16) []received {
	m.room.t.Helper()
	raw, err := (&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)}).Marshal()
	if err != nil {
		m.room.t.Fatal(err)
	}
	m.take()
	m.HandleRTCP(nil, raw, m.room.now)
	return m.take()
}

func TestRetransmission(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(720)})
	ana.film(30)
	ben.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(180)})
	ana.film(20)
	sent := ben.take()
	last := sent[len(sent)-1].values.TransportCC
	for n, lost := range []received{sent[len(sent)-2], sent[len(sent)-60]} { // the second is from before the switch
		got := ben.nack(lost.SSRC, lost.SequenceNumber)
		if len(got) != 1 {
			t.Fatalf("%d packets for one that was lost", len(got))
		}
		p := got[0]
		if p.PayloadType != 96 || p.SSRC != ana.ssrc+11 || p.Timestamp != lost.Timestamp || p.Marker != lost.Marker {
			t.Errorf("retransmission %+v of %+v", p.Header, lost.Header)
		}
		if osn := binary.BigEndian.Uint16(p.payload); osn != lost.SequenceNumber || !bytes.Equal(p.payload[2:], lost.payload) {
			t.Errorf("retransmission of %d holds %d and another payload:\n%x\n%x", lost.SequenceNumber, osn, p.payload[2:], lost.payload)
		}
		if p.values.TransportCC != last+uint16(n)+1 {
			t.Errorf("transport-wide number %d after %d", p.values.TransportCC, last)
		}
		if got := ben.nack(lost.SSRC, lost.SequenceNumber); got != nil {
			t.Error("sent again while the first retransmission is under way")
		}
	}
	r.pass(100 * time.Millisecond)
	if got := ben.nack(sent[0].SSRC, sent[len(sent)-2].SequenceNumber, sent[len(sent)-1].SequenceNumber+9); len(got) != 1 {
		t.Errorf("%d packets after the round-trip time, want the one that exists", len(got))
	}
	if got := ben.nack(4711, 1); got != nil {
		t.Error("a retransmission of nobody's stream")
	}
}

func TestPlainRetransmissionIsIdentical(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	old := jitsi
	old.PayloadTypes = jitsi.PayloadTypes[:2] // no rtx
	ben := r.enter("ben", old)
	ben.SetConnected(true)
	r.pass(50 * time.Millisecond)
	ana.film(10)
	sent := ben.take()
	lost := sent[len(sent)-1]
	got := ben.nack(lost.SSRC, lost.SequenceNumber)
	// Anything else under the same number would break SRTP (RFC 3711 §9.1).
	if len(got) != 1 || !bytes.Equal(got[0].raw, lost.raw) || got[0].ext != lost.ext {
		t.Errorf("sent %x first and %+v again", lost.raw, got)
	}
}

func TestLossIsRepairedOnTheWayIn(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(10, 0)
	ben.take()
	feedbackOf[rtcp.Packet](ana.browser)
	var packets [][]byte
	for range 8 {
		packets = append(packets, ana.cam[0].frame(r.now)...)
	}
	lost := packets[2]
	ana.send(packets[0], packets[1], packets[3], packets[4], packets[5])
	nacks := feedbackOf[*rtcp.TransportLayerNack](ana.browser)
	want := binary.BigEndian.Uint16(lost[2:])
	if len(nacks) != 1 || nacks[0].MediaSSRC != ana.cam[0].ssrc || !slices.Equal(nacks[0].Nacks[0].PacketList(), []uint16{want}) {
		t.Fatalf("asked %v for packet %d", nacks, want)
	}
	h, err := rtp.Parse(lost)
	if err != nil {
		t.Fatal(err)
	}
	rtx := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 96, Marker: h.Marker, SequenceNumber: 9, Timestamp: h.Timestamp, SSRC: ana.ssrc + 11})
	rtx = rtp.FinishExtensions(rtp.AppendElement(rtx, 4, 1, 1))
	rtx = rtp.AppendRTXPayload(rtx, h.SequenceNumber, h.Payload(lost))
	ana.send(rtx, rtx, lost) // once is enough
	ana.send(packets[6:]...)
	got := ben.take()
	if len(got) != 8 {
		t.Fatalf("ben got %d packets, want 8", len(got))
	}
	slices.SortFunc(got, func(a, b received) int { return int(a.ext) - int(b.ext) })
	for i := 1; i < len(got); i++ {
		if got[i].ext != got[i-1].ext+1 || got[i].vp8.PictureID != (got[i-1].vp8.PictureID+1)&0x7fff {
			t.Errorf("packet %d does not follow its predecessor", i)
		}
	}
}

func TestProbesLeaveNoGap(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(5, 0)
	probe := func() {
		cam := ana.cam[0]
		cam.seq++
		p := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 100, SequenceNumber: cam.seq, Timestamp: 1, SSRC: cam.ssrc})
		p[0] |= 0x20
		ana.send(append(p, 0, 0, 0, 4))
	}
	probe()
	probe()
	ana.film(3, 0)
	ana.send(append(rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 96, SSRC: ana.ssrc + 11}), 0)) // an RTX probe
	ana.film(2, 0)
	checkVideo(t, ben.take(), ana.cam[0].ssrc)
	if got := r.c.Stats(r.now).Totals.Padding; got != 3 {
		t.Errorf("%d probes counted, want 3", got)
	}
}

func TestSenderGetsFeedback(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	number := uint16(0)
	send := func(marker bool) {
		number++
		p := rtp.AppendHeader(nil, rtp.Outgoing{Marker: marker, PayloadType: 100, SequenceNumber: number, Timestamp: uint32(number), SSRC: ana.cam[0].ssrc})
		p = rtp.FinishExtensions(rtp.AppendElement(p, 5, uint32(number), 2))
		ana.send(append(p, 0x10, 0x01, 0))
	}
	send(false)
	feedbackOf[rtcp.Packet](ana.browser)
	r.now = r.now.Add(21 * time.Millisecond)
	send(false)
	if got := feedbackOf[*rtcp.TransportLayerCC](ana.browser); got != nil {
		t.Error("feedback in the middle of a frame")
	}
	number++ // one is lost
	send(true)
	got := feedbackOf[*rtcp.TransportLayerCC](ana.browser)
	if len(got) != 1 || got[0].BaseSequenceNumber != 2 || got[0].PacketStatusCount != 3 || got[0].SenderSSRC != bridgeSSRC {
		t.Fatalf("feedback after the frame: %v", got)
	}
	r.now = r.now.Add(100 * time.Millisecond)
	send(false)
	if got := feedbackOf[*rtcp.TransportLayerCC](ana.browser); len(got) != 1 || got[0].FbPktCount != 2 {
		t.Errorf("feedback after 100 ms: %v", got)
	}
	r.now = r.now.Add(500 * time.Millisecond)
	send(false)
	reports := feedbackOf[*rtcp.ReceiverReport](ana.browser)
	if len(reports) != 1 || len(reports[0].Reports) != 1 || reports[0].Reports[0].SSRC != ana.cam[0].ssrc || reports[0].Reports[0].TotalLost != 1 {
		t.Errorf("receiver reports %+v, want one lost packet of %d", reports, ana.cam[0].ssrc)
	}
}

func TestReceiverWithoutTransportCCGetsSendTimes(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	old := jitsi
	old.Extensions.TransportCC = 0
	ben := r.enter("ben", old)
	ben.SetConnected(true)
	r.pass(50 * time.Millisecond)
	ana.film(3, 0)
	for _, p := range ben.take() {
		found := false
		for it := p.Elements(p.raw); ; {
			id, value, ok := it.Next()
			if !ok {
				break
			}
			found = found || id == 3 && len(value) == 3
		}
		if !found || p.values.HasTransportCC {
			t.Errorf("extensions of %x: want abs-send-time and no transport-wide number", p.raw[:24])
		}
	}
}

// TestSourceComesBack checks that an SSRC that is removed and signalled again never re-uses a number.
func TestSourceComesBack(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	seen := map[uint64]bool{}
	highest := uint64(0)
	for range 3 {
		ana.film(10)
		ana.talk(10)
		for _, p := range ben.take() {
			if key := uint64(p.SSRC)<<32 | p.ext; seen[key] {
				t.Fatalf("number %d of %d is used twice", p.ext, p.SSRC)
			} else {
				seen[key] = true
			}
			if p.SSRC == ana.cam[0].ssrc {
				if p.ext < highest {
					t.Fatalf("numbers go back from %d to %d", highest, p.ext)
				}
				highest = p.ext
			}
		}
		ana.SetSources(nil)
		r.pass(50 * time.Millisecond)
		ana.film(2)
		if got := ben.take(); got != nil {
			t.Fatalf("%d packets of removed sources", len(got))
		}
		for _, c := range ana.cam {
			c.wantKey, c.seq = true, c.seq+20000 // the browser made new encoders
		}
		ana.SetSources([]Source{ana.audioSource(), ana.videoSource(Camera)})
		r.pass(50 * time.Millisecond)
	}
	r.c.RemoveEndpoint("ana")
	if n := len(*ben.slots.Load()); n != 0 {
		t.Errorf("%d streams of ana are kept after she left", n)
	}
	again := r.join("ana") // with the same SSRCs
	again.film(5)
	for _, p := range ben.take() {
		if seen[uint64(p.SSRC)<<32|p.ext] {
			t.Fatalf("number %d of %d is used again after a new start", p.ext, p.SSRC)
		}
	}
}

func TestForeignNamesAndSSRCsAreRefused(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.enter("eva", jitsi)
	theft := []Source{
		{Name: "eva-v0", Media: Video, SSRCs: []uint32{ana.cam[0].ssrc}},
		{Name: "eva-v1", Media: Video, SSRCs: []uint32{7}, Groups: []Group{{Semantics: "FID", SSRCs: []uint32{7, ana.ssrc + 11}}}},
		{Name: "eva-v2", Media: Video, SSRCs: []uint32{8}, Groups: []Group{{Semantics: "SIM", SSRCs: []uint32{8, 8}}}},
		{Name: "eva-v3", Media: Video},
		{Name: "ana-v0", Media: Video, SSRCs: []uint32{9}},
		{Name: "eva-v4", Media: Video, SSRCs: []uint32{bridgeSSRC}},
	}
	if got := eva.SetSources(theft); len(got) != len(theft) {
		t.Errorf("refused %v, want all", got)
	}
	r.pass(50 * time.Millisecond)
	if got := ben.Greeting().ForwardedSources; !slices.Equal(got, []string{"ana-v0"}) {
		t.Errorf("ben is shown %v", got)
	}
}

// TestPacketOfAFormerSource lets a packet be on its way to a receiver while its source is signalled anew: it must not become the start
// of the new source's stream, whose packets would then all count as older.
func TestPacketOfAFormerSource(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(30)
	former := ana.sources[1]
	subscribers := *former.subscribers.Load() // as the packet's goroutine sees them
	ana.SetSources([]Source{ana.audioSource()})
	ana.SetSources([]Source{ana.audioSource(), ana.videoSource(Camera)})
	r.pass(50 * time.Millisecond)
	w := r.c.work.Get().(*work)
	w.packet = packet{source: former, payloadType: 100, payload: []byte{0x10, 0, 0, 0}, frame: frame{
		ext: 2 << 20, codec: codecVP8, clockRate: 90000, arrival: r.now, vp8: vp8.Descriptor{Key: true},
	}}
	subscribers[0].forward(nil, w)
	ben.take()
	for _, c := range ana.cam {
		c.wantKey = true
	}
	ana.film(5)
	if got := ben.take(); len(got) == 0 {
		t.Error("no video of the new source")
	}
}

// TestNoRetransmissionsOfWhoLeft lets a NACK be handled while the sender leaves: the numbers of its streams are written down for whoever
// has the SSRCs next, so that no more may be used.
func TestNoRetransmissionsOfWhoLeft(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(30)
	sent := ben.take()
	s := (*ben.slots.Load())[ana.cam[0].ssrc]
	r.c.RemoveEndpoint("ana")
	w := r.c.work.Get().(*work)
	for _, p := range sent {
		if s.retransmit(nil, w, p.SequenceNumber, r.now) {
			t.Fatalf("packet %d is sent again", p.SequenceNumber)
		}
	}
}

// TestEverNewSources has somebody announce, send and take back one source after the other, as fast as the focus lets them: what the bridge
// keeps of them for everybody must not grow with it.
func TestEverNewSources(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	for i := range uint32(4 * maxIdleSlots) {
		sources := []Source{
			{Name: "ana-a0", Media: Audio, SSRCs: []uint32{10_000 + i}}, {Name: "ana-a1", Media: Audio, SSRCs: []uint32{20_000 + i}},
		}
		ana.SetSources(sources)
		r.pass(minPlanSpacing)
		p := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 111, SequenceNumber: 1, SSRC: 10_000 + i})
		ana.send(append(p, "opus"...)) // and nothing of the other
	}
	if got := ben.take(); len(got) != 4*maxIdleSlots {
		t.Fatalf("%d packets reach ben", len(got))
	}
	if n := len(*ben.slots.Load()); n > maxIdleSlots+4 {
		t.Errorf("%d streams are kept", n)
	}
	if n := len(ben.spent); n > 4*maxIdleSlots {
		t.Errorf("the numbers of %d streams are written down, but only %d were used", n, 4*maxIdleSlots)
	}
}
