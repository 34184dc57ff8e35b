package receive

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Unix(5000, 0)

// take feeds a 90 kHz stream with the given numbers, one per millisecond.
func take(s *Stream, at *time.Time, seqs ...uint16) (got []Arrival) {
	for _, seq := range seqs {
		*at = at.Add(time.Millisecond)
		got = append(got, s.Receive(Packet{SequenceNumber: seq, Timestamp: uint32(seq) * 90, Size: 1000}, *at))
	}
	return got
}

func TestDuplicatesAreDropped(t *testing.T) {
	s, at := NewStream(90000, true), start
	for i, a := range take(s, &at, 65534, 65535, 1, 0, 1, 65534, 2) {
		if want := i == 4 || i == 5; a.Duplicate != want {
			t.Errorf("packet %d: duplicate %v, want %v", i, a.Duplicate, want)
		}
	}
}

func TestSenderRestartLeavesNoGap(t *testing.T) {
	s, at := NewStream(90000, true), start
	before := take(s, &at, 10, 11, 12)
	after := take(s, &at, 30000, 30001, 30002)
	if !after[0].Duplicate || after[1].Duplicate {
		t.Fatalf("a single wild number must be refused, a confirmed one accepted: %+v", after)
	}
	if got, want := after[2].Ext, before[2].Ext+2; got != want {
		t.Errorf("numbering continues with %d, want %d", got, want)
	}
}

func TestDiscardClosesTheGap(t *testing.T) {
	s, at := NewStream(90000, false), start
	a := take(s, &at, 1, 2, 3)
	s.Discard(a[2].Ext)
	b := take(s, &at, 5, 4)
	if got := s.Closed(b[0].Ext) - s.Closed(a[1].Ext); got != 2 {
		t.Errorf("distance over one discarded and one late packet is %d, want 2", got)
	}
	if got := s.Closed(b[1].Ext) - s.Closed(a[1].Ext); got != 1 {
		t.Errorf("the late packet is %d after its predecessor, want 1", got)
	}
}

func nacks(s *Stream, at time.Time) []uint16 {
	return s.NACKs(nil, make([]uint64, 0, 200), 50*time.Millisecond, at)
}

func TestLossIsAskedForWithPatience(t *testing.T) {
	s, at := NewStream(90000, true), start
	take(s, &at, 1, 2, 4)
	if got := nacks(s, at); got != nil {
		t.Errorf("asked for %v at once; it may be reordering", got)
	}
	take(s, &at, 3)
	if got := nacks(s, at.Add(time.Second/2)); got != nil {
		t.Errorf("asked for %v, which came", got)
	}
	take(s, &at, 7, 8, 9)
	if got := nacks(s, at); !slices.Equal(got, []uint16{5, 6}) {
		t.Errorf("asked for %v after three later packets, want 5 and 6", got)
	}
	if got := nacks(s, at.Add(40*time.Millisecond)); got != nil {
		t.Errorf("asked again for %v within the round-trip time", got)
	}
	if got := nacks(s, at.Add(60*time.Millisecond)); !slices.Equal(got, []uint16{5, 6}) {
		t.Errorf("asked for %v after the round-trip time, want 5 and 6", got)
	}
	if got := nacks(s, at.Add(2*time.Second)); got != nil {
		t.Errorf("asked for %v when it is of no use any more", got)
	}
}

func TestAHugeGapIsNotAskedFor(t *testing.T) {
	s, at := NewStream(90000, true), start
	take(s, &at, 1, 500, 501, 502, 503)
	if got := nacks(s, at); got != nil {
		t.Errorf("asked for %d packets", len(got))
	}
}

func TestReport(t *testing.T) {
	s, at := NewStream(90000, true), start
	take(s, &at, 65533, 65534, 0, 1) // 65535 is lost
	r, ok := s.Report(at)
	if !ok || r.FractionLost != 256/5 || r.TotalLost != 1 || r.HighestSeq != 1<<16|1 {
		t.Errorf("Report = %+v, %v; want a fifth lost and highest %#x", r, ok, 1<<16|1)
	}
	if _, ok := s.Report(at); ok {
		t.Error("a report without news")
	}
	s.Receive(Packet{SequenceNumber: 65535, Timestamp: 1, Restored: true}, at)
	if _, ok := s.Report(at); ok {
		t.Error("a retransmission counts as received on the stream itself")
	}
	s.SenderReport(0x0001_0002_0003_0004, at)
	take(s, &at, 2)
	r, _ = s.Report(at.Add(time.Second - time.Millisecond))
	if r.LastSR != 0x0002_0003 || r.DelaySinceLast != 65536 {
		t.Errorf("LSR %#x DLSR %d, want 0x20003 and one second", r.LastSR, r.DelaySinceLast)
	}
}

