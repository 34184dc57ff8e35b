// Package rtp reads and writes RTP headers in place (RFC 3550 §5.1, RFC 8285).
//
// It keeps no packet, allocates nothing and knows no codec: a Header is a view of a packet's first bytes, Elements walks
// its header extensions, AppendHeader writes a header anew, and Restore undoes a retransmission (RFC 4588). Read Header
// first. SRTP, sequence bookkeeping and forwarding live elsewhere.
package rtp

import (
	"encoding/binary"
	"errors"
)

// Sizes of RFC 3550 §5.1 and of what AppendHeader may write.
const (
	fixedLen = 12
	// MaxHeaderLen is an upper bound for what AppendHeader appends.
	MaxHeaderLen = 64
)

// Errors of Parse.
var (
	ErrShort   = errors.New("rtp: packet is shorter than its header says")
	ErrVersion = errors.New("rtp: not version 2")
	ErrPadding = errors.New("rtp: padding is longer than the packet")
)

// Header is what the first bytes of a packet say. It stays valid while the packet's bytes do.
type Header struct {
	Marker         bool
	PayloadType    uint8
	SequenceNumber uint16
	Timestamp      uint32
	SSRC           uint32

	// PayloadOffset and PayloadEnd bound the payload, padding excluded.
	PayloadOffset, PayloadEnd int

	profile          uint16
	extStart, extEnd int
}

// Parse reads the header of packet. It checks every length against the packet before using it.
func Parse(packet []byte) (Header, error) {
	var h Header
	if len(packet) < fixedLen {
		return h, ErrShort
	}
	if packet[0]>>6 != 2 {
		return h, ErrVersion
	}
	h.Marker = packet[1]&0x80 != 0
	h.PayloadType = packet[1] & 0x7f
	h.SequenceNumber = binary.BigEndian.Uint16(packet[2:])
	h.Timestamp = binary.BigEndian.Uint32(packet[4:])
	h.SSRC = binary.BigEndian.Uint32(packet[8:])
	at := fixedLen + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 {
		if len(packet) < at+4 {
			return h, ErrShort
		}
		h.profile = binary.BigEndian.Uint16(packet[at:])
		h.extStart = at + 4
		h.extEnd = h.extStart + 4*int(binary.BigEndian.Uint16(packet[at+2:]))
		at = h.extEnd
	}
	if len(packet) < at {
		return h, ErrShort
	}
	h.PayloadOffset, h.PayloadEnd = at, len(packet)
	if packet[0]&0x20 == 0 {
		return h, nil
	}
	padding := int(packet[len(packet)-1])
	if padding == 0 || padding > len(packet)-at {
		return h, ErrPadding
	}
	h.PayloadEnd -= padding
	return h, nil
}

// Payload returns the payload of the packet that h was parsed from, without padding.
func (h *Header) Payload(packet []byte) []byte { return packet[h.PayloadOffset:h.PayloadEnd] }

// Elements walks the header extension elements of the packet that h was parsed from. Packets without an extension, or
// with one that is neither the one-byte nor the two-byte form of RFC 8285 §4, have none.
func (h *Header) Elements(packet []byte) Elements {
	e := Elements{rest: packet[h.extStart:h.extEnd]}
	switch {
	case h.profile == profileOneByte:
	case h.profile&0xfff0 == profileTwoByte:
		e.twoByte = true
	default:
		e.rest = nil
	}
	return e
}
