package ice

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v4"
)

// Message types of RFC 8489 §5 for the Binding method.
const (
	bindingRequest             = 0x0001
	bindingSuccess             = 0x0101
	bindingError               = 0x0111
	headerSize                 = 20
	attributeHeader            = 4
	attrUsername               = 0x0006
	attrMessageIntegrity       = 0x0008
	attrMessageIntegritySHA256 = 0x001c
)

// messageType returns the first 16 bits of a STUN message, 0 for what is too short to be one.
func messageType(packet []byte) uint16 {
	if len(packet) < headerSize {
		return 0
	}
	return binary.BigEndian.Uint16(packet)
}

// transactionID is the 96 bits that tie a response to its request.
type transactionID [12]byte

func transactionOf(packet []byte) transactionID { return transactionID(packet[8:headerSize]) }

// localUfrag returns the receiver's ufrag of a request: what stands before the colon in USERNAME (RFC 8445 §7.2.2). It
// aliases packet and is nil if the message has none or is malformed before it.
func localUfrag(packet []byte) []byte {
	if len(packet) < headerSize {
		return nil
	}
	attributes := packet[headerSize:]
	if int(binary.BigEndian.Uint16(packet[2:])) != len(attributes) {
		return nil
	}
	for len(attributes) >= attributeHeader {
		kind := binary.BigEndian.Uint16(attributes)
		length := int(binary.BigEndian.Uint16(attributes[2:]))
		padded := (length + 3) &^ 3
		if attributeHeader+padded > len(attributes) {
			return nil
		}
		if kind == attrMessageIntegrity || kind == attrMessageIntegritySHA256 {
			return nil // what follows it is not signed and counts for nothing (RFC 8489 §14.5)
		}
		value := attributes[attributeHeader : attributeHeader+length]
		if kind == attrUsername {
			ufrag, _, found := bytes.Cut(value, []byte(":"))
			if !found || len(ufrag) == 0 {
				return nil
			}
			return ufrag
		}
		attributes = attributes[attributeHeader+padded:]
	}
	return nil
}

// authenticated reports whether packet, a whole STUN message, is signed with password (RFC 8489 §14.5).
func authenticated(packet []byte, password string) (*stun.Message, error) {
	m := &stun.Message{Raw: bytes.Clone(packet)}
	if err := m.Decode(); err != nil {
		return nil, fmt.Errorf("decode STUN message: %w", err)
	}
	if err := stun.NewShortTermIntegrity(password).Check(m); err != nil {
		return nil, fmt.Errorf("check STUN message: %w", err)
	}
	return m, nil
}

// successResponse answers request as RFC 8445 §7.3.1.2 says.
func successResponse(request *stun.Message, from netip.AddrPort, password string) ([]byte, error) {
	m, err := stun.Build(request, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())},
		stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		return nil, fmt.Errorf("build STUN response: %w", err)
	}
	return m.Raw, nil
}