func TestCacheGrowsUntilItHoldsEnough(t *testing.T) {
	var c Cache
	now := start
	payload := make([]byte, 1000)
	for i := range uint64(3000) { // 3000 packets in 3 s are 1 MB/s
		now = now.Add(time.Millisecond)
		copy(payload, fmt.Sprint(i))
		c.Put(i, Cached{Timestamp: uint32(i)}, payload, now)
	}
	for _, ext := range []uint64{2999, 2500, 2100} {
		got, meta, ok := c.Get(ext, nil)
		if !ok || len(got) != 1000 || string(got[:4]) != fmt.Sprint(ext) || meta.Timestamp != uint32(ext) {
			t.Errorf("packet %d of the last second is gone or wrong", ext)
		}
	}
	if len(c.arena) > maxCacheBytes {
		t.Errorf("the cache holds %d bytes", len(c.arena))
	}
}

// TestCacheNeverLies checks that what Get returns is what was put under that number, whatever came in between.
func TestCacheNeverLies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Cache
		now := start
		stored := map[uint64]string{}
		for range rapid.IntRange(1, 400).Draw(t, "packets") {
			ext := rapid.Uint64Range(1000, 1500).Draw(t, "ext")
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			size := rapid.IntRange(0, 1400).Draw(t, "size")
			payload := fmt.Sprintf("%0*d", size, len(stored)*7919+int(ext))
			c.Put(ext, Cached{}, []byte(payload), now)
			stored[ext] = payload
		}
		for ext, want := range stored {
			if got, _, ok := c.Get(ext, nil); ok && string(got) != want {
				t.Fatalf("Get(%d) returned another packet", ext)
			}
		}
	})
}

// TestSequenceProperties plays a lossy, reordered, duplicated stream with discarded packets and checks that the closed
// numbering keeps order and distance and never gives one number to two packets.
func TestSequenceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewStream(90000, true)
		base := rapid.Uint64Range(0, 65535).Draw(t, "base")
		order := rapid.SliceOfN(rapid.Uint64Range(0, 60), 1, 300).Draw(t, "jitter")
		used := map[uint64]uint64{}
		for i, j := range order {
			n := uint64(i) + j/20 // up to three places early
			a := s.Receive(Packet{SequenceNumber: uint16(base + n)}, start)
			if a.Duplicate {
				continue
			}
			if j%7 == 0 {
				s.Discard(a.Ext)
				continue
			}
			out := s.Closed(a.Ext)
			if other, taken := used[out]; taken {
				t.Fatalf("packets %d and %d both became %d", other, n, out)
			}
			used[out] = n
		}
	})
}

func TestReceiveDoesNotAllocate(t *testing.T) {
	s := NewStream(90000, true)
	var c Cache
	payload := make([]byte, 1100)
	seq, now := uint16(0), start
	nack, scratch := make([]uint16, 0, maxMissing), make([]uint64, 0, maxMissing)
	step := func() {
		seq += 1 + seq%17/16
		now = now.Add(3 * time.Millisecond)
		a := s.Receive(Packet{SequenceNumber: seq, Timestamp: uint32(seq) * 270, Size: 1100}, now)
		c.Put(s.Closed(a.Ext), Cached{}, payload, now)
		nack = s.NACKs(nack[:0], scratch, 50*time.Millisecond, now)
	}
	for range 5000 {
		step()
	}
	if n := testing.AllocsPerRun(2000, step); n != 0 {
		t.Errorf("receiving allocates %v times per packet, want 0", n)
	}
}

// TestLatePacketAfterManyDiscarded checks that a packet which comes so late that nobody knows how many were discarded since
// does not get a number that another one had: under one number two packets would be encrypted alike.
func TestLatePacketAfterManyDiscarded(t *testing.T) {
	s, at := NewStream(48000, false), start
	used := map[uint64]uint16{}
	pass := func(seq uint16, a Arrival) {
		out := s.Closed(a.Ext)
		if other, taken := used[out]; taken {
			t.Errorf("packets %d and %d both became %d", other, seq, out)
		}
		used[out] = seq
	}
	for seq := uint16(1); seq <= 200; seq++ {
		if seq == 20 {
			continue // it is slow
		}
		a := take(s, &at, seq)[0]
		if seq > 30 && seq <= 100 {
			s.Discard(a.Ext) // a pause in somebody's speech
		} else {
			pass(seq, a)
		}
	}
	if a := take(s, &at, 20)[0]; !a.Duplicate {
		pass(20, a)
	}
	if a := take(s, &at, 201)[0]; a.Duplicate {
		t.Error("the next packet is refused")
	}
}
