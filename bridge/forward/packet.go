package forward

import (
	"time"

	"stammtisch/bridge/receive"
	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
	"stammtisch/bridge/vp8"
)

// maxPacketLen bounds the packets the bridge handles; larger ones do not fit a path's MTU anyway.
const maxPacketLen = 1600

// packet is one incoming packet on its way through the bridge.
type packet struct {
	frame
	source      *source
	payloadType uint8
	narrow      bool   // the picture id came in its seven-bit form
	payload     []byte // the forwarder's own while the packet is handled: VP8 ids are overwritten for each receiver
	values      rtp.Values
}

// work is the scratch space of one call of HandleRTP or HandleRTCP. It is pooled.
type work struct {
	packet
	header [rtp.MaxHeaderLen]byte
	buffer [maxPacketLen + 16]byte // a payload that cannot be changed in place, or an RTCP packet
	nacks  []uint16
	exts   []uint64
}

func newWork() any {
	return &work{nacks: make([]uint16, 0, 128), exts: make([]uint64, 0, 128)}
}

// describe fills in what the codec says about the packet's place in the stream. It reports false for packets that are
// not what their payload type says.
func (w *work) describe(c codec) bool {
	w.codec = c
	w.vp8, w.narrow = vp8.Descriptor{}, false
	if c != codecVP8 {
		return true
	}
	d, err := vp8.Parse(w.payload)
	if err != nil {
		return false
	}
	if d.HasPictureID && !d.Wide {
		if len(w.payload) >= maxPacketLen {
			return false
		}
		w.payload, d = d.Widen(w.buffer[:0], w.payload)
		w.narrow = true
	}
	w.vp8 = d
	return true
}

// cached is what the packet cache keeps beside the payload.
func (w *work) cached() receive.Cached {
	return receive.Cached{
		Timestamp: w.timestamp, PayloadType: w.payloadType, Marker: w.marker,
		Orientation: w.values.VideoOrientation, HasOrientation: w.values.HasVideoOrientation,
	}
}

// fanOut offers the packet in w to every subscriber of its source and returns how much was sent.
func (w *work) fanOut(b *udp.Batch) (packets, bytes uint64) {
	for _, s := range *w.source.subscribers.Load() { // copy-on-write snapshot
		if s.forward(b, w) {
			packets++
			bytes += uint64(len(w.payload))
		}
	}
	return packets, bytes
}

// appendHeader writes the header under which a packet goes to one receiver: everything but what the receiver may use is
// left out, a foreign mid above all (it would make the receiver sort the packet into the wrong m-section).
func (w *work) appendHeader(h rtp.Outgoing, to *Endpoint, n *negotiation, v *rtp.Values, video, countsForBandwidth bool, now time.Time) []byte {
	dst := rtp.AppendHeader(w.header[:0], h)
	if !video {
		if v.HasAudioLevel {
			dst = rtp.AppendElement(dst, n.extensions.AudioLevel, uint32(v.AudioLevel), 1)
		}
		return rtp.FinishExtensions(dst)
	}
	if v.HasVideoOrientation {
		dst = rtp.AppendElement(dst, n.extensions.VideoOrientation, uint32(v.VideoOrientation), 1)
	}
	if countsForBandwidth {
		if n.extensions.TransportCC != 0 {
			dst = rtp.AppendElement(dst, n.extensions.TransportCC, to.transportCC.Add(1)&0xffff, 2)
		} else {
			dst = rtp.AppendElement(dst, n.extensions.AbsSendTime, rtp.AbsSendTime(now), 3)
		}
	}
	return rtp.FinishExtensions(dst)
}
