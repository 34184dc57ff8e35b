package forward

import (
	"encoding/binary"
	"fmt"
	"time"

	"stammtisch/bridge/rtp"
	"stammtisch/bridge/vp8"
)

// camera makes one encoding's VP8 packets as Chromium does: 15-bit picture ids, TL0PICIDX, three temporal layers.
type camera struct {
	ssrc      uint32
	height    int
	perFrame  int
	seq       uint16
	pictureID uint16
	tl0       uint8
	frames    int
	wantKey   bool
	base      uint32
}

func newCamera(ssrc uint32, i int) *camera {
	return &camera{
		ssrc: ssrc, height: 180 << i, perFrame: 1 + 2*i, seq: uint16(65500 + 7*i), pictureID: uint16(32760 + i), tl0: uint8(250 + i),
		wantKey: true, base: ssrc * 7919,
	}
}

// frame returns the packets of the next frame.
func (c *camera) frame(now time.Time) (packets [][]byte) {
	key := c.wantKey
	c.wantKey = false
	tid := []uint8{0, 2, 1, 2}[c.frames%4]
	if key {
		tid, c.frames = 0, 0
	}
	c.frames++
	c.pictureID = (c.pictureID + 1) & vp8.MaxPictureID
	if tid == 0 {
		c.tl0++
	}
	ts := c.base + uint32(now.UnixMilli()*90)
	for i := range c.perFrame {
		c.seq++
		h := rtp.AppendHeader(nil, rtp.Outgoing{Marker: i == c.perFrame-1, PayloadType: 100, SequenceNumber: c.seq, Timestamp: ts, SSRC: c.ssrc})
		h = rtp.FinishExtensions(rtp.AppendElement(rtp.AppendElement(h, 10, 'v', 1), 4, 1, 1))
		d := []byte{0x80, 0xe0, 0x80 | byte(c.pictureID>>8), byte(c.pictureID), c.tl0, tid << 6}
		if i == 0 {
			d[0] |= 0x10
		}
		body := []byte{0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0}
		if key && i == 0 {
			body = []byte{0x10, 0, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0}
			binary.LittleEndian.PutUint16(body[6:], uint16(c.height*16/9))
			binary.LittleEndian.PutUint16(body[8:], uint16(c.height))
		}
		body = fmt.Appendf(body, "%d/%d/%d", c.ssrc, c.seq, i)
		packets = append(packets, append(append(h, d...), body...))
	}
	return packets
}
