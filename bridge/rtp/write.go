package rtp

import "encoding/binary"

// Outgoing is a header to be written: only what the bridge sends, in the one-byte extension form.
type Outgoing struct {
	Marker         bool
	PayloadType    uint8
	SequenceNumber uint16
	Timestamp      uint32
	SSRC           uint32
}

// AppendHeader appends h to dst without extensions; AppendElement and FinishExtensions add them.
func AppendHeader(dst []byte, h Outgoing) []byte {
	second := h.PayloadType & 0x7f
	if h.Marker {
		second |= 0x80
	}
	dst = append(dst, 0x80, second)
	dst = binary.BigEndian.AppendUint16(dst, h.SequenceNumber)
	dst = binary.BigEndian.AppendUint32(dst, h.Timestamp)
	return binary.BigEndian.AppendUint32(dst, h.SSRC)
}

// AppendElement appends the extension element id with the low size bytes of value, big endian, to a header that
// AppendHeader wrote at the start of dst. id 0 (not negotiated) and ids beyond MaxOneByteID append nothing.
func AppendElement(dst []byte, id uint8, value uint32, size int) []byte {
	if id == 0 || id > MaxOneByteID || size < 1 || size > 4 {
		return dst
	}
	if dst[0]&0x10 == 0 {
		dst[0] |= 0x10
		dst = append(dst, profileOneByte>>8, profileOneByte&0xff, 0, 0)
	}
	dst = append(dst, id<<4|uint8(size-1))
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(value>>shift))
	}
	return dst
}

// FinishExtensions pads the extensions to whole words and writes their length. It must be called once after the last
// AppendElement; without extensions it changes nothing.
func FinishExtensions(dst []byte) []byte {
	if dst[0]&0x10 == 0 {
		return dst
	}
	for (len(dst)-fixedLen)%4 != 0 {
		dst = append(dst, 0)
	}
	binary.BigEndian.PutUint16(dst[fixedLen+2:], uint16((len(dst)-fixedLen-4)/4))
	return dst
}
