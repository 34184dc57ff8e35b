package receive

import (
	"math"
	"time"
)

// Stream is the receive state of one SSRC. It is not safe for concurrent use.
type Stream struct {
	clockRate uint32
	wantsNACK bool

	seq     sequence
	missing missing

	// RFC 3550 §6.4.1 and appendix A.3, A.8.
	received, bytes, restored    uint64
	baseExt                      uint64
	expectedPrior, receivedPrior uint64
	jitter                       float64 // in clock ticks
	lastTimestamp                uint32  // of the packet that came last
	lastArrival                  time.Time
	activeSinceReport            bool
	lastSR                       uint32
	lastSRAt                     time.Time

	newestTimestamp uint32
	hasNewest       bool
}

// NewStream returns the state of a stream whose RTP clock runs at clockRate. wantsNACK says whether losses are to be
// asked for.
func NewStream(clockRate uint32, wantsNACK bool) *Stream {
	return &Stream{clockRate: max(clockRate, 1), wantsNACK: wantsNACK}
}

// Packet is what Stream needs of a packet.
type Packet struct {
	SequenceNumber uint16
	Timestamp      uint32
	Size           int
	Restored       bool // came as a retransmission: counts neither for loss nor for jitter
}

// Arrival is what Stream says about a packet.
type Arrival struct {
	Ext       uint64 // unwrapped sequence number, this stream's own
	Duplicate bool   // seen before, too old, or not believable: to be dropped
	Late      bool   // a packet with a later number and timestamp came before
}

// Receive records p.
func (s *Stream) Receive(p Packet, now time.Time) Arrival {
	highest, started := s.seq.highest, s.seq.started
	ext, v := s.seq.accept(p.SequenceNumber)
	if v == duplicate || v == stale {
		return Arrival{Ext: ext, Duplicate: true}
	}
	if !started {
		s.baseExt = ext
	} else if s.wantsNACK && v == fresh {
		if ext > highest+1 {
			s.missing.gap(highest, ext, now)
		} else if ext < highest {
			s.missing.found(ext)
		}
	}
	if v == restarted {
		s.missing.n, s.hasNewest = 0, false
	}
	a := Arrival{Ext: ext}
	a.Late = ext < highest && s.hasNewest && int32(p.Timestamp-s.newestTimestamp) < 0
	if !a.Late {
		s.newestTimestamp, s.hasNewest = p.Timestamp, true
	}
	s.count(p, now)
	return a
}

func (s *Stream) count(p Packet, now time.Time) {
	s.bytes += uint64(p.Size)
	if p.Restored {
		s.restored++
		return
	}
	if s.received > 0 {
		ticks := now.Sub(s.lastArrival).Seconds() * float64(s.clockRate)
		d := math.Abs(ticks - float64(int32(p.Timestamp-s.lastTimestamp)))
		if d < 10*float64(s.clockRate) { // a jump of the sender's clock is no jitter
			s.jitter += (d - s.jitter) / 16
		}
	}
	s.received++
	s.activeSinceReport = true
	s.lastArrival, s.lastTimestamp = now, p.Timestamp
}

// Discard records that the packet ext is not passed on, so that Closed leaves no gap for it.
func (s *Stream) Discard(ext uint64) { s.seq.discard(ext) }

// Closed is ext in a numbering without the discarded packets. It is what is passed on.
func (s *Stream) Closed(ext uint64) uint64 { return s.seq.closed(ext) }

// NACKs appends to dst the sequence numbers to ask the sender for now, oldest first.
func (s *Stream) NACKs(dst []uint16, scratch []uint64, rtt time.Duration, now time.Time) []uint16 {
	if s.missing.n == 0 {
		return dst
	}
	for _, ext := range s.missing.due(scratch[:0], s.seq.highest, rtt, now) {
		dst = append(dst, s.seq.raw(ext))
	}
	return dst
}

// SenderReport records the arrival of a sender report for this stream; ntp is its 64-bit timestamp.
func (s *Stream) SenderReport(ntp uint64, now time.Time) {
	s.lastSR, s.lastSRAt = uint32(ntp>>16), now
}

// Report is one reception report block, RFC 3550 §6.4.1, without its SSRC.
type Report struct {
	FractionLost   uint8
	TotalLost      uint32 // 24 bits
	HighestSeq     uint32
	Jitter         uint32
	LastSR         uint32
	DelaySinceLast uint32 // in 1/65536 s
}

// Report returns the report block since the previous call; ok is false if nothing came since.
func (s *Stream) Report(now time.Time) (_ Report, ok bool) {
	if !s.activeSinceReport {
		return Report{}, false
	}
	s.activeSinceReport = false
	expected := s.seq.highest - s.baseExt + 1
	lost := int64(expected) - int64(s.received)
	r := Report{
		TotalLost:  uint32(min(max(lost, 0), 0x7fffff)),
		HighestSeq: uint32((s.seq.highest-firstExt+uint64(s.seq.raw(firstExt)))>>16)<<16 | uint32(s.seq.raw(s.seq.highest)),
		Jitter:     uint32(s.jitter),
		LastSR:     s.lastSR,
	}
	interval, got := expected-s.expectedPrior, s.received-s.receivedPrior
	s.expectedPrior, s.receivedPrior = expected, s.received
	if got < interval {
		r.FractionLost = uint8(min((interval-got)<<8/interval, 255))
	}
	if s.lastSR != 0 {
		r.DelaySinceLast = uint32(now.Sub(s.lastSRAt).Seconds() * 65536)
	}
	return r, true
}

// Totals are the counters of a stream since its start.
type Totals struct {
	Packets, Bytes, Restored uint64
	Lost                     uint64
	JitterSeconds            float64
	LastArrival              time.Time
}

// Totals returns the counters.
func (s *Stream) Totals() Totals {
	t := Totals{Packets: s.received, Bytes: s.bytes, Restored: s.restored, LastArrival: s.lastArrival}
	t.JitterSeconds = s.jitter / float64(s.clockRate)
	if s.seq.started {
		if expected := s.seq.highest - s.baseExt + 1; expected > s.received {
			t.Lost = expected - s.received
		}
	}
	return t
}
