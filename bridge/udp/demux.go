package udp

// Kind is what a datagram is, told from its first byte.
type Kind uint8

// The kinds of RFC 7983 §7 that share a bridge's port. TURN channel data and ZRTP are unknown to us.
const (
	KindUnknown Kind = iota
	KindSTUN
	KindDTLS
	KindRTP
	KindRTCP
)

// stunHeaderSize is the length of a STUN header, the least that can be one (RFC 8489 §5).
const stunHeaderSize = 20

// Classify tells what packet is by RFC 7983 §7, and RTP from RTCP by RFC 5761 §4. It looks at no more than six bytes and
// accepts nothing that is too short for the fixed header of its kind.
func Classify(packet []byte) Kind {
	if len(packet) < 8 {
		return KindUnknown
	}
	switch first := packet[0]; {
	case first <= 3:
		return classifySTUN(packet)
	case first >= 20 && first <= 63:
		if len(packet) < 13 { // a DTLS record header, RFC 6347 §4.1
			return KindUnknown
		}
		return KindDTLS
	case first >= 128 && first <= 191:
		return classifySRTP(packet)
	}
	return KindUnknown
}

func classifySTUN(packet []byte) Kind {
	const magicCookie = "\x21\x12\xa4\x42" // RFC 8489 §5
	if len(packet) < stunHeaderSize || string(packet[4:8]) != magicCookie {
		return KindUnknown
	}
	return KindSTUN
}

func classifySRTP(packet []byte) Kind {
	// RFC 5761 §4: RTCP packet types 192 to 223; as an RTP payload type with the marker bit these would be 64 to 95,
	// which nobody may use dynamically.
	if packet[1] >= 192 && packet[1] <= 223 {
		return KindRTCP
	}
	if len(packet) < 12 {
		return KindUnknown
	}
	return KindRTP
}
