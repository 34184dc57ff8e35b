package forward

import (
	"sync/atomic"
	"time"

	"stammtisch/bridge/receive"
	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
)

// drops counts incoming packets that were not forwarded, by reason.
type drops struct {
	malformed, unknownPayloadType, unknownSSRC, duplicate, padding, muted, silent atomic.Uint64
}

// silentPackets is how many consecutive packets without any sound are forwarded: enough to end a phrase.
const silentPackets = 3

// silence is RFC 6464's level of no sound.
const silence = 127

// HandleRTP takes one decrypted RTP packet from the endpoint, which arrived at the given time. It borrows packet until
// it returns and overwrites it; what is to be sent goes to b. It never blocks and does not allocate.
func (e *Endpoint) HandleRTP(b *udp.Batch, packet []byte, arrival time.Time) {
	e.lastHeard.Store(arrival.UnixNano())
	e.traffic.packetsIn.Add(1)
	e.traffic.bytesIn.Add(uint64(len(packet)))
	h, err := rtp.Parse(packet)
	if err != nil || len(packet) > maxPacketLen {
		e.drops.malformed.Add(1)
		return
	}
	n := e.negotiated.Load()
	values := h.Read(packet, &n.extensions)
	if values.HasTransportCC {
		e.feedback.record(e, b, h.SSRC, values.TransportCC, h.Marker, arrival)
	}
	in, ok := (*e.incoming.Load())[h.SSRC]
	if !ok {
		e.drops.unknownSSRC.Add(1)
		return
	}
	pt, size := &n.payloads[h.PayloadType], len(packet)
	if pt.codec == codecRTX && in.rtx {
		if packet, h, ok = rtp.Restore(packet, h, pt.associated, in.encoding.ssrc); !ok {
			e.drops.padding.Add(1) // a bandwidth probe
			return
		}
		pt = &n.payloads[pt.associated]
	} else if in.rtx {
		pt = &format{}
	}
	if !pt.fits(in.encoding.source.media) {
		e.drops.unknownPayloadType.Add(1)
		return
	}
	w := e.conference.work.Get().(*work)
	w.source, w.values, w.arrival = in.encoding.source, values, arrival
	w.payloadType, w.payload, w.clockRate = h.PayloadType, h.Payload(packet), pt.clockRate
	w.encoding, w.timestamp, w.marker = in.encoding.index, h.Timestamp, h.Marker
	e.handle(b, w, in, pt.codec, receive.Packet{
		SequenceNumber: h.SequenceNumber, Timestamp: h.Timestamp, Size: size, Restored: in.rtx,
	})
	w.source, w.payload = nil, nil
	e.conference.work.Put(w)
	e.feedback.report(e, b, arrival)
}

// fits says whether packets of this format may come from a source of media.
func (f *format) fits(media Media) bool {
	switch f.codec {
	case codecAudio:
		return media == Audio
	case codecVP8, codecVideo:
		return media == Video
	}
	return false
}

// handle takes the packet in w through bookkeeping and out to the subscribers.
func (e *Endpoint) handle(b *udp.Batch, w *work, in incoming, c codec, p receive.Packet) {
	enc, src := in.encoding, w.source
	if src.media == Audio && w.values.HasAudioLevel && !e.muteAudio.Load() {
		e.levels.push(silence-w.values.AudioLevel&0x7f, w.arrival)
	}
	described := len(w.payload) > 0 && w.describe(c)
	forward := e.book(enc, w, described, p)
	if len(w.nacks) > 0 {
		e.sendNACK(b, enc.ssrc, w.nacks)
	}
	if !forward {
		return
	}
	if starts := enc.heard(w.arrival); starts || enc.resized(w) {
		if starts {
			enc.raise()
		}
		e.conference.replan()
	}
	if w.vp8.Key {
		e.traffic.keyframes.Add(1)
	}
	src.keyframes.repeat(b, src, w.arrival)
	packets, bytes := w.fanOut(b)
	e.traffic.packetsOut.Add(packets)
	e.traffic.bytesOut.Add(bytes)
}

// book does the bookkeeping of one packet under the encoding's lock and says whether to forward it. w.nacks is what is
// to be asked for.
func (e *Endpoint) book(enc *encoding, w *work, described bool, p receive.Packet) bool {
	enc.mu.Lock()
	defer enc.mu.Unlock()
	w.nacks = w.nacks[:0]
	a := enc.stream.Receive(p, w.arrival)
	if a.Duplicate {
		e.drops.duplicate.Add(1)
		return false
	}
	if reason := e.refuses(w, described); reason != nil {
		enc.stream.Discard(a.Ext)
		reason.Add(1)
		return false
	}
	if w.narrow {
		enc.unwrapPictureID(w)
	}
	w.ext, w.late = enc.stream.Closed(a.Ext), a.Late
	if w.source.media == Video {
		enc.cache.Put(w.ext, w.cached(), w.payload, w.arrival)
		w.nacks = enc.stream.NACKs(w.nacks, w.exts, e.roundTrip(), w.arrival)
	}
	return true
}

// refuses says why the packet in w is not to be forwarded to anybody: the counter to increment, or nil.
func (e *Endpoint) refuses(w *work, described bool) *atomic.Uint64 {
	muted := &e.muteAudio
	if w.source.media == Video {
		muted = &e.muteVideo
	}
	switch {
	case len(w.payload) == 0:
		return &e.drops.padding
	case !described:
		return &e.drops.malformed
	case muted.Load():
		return &e.drops.muted
	case w.source.media != Audio:
	case !w.values.HasAudioLevel || w.values.AudioLevel&0x7f != silence:
		w.source.silent.Store(0)
	case w.source.silent.Add(1) > silentPackets:
		w.source.silent.Store(silentPackets)
		return &e.drops.silent
	}
	return nil
}
