package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/bridge/allocate"
	"stammtisch/bridge/receive"
	"stammtisch/bridge/vp8"
)

// encoding is one primary SSRC of a source, and its retransmission SSRC if it has one.
type encoding struct {
	source        *source
	index         int
	ssrc, rtxSSRC uint32 // rtxSSRC is 0 if there is none

	heightPx  atomic.Int32 // the smaller dimension, by the last key frame
	lastHeard atomic.Int64 // Unix nanoseconds of the last packet
	sending   atomic.Bool  // packets have come recently

	mu     sync.Mutex
	stream *receive.Stream // guarded by mu
	cache  receive.Cache   // guarded by mu

	pictureID uint16 // newest, unwrapped from the seven-bit form to 15 bits; guarded by mu

	measuredBytes, measuredLost uint64 // at the last measurement; guarded by conference.mu
	bitrate                     atomic.Int64
}

// heard records a packet of the encoding. It reports true if the encoding had not been sending before.
func (enc *encoding) heard(now time.Time) bool {
	enc.lastHeard.Store(now.UnixNano())
	if enc.sending.Load() {
		return false
	}
	return enc.sending.CompareAndSwap(false, true)
}

// raise lets those subscribers have the encoding who would have got it had it been there at the last plan. It starts
// with a key frame, which must not be missed while the next plan is made.
func (enc *encoding) raise() {
	for _, s := range *enc.source.subscribers.Load() {
		if t := s.target.Load(); t >= 0 && t < int32(enc.index) && int32(enc.index) <= s.ceiling.Load() {
			s.target.CompareAndSwap(t, int32(enc.index))
		}
	}
}

// unwrapPictureID gives the packet in w, whose picture id had seven bits, the 15-bit one that continues the packets
// before: the receivers' numbering wraps later than the sender's. enc.mu must be held.
func (enc *encoding) unwrapPictureID(w *work) {
	delta := int8(uint8(w.vp8.PictureID-enc.pictureID)<<1) >> 1
	id := (enc.pictureID + uint16(delta)) & vp8.MaxPictureID
	if delta > 0 {
		enc.pictureID = id
	}
	w.vp8.PictureID = id
	w.vp8.Rewrite(w.payload, id, w.vp8.TL0)
}

// report is the reception report since the last one, if there is anything to report.
func (enc *encoding) report(now time.Time) (receive.Report, bool) {
	enc.mu.Lock()
	defer enc.mu.Unlock()
	return enc.stream.Report(now)
}

// senderReport notes the sender's clock.
func (enc *encoding) senderReport(ntp uint64, now time.Time) {
	enc.mu.Lock()
	defer enc.mu.Unlock()
	enc.stream.SenderReport(ntp, now)
}

// cached appends the payload of the packet ext to dst.
func (enc *encoding) cached(ext uint64, dst []byte) ([]byte, receive.Cached, bool) {
	enc.mu.Lock()
	defer enc.mu.Unlock()
	return enc.cache.Get(ext, dst)
}

// resized reports true if w is a key frame of another size than the encoding had.
func (enc *encoding) resized(w *work) bool {
	if w.vp8.Width == 0 || w.vp8.Height == 0 || w.codec != codecVP8 {
		return false
	}
	height := int32(min(w.vp8.Width, w.vp8.Height))
	return enc.heightPx.Swap(height) != height
}

// layer is the encoding as the allocator sees it.
func (enc *encoding) layer() allocate.Layer {
	l := allocate.Layer{HeightPx: int(enc.heightPx.Load())}
	if enc.sending.Load() {
		l.Bitrate = allocate.BitsPerSecond(max(enc.bitrate.Load(), 1)) // not measured yet, but there
	}
	return l
}
