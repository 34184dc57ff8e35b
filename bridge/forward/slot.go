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
	ceiling  atomic.Int32 // encoding that it would have chosen, had all been sent

	// Guarded by conference.mu.
	owner *Endpoint // whose source the slot shows
	round uint64    // of the plan that last subscribed the slot

	mu         sync.Mutex
	source     *source    // guarded by mu, as all below
	projection projection //
	asks       bucket     // key frames this receiver may have asked for
	owed       bool       // a key frame the receiver asked for, not yet passed on to the sender
	resends    resends
	rtxSSRC    uint32 // 0 if the source has none
	rtxSeq     uint64 // of the last retransmission, unwrapped
	packets    uint32 // sent, as sender reports count: without retransmissions
	octets     uint32
}

// newSlot returns the stream of src at receiver. It continues the numbers that its SSRCs have used up before.
// conference.mu must be held.
func newSlot(receiver *Endpoint, src *source, random func() uint32) *slot {
	r, ssrc := random(), src.encodings[0].ssrc
	s := &slot{
		receiver: receiver, owner: src.owner, source: src, ssrc: ssrc,
		projection: newProjection(output{
			ext: receiver.spent.next(ssrc, random), timestamp: random(), pictureID: uint16(r >> 16 & 0x7fff), tl0: uint8(r >> 8),
		}),
		asks:    bucket{size: receiverAsks, every: receiverAskInterval},
		rtxSSRC: src.encodings[0].rtxSSRC,
	}
	s.rtxSeq = receiver.spent.next(s.rtxSSRC, random)
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
	o, rtxSSRC, send, ask := s.decide(w)
	if ask {
		w.source.keyframes.ask(b, w.source, w.arrival)
	}
	if !send {
		return false
	}
	w.vp8.Rewrite(w.payload, o.pictureID, o.tl0)
	// Without RTX, retransmissions go under the original number. SRTP forbids two different packets with one number
	// (RFC 3711 §9.1), so nothing that changes with time may be in the header then.
	counts := pt.hasRTX && rtxSSRC != 0
	header := w.appendHeader(rtp.Outgoing{
		Marker: w.marker, PayloadType: w.payloadType, SequenceNumber: uint16(o.ext), Timestamp: o.timestamp, SSRC: s.ssrc,
	}, s.receiver, n, &w.values, w.codec != codecAudio, counts, w.arrival)
	s.receiver.outlet.WriteRTP(b, uint32(o.ext>>16), header, w.payload)
	return true
}

// decide says whether to send the packet in w, with which numbers, and whether to ask its sender for a key frame.
func (s *slot) decide(w *work) (o output, rtxSSRC uint32, send, ask bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.source != s.source { // it was signalled anew meanwhile
		return o, 0, false, false
	}
	o, send, needKey := s.projection.forward(&w.frame, int(s.target.Load()))
	if send {
		s.packets++
		s.octets += uint32(len(w.payload))
		s.owed = s.owed && !w.vp8.Key
	}
	ask = (needKey || s.owed) && s.asks.take(w.arrival)
	s.owed = s.owed && !ask
	return o, s.rtxSSRC, send, ask
}

// assign makes the slot show src, which has the same primary SSRC as the one it showed before. conference.mu must be
// held.
func (s *slot) assign(src *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source == src {
		return
	}
	s.source, s.owner = src, src.owner
	s.projection.suspend()
	s.projection.forget()
	if rtx := src.encodings[0].rtxSSRC; rtx != s.rtxSSRC {
		s.receiver.spent.use(s.rtxSSRC, s.rtxSeq)
		s.rtxSSRC, s.rtxSeq = rtx, s.receiver.spent.next(rtx, s.receiver.conference.cfg.Random)
	}
}

// retire records the numbers that the slot has used, before it is forgotten, and makes it use no more. conference.mu must be held.
func (s *slot) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projection.forget()
	if s.projection.started { // else no number was used, neither for what nobody could have missed
		s.receiver.spent.use(s.ssrc, s.projection.last.ext)
		s.receiver.spent.use(s.rtxSSRC, s.rtxSeq)
	}
}

// idle says whether the slot's source is gone, and whether anything was ever sent on the slot. conference.mu must be held.
func (s *slot) idle() (gone, used bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.removed, s.projection.started
}

// pause stops the slot until it is subscribed again; then it starts anew.
func (s *slot) pause() {
	s.target.Store(suspended)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projection.suspend()
	s.owed = false
}

// waits says whether the receiver waits for a key frame: to begin with, or because it has asked for one.
func (s *slot) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target.Load() >= 0 && (s.projection.current < 0 || s.owed)
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

// spent are the sequence numbers that a receiver's former streams have used, by SSRC. As long as the keys are the same no
// number may be used twice, for AES-GCM would give the key away (RFC 7714 §10.1): not even if an SSRC comes back with
// somebody else.
type spent map[uint32]uint64

func (u spent) use(ssrc uint32, ext uint64) {
	if ssrc != 0 {
		u[ssrc] = max(u[ssrc], ext+2) // a packet may be on its way yet
	}
}

// next is where a stream of ssrc begins. New ones begin in the lower half, so that the receiver cannot mistake the
// roll-over counter (RFC 3711 §3.3.1).
func (u spent) next(ssrc uint32, random func() uint32) uint64 {
	if ext, ok := u[ssrc]; ok {
		return ext
	}
	return 1 + uint64(random()&0x3fff)
}
