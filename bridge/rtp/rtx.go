package rtp

import "encoding/binary"

// Restore undoes RFC 4588 §4: packet, parsed as h, is a retransmission whose original had payload type payloadType and
// SSRC ssrc. It rewrites packet in place and returns the restored packet, which aliases it, and its header. ok is false
// when there is no original inside: padding only, as senders use it for probing.
func Restore(packet []byte, h Header, payloadType uint8, ssrc uint32) (restored []byte, _ Header, ok bool) {
	if h.PayloadEnd-h.PayloadOffset < 2 {
		return nil, h, false
	}
	osn := binary.BigEndian.Uint16(packet[h.PayloadOffset:])
	// The header moves two bytes up, over the original sequence number; padding is left behind.
	copy(packet[2:h.PayloadOffset+2], packet[:h.PayloadOffset])
	packet = packet[2:h.PayloadEnd]
	packet[0] &^= 0x20
	packet[1] = packet[1]&0x80 | payloadType&0x7f
	binary.BigEndian.PutUint16(packet[2:], osn)
	binary.BigEndian.PutUint32(packet[8:], ssrc)
	restored = packet
	h.PayloadType, h.SequenceNumber, h.SSRC = payloadType&0x7f, osn, ssrc
	h.PayloadEnd = len(restored)
	return restored, h, true
}

// AppendRTXPayload appends the payload of a retransmission: the original sequence number, then the original payload
// (RFC 4588 §4).
func AppendRTXPayload(dst []byte, osn uint16, payload []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, osn), payload...)
}
