package forward

import (
	"fmt"
	"testing"
	"time"
)

// audience makes a conference in which ana is received by n others that throw everything away, and returns ana and one
// of her frames' packets in the highest encoding.
func audience(t testing.TB, n int) (*room, *member) {
	r := newRoom(t)
	ana := r.join("ana")
	for i := range n {
		m := r.enter(fmt.Sprintf("%c%d", 'b'+i%20, i), jitsi)
		m.discard = true
		m.SetConnected(true)
		m.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(720)})
	}
	r.pass(100 * time.Millisecond)
	ana.film(100)
	ana.discard = true
	return r, ana
}

// stream returns a function that lets ana send one video packet, from a template, 1 ms after the one before.
func (m *member) stream() func() {
	cam := m.cam[2]
	packet := cam.frame(m.room.now)[1]
	packet = append(packet, make([]byte, 1000)...)
	scratch := make([]byte, len(packet))
	seq, ts := cam.seq, uint32(0)
	return func() {
		seq++
		if seq%10 == 0 {
			ts += 3000
		}
		m.room.now = m.room.now.Add(time.Millisecond)
		copy(scratch, packet)
		scratch[2], scratch[3] = byte(seq>>8), byte(seq)
		stamp := cam.base + uint32(m.room.now.UnixMilli()*90) + ts
		scratch[4], scratch[5], scratch[6], scratch[7] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp)
		m.HandleRTP(nil, scratch, m.room.now)
	}
}

func TestForwardingDoesNotAllocate(t *testing.T) {
	_, ana := audience(t, 50)
	send := ana.stream()
	for range 5000 { // the cache grows to its size
		send()
	}
	before := ana.traffic.packetsOut.Load()
	ana.feedback.lastReport.Store(ana.room.now.Add(time.Hour).UnixNano()) // reports are made at their own pace
	if n := testing.AllocsPerRun(1000, send); n != 0 {
		t.Errorf("forwarding video allocates %v times per packet, want 0", n)
	}
	if got := ana.traffic.packetsOut.Load() - before; got < 50*1000 {
		t.Errorf("only %d packets were forwarded; the test measured nothing", got)
	}
}

func TestForwardingAudioDoesNotAllocate(t *testing.T) {
	r, ana := audience(t, 50)
	packet := []byte{0x90, 111, 0, 0, 0, 0, 0, 0, 0, 0, byte(ana.ssrc >> 8), byte(ana.ssrc), 0xbe, 0xde, 0, 1, 0x10, 20, 0, 0, 'o', 'p', 'u', 's'}
	seq := uint16(1)
	send := func() {
		seq++
		packet[2], packet[3] = byte(seq>>8), byte(seq)
		r.now = r.now.Add(20 * time.Millisecond)
		ana.HandleRTP(nil, packet, r.now)
	}
	send()
	ana.feedback.lastReport.Store(r.now.Add(time.Hour).UnixNano())
	before := ana.traffic.packetsOut.Load()
	if n := testing.AllocsPerRun(1000, send); n != 0 {
		t.Errorf("forwarding audio allocates %v times per packet, want 0", n)
	}
	if got := ana.traffic.packetsOut.Load() - before; got < 50*1000 {
		t.Errorf("only %d packets were forwarded; the test measured nothing", got)
	}
}

func BenchmarkHandleRTP(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%d subscribers", n), func(b *testing.B) {
			_, ana := audience(b, n)
			send := ana.stream()
			for range 2000 {
				send()
			}
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/copy")
		})
	}
}

// BenchmarkPlan is what a change of constraints or speakers costs, off the packet path.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{10, 100, 300} {
		b.Run(fmt.Sprintf("%d endpoints", n), func(b *testing.B) {
			r := newRoom(b)
			for i := range n {
				m, err := r.c.AddEndpoint(fmt.Sprint(i), &browser{discard: true}, jitsi, r.now)
				if err != nil {
					b.Fatal(err)
				}
				ssrc := uint32(10 * i)
				m.SetSources([]Source{
					{Name: fmt.Sprintf("%d-a0", i), Media: Audio, SSRCs: []uint32{ssrc + 1}},
					{Name: fmt.Sprintf("%d-v0", i), Media: Video, Groups: []Group{{Semantics: "SIM", SSRCs: []uint32{ssrc + 2, ssrc + 3, ssrc + 4}}}},
				})
				m.SetConnected(true)
				m.SetConstraints(ReceiverConstraints{LastN: ptr(25), DefaultHeightPx: ptr(180)})
			}
			r.pass(20 * time.Millisecond)
			b.ReportAllocs()
			for b.Loop() {
				r.now = r.now.Add(minPlanSpacing)
				r.c.replan()
				r.c.step(r.now)
			}
		})
	}
}
