package rtp

import (
	"encoding/binary"
	"time"
)

const (
	profileOneByte = 0xbede // RFC 8285 §4.2
	profileTwoByte = 0x1000 // RFC 8285 §4.3, the low four bits are the application's

	// MaxOneByteID is the largest extension id that the one-byte form can carry; 15 is reserved.
	MaxOneByteID = 14
)

// Elements is an iterator over header extension elements; see Header.Elements.
type Elements struct {
	rest    []byte
	twoByte bool
}

// Next returns the next element; ok is false at the end, and where the rest is malformed. value aliases the packet.
func (e *Elements) Next() (id uint8, value []byte, ok bool) {
	for len(e.rest) > 0 {
		if e.rest[0] == 0 { // padding
			e.rest = e.rest[1:]
			continue
		}
		head, size := 1, 0
		if e.twoByte {
			if len(e.rest) < 2 {
				break
			}
			id, size, head = e.rest[0], int(e.rest[1]), 2
		} else {
			id, size = e.rest[0]>>4, int(e.rest[0]&0x0f)+1
			if id > MaxOneByteID {
				break // RFC 8285 §4.2: id 15 ends the processing
			}
		}
		if len(e.rest) < head+size {
			break
		}
		value, e.rest = e.rest[head:head+size], e.rest[head+size:]
		return id, value, true
	}
	e.rest = nil
	return 0, nil, false
}

// Extensions are the ids that one endpoint negotiated; 0 means "not negotiated".
type Extensions struct {
	AudioLevel       uint8 // urn:ietf:params:rtp-hdrext:ssrc-audio-level, RFC 6464
	AbsSendTime      uint8 // http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
	TransportCC      uint8 // http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
	MID              uint8 // urn:ietf:params:rtp-hdrext:sdes:mid, RFC 8843
	VideoOrientation uint8 // urn:3gpp:video-orientation
}

// URIs of the header extensions that Extensions.Set knows.
const (
	URIAudioLevel       = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	URIAbsSendTime      = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	URITransportCC      = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	URIMID              = "urn:ietf:params:rtp-hdrext:sdes:mid"
	URIVideoOrientation = "urn:3gpp:video-orientation"
)

// Set records the id of the extension that uri names. It reports false for extensions the bridge has no use for and
// for ids that the one-byte form cannot carry.
func (x *Extensions) Set(uri string, id int) bool {
	if id < 1 || id > MaxOneByteID {
		return false
	}
	switch uri {
	case URIAudioLevel:
		x.AudioLevel = uint8(id)
	case URIAbsSendTime:
		x.AbsSendTime = uint8(id)
	case URITransportCC:
		x.TransportCC = uint8(id)
	case URIMID:
		x.MID = uint8(id)
	case URIVideoOrientation:
		x.VideoOrientation = uint8(id)
	default:
		return false
	}
	return true
}

// Values are the extension values the bridge reads or keeps, each with a flag that says whether it was there.
type Values struct {
	AudioLevel       uint8 // RFC 6464: a voice activity bit, then the level; 0 is loudest, 127 silence
	VideoOrientation uint8
	TransportCC      uint16

	HasAudioLevel, HasVideoOrientation, HasTransportCC bool
}

// Read walks the extensions of a packet once and returns the values that ids name.
func (h *Header) Read(packet []byte, ids *Extensions) Values {
	var v Values
	for it := h.Elements(packet); ; {
		id, value, ok := it.Next()
		switch {
		case !ok:
			return v
		case len(value) == 0:
		case id == ids.AudioLevel:
			v.AudioLevel, v.HasAudioLevel = value[0], true
		case id == ids.VideoOrientation:
			v.VideoOrientation, v.HasVideoOrientation = value[0], true
		case id == ids.TransportCC && len(value) >= 2:
			v.TransportCC, v.HasTransportCC = binary.BigEndian.Uint16(value), true
		}
	}
}

// AbsSendTime is t as the 24-bit 6.18 fixed point seconds of the abs-send-time extension.
func AbsSendTime(t time.Time) uint32 {
	whole := uint64(t.Unix()) & 0x3f
	return uint32(whole<<18|uint64(t.Nanosecond())<<18/1e9) & 0xffffff
}
