package forward

import (
	"time"

	"stammtisch/bridge/vp8"
)

// suspended is the encoding of a projection that forwards nothing.
const suspended = -1

// keyframeGroup is within what time the key frames of a source's encodings follow each other after one request.
const keyframeGroup = 300 * time.Millisecond

// frame is what a projection needs of an incoming packet.
type frame struct {
	encoding  int
	ext       uint64 // sequence number, unwrapped, without discarded packets
	timestamp uint32
	marker    bool
	codec     codec
	clockRate uint32
	vp8       vp8.Descriptor
	late      bool // a packet of a later frame came before
	arrival   time.Time
}

// startsStream says whether a decoder can begin with this packet.
func (f *frame) startsStream() bool { return f.codec != codecVP8 || f.vp8.Key }

// output is what becomes of a packet's numbers.
type output struct {
	ext       uint64 // outgoing sequence number, unwrapped; its high bits are the roll-over counter
	timestamp uint32
	pictureID uint16
	tl0       uint8
}

// epoch is a run of packets that one encoding gave to the outgoing stream: a constant shift of all numbers. All packets
// of an encoding are forwarded, so the shift lasts until the next switch, and whatever comes late still fits.
type epoch struct {
	encoding         int
	inStart          uint64
	outStart, outEnd uint64 // outEnd is set when the epoch is over
	timestamp        uint32
	pictureID        uint16
	tl0              uint8
}

func (e *epoch) apply(f *frame) output {
	return output{
		ext:       f.ext - e.inStart + e.outStart,
		timestamp: f.timestamp + e.timestamp,
		pictureID: (f.vp8.PictureID + e.pictureID) & vp8.MaxPictureID,
		tl0:       f.vp8.TL0 + e.tl0,
	}
}

// projection turns the encodings of one source into one continuous stream for one receiver: it decides when to switch,
// which is only at the start of a key frame, and renumbers. It sends nothing and is not safe for concurrent use.
type projection struct {
	current int // encoding, or suspended
	started bool
	groupAt time.Time // when the last group of key frames began

	epochs [8]epoch // the newest at (epochN-1)%len
	epochN int
	oldest uint64 // of what may be sent again

	// The newest packet given out.
	last      output
	lastEnded bool // it ended its frame
	lastAt    time.Time
}

// newProjection returns a projection that starts with the numbers in first.
func newProjection(first output) projection {
	return projection{current: suspended, last: first}
}

// forward decides about f while the allocation wants target, and returns its new numbers if it is to be sent. needKey
// says that a key frame is needed to go on or to get nearer to the target.
func (p *projection) forward(f *frame, target int) (o output, send, needKey bool) {
	if f.startsStream() && f.codec == codecVP8 && f.arrival.Sub(p.groupAt) > keyframeGroup {
		p.groupAt = f.arrival
	}
	switch {
	case target < 0:
		return o, false, false
	case f.encoding == p.current:
	case !p.nearer(f.encoding, target):
		return o, false, false
	case f.startsStream() && !f.late:
		p.switchTo(f)
	default:
		return o, false, p.current < 0 || f.arrival.Sub(p.groupAt) > keyframeGroup
	}
	e := p.epoch()
	if f.ext < e.inStart {
		return o, false, false // before the key frame: nothing refers to it
	}
	o = e.apply(f)
	p.track(f, o)
	return o, true, false
}

// nearer says whether to go to encoding while the allocation wants target. To begin with, whatever is allowed will do.
// Later only the target itself: the key frames of all encodings come within milliseconds of each other, and each on the
// way would be one more for the receiver to take.
func (p *projection) nearer(encoding, target int) bool {
	if p.current < 0 {
		return encoding <= target
	}
	return encoding == target
}

// switchTo starts an epoch with f.
func (p *projection) switchTo(f *frame) {
	next := p.last
	if p.started {
		next.ext++
		if !p.lastEnded && f.codec != codecAudio {
			next.ext++ // the unfinished frame must look lost, not complete
		}
		next.timestamp += elapsedTicks(f.arrival.Sub(p.lastAt), f.clockRate)
		next.pictureID = (next.pictureID + 1) & vp8.MaxPictureID
		next.tl0++
		p.epoch().outEnd = p.last.ext
	}
	p.started = true
	p.current = f.encoding
	p.epochN++
	*p.epoch() = epoch{
		encoding:  f.encoding,
		inStart:   f.ext,
		outStart:  next.ext,
		timestamp: next.timestamp - f.timestamp,
		pictureID: next.pictureID - f.vp8.PictureID,
		tl0:       next.tl0 - f.vp8.TL0,
	}
	p.last, p.lastEnded, p.lastAt = next, false, f.arrival
}

// elapsedTicks is d in clock ticks, at least a millisecond: timestamps of different pictures must differ.
func elapsedTicks(d time.Duration, clockRate uint32) uint32 {
	d = min(max(d, time.Millisecond), time.Hour)
	return uint32(int64(d) * int64(clockRate) / int64(time.Second))
}

// track remembers the newest packet.
func (p *projection) track(f *frame, o output) {
	if o.ext < p.last.ext {
		return
	}
	if o.timestamp != p.last.timestamp {
		p.lastAt = f.arrival
	}
	if !f.vp8.HasPictureID {
		o.pictureID = p.last.pictureID
	}
	if !f.vp8.HasTL0 {
		o.tl0 = p.last.tl0
	}
	p.last, p.lastEnded = o, f.marker
}

// suspend stops forwarding until the next packet that can start a stream.
func (p *projection) suspend() { p.current = suspended }

// forget makes everything sent so far unavailable to origin.
func (p *projection) forget() { p.oldest = p.last.ext + 1 }

// epoch is the newest epoch; there must be one, or one is about to be written.
func (p *projection) epoch() *epoch {
	return &p.epochs[(p.epochN-1)%len(p.epochs)]
}

// origin finds which packet of which encoding was, or would have been, sent under the 16-bit number seq.
func (p *projection) origin(seq uint16) (e *epoch, in, out uint64, ok bool) {
	if !p.started {
		return nil, 0, 0, false
	}
	out = uint64(int64(p.last.ext) + int64(int16(seq-uint16(p.last.ext))))
	if out > p.last.ext || out < p.oldest {
		return nil, 0, 0, false
	}
	for i := 1; i <= min(p.epochN, len(p.epochs)); i++ {
		e = &p.epochs[(p.epochN-i)%len(p.epochs)]
		if out < e.outStart {
			continue
		}
		if i > 1 && out > e.outEnd {
			return nil, 0, 0, false // the gap after an unfinished frame
		}
		return e, out - e.outStart + e.inStart, out, true
	}
	return nil, 0, 0, false
}
