// Package receive keeps what a receiver must know about one incoming RTP stream: unwrapped sequence numbers, duplicates,
// losses to ask for, statistics for receiver reports, and the last packets for answering retransmission requests.
//
// Everything here is a plain data structure with one owner, given the time with each call; nothing sends, allocates per
// packet or knows codecs. Read Stream first, then Cache.
package receive

// Limits of RFC 3550 appendix A.1, as signed distances from the highest number seen.
const (
	maxDropout  = 3000
	maxMisorder = 1500 // as far back as duplicates are recognised
	seenWindow  = 2048 // power of two above maxMisorder
	firstExt    = 1 << 20
)

// sequence unwraps 16-bit sequence numbers to 64 bits (ext…), tells duplicates, and closes gaps that are left by
// packets which are deliberately not passed on.
type sequence struct {
	started bool
	highest uint64 // newest ext number
	offset  uint64 // ext - raw, low 16 bits; moves when the sender restarts
	bad     uint16 // after a wild jump: the number that would confirm it
	badSet  bool

	seen [seenWindow / 64]uint64 // bitmap of the ext numbers in (highest-seenWindow, highest]

	// dropped are the ext numbers that were discarded, newest last; droppedN counts all there ever were.
	dropped  [64]uint64
	droppedN uint64
}

// verdict says what became of a sequence number.
type verdict uint8

const (
	fresh     verdict = iota // not seen before
	duplicate                // seen before
	stale                    // too old to know, or a wild jump that is not confirmed yet
	restarted                // fresh, and the sender has started over
)

// accept unwraps seq and records it.
func (s *sequence) accept(seq uint16) (ext uint64, v verdict) {
	if !s.started {
		s.started = true
		s.offset = uint64(uint16(0) - seq)
		s.highest = firstExt
		s.mark(s.highest)
		return s.highest, fresh
	}
	delta := int64(int16(seq + uint16(s.offset) - uint16(s.highest)))
	if delta > maxDropout || delta < -maxMisorder {
		return s.jump(seq)
	}
	s.badSet = false
	ext = uint64(int64(s.highest) + delta)
	if delta > 0 {
		s.advance(ext)
		return ext, fresh
	}
	if s.has(ext) {
		return ext, duplicate
	}
	if s.forgotten(ext) {
		return ext, stale
	}
	s.mark(ext)
	return ext, fresh
}

// jump handles a number far from the others: two in a row mean that the sender restarted (RFC 3550 A.1), and then the
// numbering continues without a gap, so that receivers are not asked to believe the jump.
func (s *sequence) jump(seq uint16) (uint64, verdict) {
	if !s.badSet || seq != s.bad {
		s.bad, s.badSet = seq+1, true
		return 0, stale
	}
	s.badSet = false
	next := s.highest + 1
	s.offset = uint64(uint16(next) - seq)
	s.advance(next)
	return next, restarted
}

func (s *sequence) advance(ext uint64) {
	for i := max(s.highest+1, ext-min(ext, seenWindow-1)); i < ext; i++ {
		s.seen[i%seenWindow/64] &^= 1 << (i % 64)
	}
	s.highest = ext
	s.mark(ext)
}

func (s *sequence) mark(ext uint64) { s.seen[ext%seenWindow/64] |= 1 << (ext % 64) }

func (s *sequence) has(ext uint64) bool {
	return ext+seenWindow > s.highest && s.seen[ext%seenWindow/64]&(1<<(ext%64)) != 0
}

// raw is the number that ext has on the wire.
func (s *sequence) raw(ext uint64) uint16 { return uint16(ext - s.offset) }

// discard records that the packet ext is not passed on. Only the newest packet's gap can be closed: what follows a late
// one has been passed on already.
func (s *sequence) discard(ext uint64) {
	if ext != s.highest {
		return
	}
	s.dropped[s.droppedN%uint64(len(s.dropped))] = ext
	s.droppedN++
}

// forgotten says that ext is older than all the discarded packets that are remembered: how many there were before it is not known,
// and a guess could be another packet's number.
func (s *sequence) forgotten(ext uint64) bool {
	n := uint64(len(s.dropped))
	return s.droppedN > n && ext < s.dropped[s.droppedN%n]
}

// closed is the number of ext in a numbering without the discarded packets.
func (s *sequence) closed(ext uint64) uint64 {
	before := s.droppedN
	for before > 0 && s.droppedN-before < uint64(len(s.dropped)) && s.dropped[(before-1)%uint64(len(s.dropped))] > ext {
		before--
	}
	return ext - before
}
