package forward

import (
	"time"

	"stammtisch/bridge/receive"
	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
	"stammtisch/bridge/vp8"
)

const (
	maxResends     = 5 // of one packet
	minResendPause = 5 * time.Millisecond
	// resendsPerSecond and resendBurst bound what one receiver can make the bridge send with NACKs.
	resendsPerSecond = 1000
	resendBurst      = 300
)

// resends remembers the last retransmissions of a slot by sequence number.
type resends struct {
	recent *[128]resend // made when first needed: most streams never are
	tokens float64
	last   time.Time
}

type resend struct {
	ext uint64
	at  time.Time
	n   uint8
}

// allow says whether the packet ext may be sent again now: not while the last retransmission can still be on its way.
func (r *resends) allow(ext uint64, rtt time.Duration, now time.Time) bool {
	if r.recent == nil {
		r.recent, r.tokens, r.last = new([128]resend), resendBurst, now
	}
	r.tokens = min(resendBurst, r.tokens+max(0, now.Sub(r.last).Seconds())*resendsPerSecond)
	r.last = now
	e := &r.recent[ext%uint64(len(r.recent))]
	if e.ext != ext {
		*e = resend{ext: ext}
	}
	// As jitsi-videobridge: a little less than the round-trip time.
	pause := max(min(rtt*9/10, rtt-5*time.Millisecond), minResendPause)
	if e.n >= maxResends || e.n > 0 && now.Sub(e.at) < pause || r.tokens < 1 {
		return false
	}
	r.tokens--
	e.n++
	e.at = now
	return true
}

// retransmit answers a NACK for the outgoing number seq from the cache of the encoding it came from.
func (s *slot) retransmit(b *udp.Batch, w *work, seq uint16, now time.Time) bool {
	n := s.receiver.negotiated.Load()
	src, shift, in, ok := s.mayResend(seq, now)
	if !ok {
		return false
	}
	payload, c, ok := src.encodings[shift.encoding].cached(in, w.buffer[:2])
	if !ok || n.payloads[c.PayloadType].codec == codecNone {
		return false
	}
	pt, primary := &n.payloads[c.PayloadType], payload[2:]
	w.vp8 = vp8.Descriptor{}
	if pt.codec == codecVP8 {
		w.vp8, _ = vp8.Parse(primary)
	}
	o := shift.apply(&frame{ext: in, timestamp: c.Timestamp, vp8: w.vp8})
	w.vp8.Rewrite(primary, o.pictureID, o.tl0)
	s.resend(b, w, n, pt, c, o, payload, now)
	return true
}

// mayResend finds what was sent under the outgoing number seq, how it was numbered, and whether to send it again now.
func (s *slot) mayResend(seq uint16, now time.Time) (src *source, shift epoch, in uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, in, out, ok := s.projection.origin(seq)
	if !ok || e.encoding >= len(s.source.encodings) || !s.resends.allow(out, s.receiver.roundTrip(), now) {
		return nil, epoch{}, 0, false
	}
	return s.source, *e, in, true
}

// resend sends a packet again: as RTX where receiver and source have it, else as it was. payload begins with two bytes
// of room for the original sequence number.
func (s *slot) resend(b *udp.Batch, w *work, n *negotiation, pt *format, c receive.Cached, o output, payload []byte, now time.Time) {
	h := rtp.Outgoing{
		Marker: c.Marker, PayloadType: c.PayloadType, SequenceNumber: uint16(o.ext), Timestamp: o.timestamp, SSRC: s.ssrc,
	}
	ext := o.ext
	s.mu.Lock()
	rtxSSRC := s.rtxSSRC
	useRTX := pt.hasRTX && rtxSSRC != 0
	if useRTX {
		s.rtxSeq++
		ext = s.rtxSeq
	}
	s.mu.Unlock()
	if useRTX {
		payload[0], payload[1] = byte(o.ext>>8), byte(o.ext)
		h.PayloadType, h.SSRC, h.SequenceNumber = pt.rtx, rtxSSRC, uint16(ext)
	} else {
		payload = payload[2:]
	}
	values := rtp.Values{VideoOrientation: c.Orientation, HasVideoOrientation: c.HasOrientation}
	header := w.appendHeader(h, s.receiver, n, &values, true, useRTX, now)
	s.receiver.traffic.resent.Add(1)
	s.receiver.outlet.WriteRTP(b, uint32(ext>>16), header, payload)
}
