package receive

import "time"

const (
	maxMissing     = 128 // remembered at once
	maxGap         = 100 // a larger gap is not asked for: a key frame is cheaper
	maxAsks        = 10
	reorderPackets = 3                     // ask at once when so many later packets came ...
	reorderDelay   = 10 * time.Millisecond // ... or this time has passed: most gaps are reordering
	giveUpAfter    = time.Second
	minRepeat      = 20 * time.Millisecond
)

// missing is the list of packets that a stream lacks and still wants.
type missing struct {
	list [maxMissing]hole
	n    int
}

type hole struct {
	ext   uint64
	since time.Time
	asked time.Time
	asks  uint8
}

// gap records that the numbers in (from, to) did not come.
func (m *missing) gap(from, to uint64, now time.Time) {
	if to-from > maxGap {
		m.n = 0
		return
	}
	for ext := from + 1; ext < to; ext++ {
		if m.n == maxMissing { // the oldest is the least likely to help
			copy(m.list[:], m.list[1:m.n])
			m.n--
		}
		m.list[m.n] = hole{ext: ext, since: now}
		m.n++
	}
}

// found removes ext, which came after all.
func (m *missing) found(ext uint64) {
	for i := range m.n {
		if m.list[i].ext == ext {
			copy(m.list[i:], m.list[i+1:m.n])
			m.n--
			return
		}
	}
}

// due appends to dst the numbers to ask for now, oldest first, and counts them as asked.
func (m *missing) due(dst []uint64, highest uint64, rtt time.Duration, now time.Time) []uint64 {
	repeat := max(rtt+rtt/8, minRepeat)
	kept := 0
	for i := range m.n {
		h := m.list[i]
		if h.asks >= maxAsks || now.Sub(h.since) > giveUpAfter {
			continue
		}
		late := highest-h.ext >= reorderPackets || now.Sub(h.since) >= reorderDelay
		if late && (h.asks == 0 || now.Sub(h.asked) >= repeat) {
			h.asks++
			h.asked = now
			dst = append(dst, h.ext)
		}
		m.list[kept] = h
		kept++
	}
	m.n = kept
	return dst
}
