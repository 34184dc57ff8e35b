package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
)

// slot is one outgoing stream: one source at one receiver, under the primary SSRC of the source's first encoding. It
// outlives pauses of the source, for neither sequence number nor roll-over counter of an SSRC may ever go back.
type slot struct {
	receiver *Endpoint
	ssrc     uint32
	target   atomic.Int32 // encoding that the allocation chose, or suspended

	// Guarded by conference.mu.
	owner *Endpoint // whose source the slot shows
	round uint64    // of the plan that last subscribed the slot

	mu         sync.Mutex
	source     *source    // guarded by mu, as all below
	projection projection //
	asks       bucket     // key frames this receiver may have asked for
	owed       bool       // a key frame the receiver asked for, not yet passed on to the sender
	resends    resends
	rtxSeq     uint64 // of the last retransmission, unwrapped
	packets    uint32 // sent, as sender reports count: without retransmissions
	octets     uint32
}

func newSlot(receiver *Endpoint, src *source, random func() uint32) *slot {
	r := random()
	s := &slot{
		receiver: receiver, owner: src.owner, source: src, ssrc: src.encodings[0].ssrc,
		projection: newProjection(output{
			ext: 1 + uint64(r&0x3fff), timestamp: random(), pictureID: uint16(r >> 16 & 0x7fff), tl0: uint8(r >> 8),
		}),
		asks:   bucket{size: receiverAsks, every: receiverAskInterval},
		rtxSeq: uint64(random() & 0x3fff),
	}
	s.target.Store(suspended)
	return s
}

// forward sends the packet in w to the receiver if it is part of what the receiver is to get.
func (s *slot) forward(b *udp.Batch, w *work) bool {
	n := s.receiver.negotiated.Load()
	pt := &n.payloads[w.payloadType]
	if pt.codec == codecNone {
		return false
	}
	s.mu.Lock()
	o, send, needKey := s.projection.forward(&w.frame, int(s.target.Load()))
	if send {
		s.packets++
		s.octets += uint32(len(w.payload))
		s.owed = s.owed && !w.vp8.Key
	}
	ask := (needKey || s.owed) && s.asks.take(w.arrival)
	if ask {
		s.owed = false
	}
	s.mu.Unlock()
	if ask {
		w.source.keyframes.ask(b, w.source, w.arrival)
	}
	if !send {
		return false
	}
	w.vp8.Rewrite(w.payload, o.pictureID, o.tl0)
	// Without RTX, retransmissions go under the original number. SRTP forbids two different packets with one number
	// (RFC 3711 §9.1), so nothing that changes with time may be in the header then.
	counts := pt.hasRTX && w.source.encodings[0].rtxSSRC != 0
	header := w.appendHeader(rtp.Outgoing{
		Marker: w.marker, PayloadType: w.payloadType, SequenceNumber: uint16(o.ext), Timestamp: o.timestamp, SSRC: s.ssrc,
	}, s.receiver, n, &w.values, w.codec != codecAudio, counts, w.arrival)
	s.receiver.outlet.WriteRTP(b, uint32(o.ext>>16), header, w.payload)
	return true
}

// assign makes the slot show src, which has the same primary SSRC as the one it showed before.
func (s *slot) assign(src *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source != src {
		s.source = src
		s.projection.suspend()
		s.projection.forget()
	}
}

// pause stops the slot until it is subscribed again; then it starts anew.
func (s *slot) pause() {
	s.target.Store(suspended)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projection.suspend()
	s.owed = false
}

// refresh passes the receiver's wish for a key frame on to the sender, at once or when the limits allow.
func (s *slot) refresh(b *udp.Batch, now time.Time) {
	s.mu.Lock()
	src := s.source
	ask := s.target.Load() >= 0 && s.asks.take(now)
	s.owed = !ask && s.target.Load() >= 0
	s.mu.Unlock()
	if ask {
		src.keyframes.ask(b, src, now)
	}
}
