// Package vp8 reads and rewrites the VP8 payload descriptor (RFC 7741 §4.2) and what a forwarder needs of the payload
// header behind it: whether a frame is a key frame, and its size (RFC 6386 §9.1).
//
// It decides nothing: which frames are forwarded is bridge/forward's matter. Read Descriptor first.
package vp8

import (
	"encoding/binary"
	"errors"
)

// ErrShort says that a payload ends inside its descriptor.
var ErrShort = errors.New("vp8: payload is shorter than its descriptor says")

// MaxPictureID is the largest 15-bit picture id; the one after it is 0.
const MaxPictureID = 0x7fff

// Descriptor is a parsed payload descriptor and the position of what Rewrite changes.
type Descriptor struct {
	// FrameStart says that the packet begins a frame: first packet of partition 0.
	FrameStart bool
	// Key says that the packet begins a key frame; then Width and Height are set if the packet reaches that far.
	Key           bool
	Width, Height int

	HasPictureID bool
	Wide         bool // the picture id has its 15-bit form
	PictureID    uint16
	HasTL0       bool
	TL0          uint8 // TL0PICIDX
	HasTID       bool
	TID          uint8 // temporal layer

	pictureAt, tl0At int
}

// Parse reads the descriptor at the start of payload.
func Parse(payload []byte) (Descriptor, error) {
	var d Descriptor
	if len(payload) < 1 {
		return d, ErrShort
	}
	first := payload[0]
	d.FrameStart = first&0x10 != 0 && first&0x07 == 0
	at := 1
	if first&0x80 != 0 {
		if len(payload) < 2 {
			return d, ErrShort
		}
		var ok bool
		if at, ok = d.parseExtended(payload); !ok {
			return Descriptor{}, ErrShort
		}
	}
	if d.FrameStart && len(payload) > at && payload[at]&0x01 == 0 {
		d.Key = true
		d.parseSize(payload[at:])
	}
	return d, nil
}

// parseExtended reads the optional fields and returns where the VP8 payload header begins.
func (d *Descriptor) parseExtended(payload []byte) (at int, ok bool) {
	flags := payload[1]
	at = 2
	if flags&0x80 != 0 { // I: picture id
		if len(payload) < at+1 {
			return 0, false
		}
		d.HasPictureID, d.pictureAt = true, at
		d.PictureID = uint16(payload[at])
		if payload[at]&0x80 != 0 {
			if len(payload) < at+2 {
				return 0, false
			}
			d.Wide = true
			d.PictureID = binary.BigEndian.Uint16(payload[at:]) & MaxPictureID
			at++
		}
		at++
	}
	if flags&0x40 != 0 { // L: TL0PICIDX
		if len(payload) < at+1 {
			return 0, false
		}
		d.HasTL0, d.TL0, d.tl0At = true, payload[at], at
		at++
	}
	if flags&0x30 != 0 { // T and K share a byte
		if len(payload) < at+1 {
			return 0, false
		}
		if flags&0x20 != 0 {
			d.HasTID, d.TID = true, payload[at]>>6
		}
		at++
	}
	return at, true
}

// parseSize reads a key frame's dimensions, RFC 6386 §9.1. End-to-end encrypted frames keep these ten bytes in the clear.
func (d *Descriptor) parseSize(frame []byte) {
	if len(frame) < 10 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return
	}
	d.Width = int(binary.LittleEndian.Uint16(frame[6:]) & 0x3fff)
	d.Height = int(binary.LittleEndian.Uint16(frame[8:]) & 0x3fff)
}

// Rewrite overwrites picture id and TL0PICIDX of payload, which d was parsed from, where it has them. The picture id
// must be Wide; see Widen.
func (d *Descriptor) Rewrite(payload []byte, pictureID uint16, tl0 uint8) {
	if d.HasPictureID && d.Wide {
		binary.BigEndian.PutUint16(payload[d.pictureAt:], 0x8000|pictureID&MaxPictureID)
	}
	if d.HasTL0 {
		payload[d.tl0At] = tl0
	}
}

// Widen appends payload to dst with its picture id in the 15-bit form and returns both; d must have a picture id that
// is not Wide. A forwarder's numbering outgrows seven bits sooner or later, and then the size must not change.
func (d Descriptor) Widen(dst, payload []byte) ([]byte, Descriptor) {
	dst = append(dst, payload[:d.pictureAt]...)
	dst = append(dst, 0x80, byte(d.PictureID))
	dst = append(dst, payload[d.pictureAt+1:]...)
	d.Wide = true
	if d.HasTL0 {
		d.tl0At++
	}
	return dst, d
}
