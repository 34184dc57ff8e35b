package forward

import (
	"math/rand/v2"
	"strings"
	"time"

	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
)

// Outlet sends to one endpoint. bridge/transport implements it.
type Outlet interface {
	// WriteRTP encrypts one packet and appends it to b. It borrows header and payload until it returns, neither blocks
	// nor allocates, and is safe for concurrent use. roc is the packet's roll-over counter (RFC 3711 §3.3.1).
	WriteRTP(b *udp.Batch, roc uint32, header, payload []byte)
	// WriteRTCP does the same for an RTCP packet, compound or reduced-size.
	WriteRTCP(b *udp.Batch, compound []byte)
}

// Events is told what the bridge channel must say. The methods are called one at a time, without any lock held; they
// must not block.
type Events interface {
	// SenderConstraints: the endpoint owner need not send source with more than maxHeight pixels in the smaller
	// dimension; 0 when nobody wants it.
	SenderConstraints(owner, source string, maxHeight int)
	// ForwardedSources: sources is the complete list of video sources that receiver gets from now on.
	ForwardedSources(receiver string, sources []string)
	// DominantSpeaker: dominant speaks, previous are those who spoke before, most recent first.
	DominantSpeaker(dominant string, previous []string, silence bool)
	// Connectivity: endpoint has stopped sending anything, or is back.
	Connectivity(endpoint string, active bool)
}

// Config is what a Conference needs from outside.
type Config struct {
	Events Events
	// Dispatch runs send, soon and on any goroutine, with a batch that is sent afterwards. Nothing is sent by the
	// conference outside Dispatch and the batches that HandleRTP and HandleRTCP are given.
	Dispatch func(send func(b *udp.Batch))
	// FeedbackSSRC is the sender SSRC of the RTCP that the bridge makes, as signalled to the clients.
	FeedbackSSRC uint32
	// SilenceTimeout is how long nobody must speak to be reported as silence; 0 means never.
	SilenceTimeout time.Duration
	// Random yields the start values of outgoing streams; nil means math/rand.
	Random func() uint32
}

func (c Config) withDefaults() Config {
	if c.Random == nil {
		c.Random = rand.Uint32
	}
	return c
}

// Media is a kind of source.
type Media uint8

// The kinds of media.
const (
	Audio Media = iota + 1
	Video
)

// VideoType says what a video source shows. The zero value means a camera.
type VideoType uint8

// The video types of the bridge channel's SourceVideoTypeMessage.
const (
	Camera  VideoType = iota
	Desktop           // screen content
	NoVideo           // muted or switched off
)

// ParseVideoType reads the names that the bridge channel and Colibri2 use, in any case. Unknown ones are cameras.
func ParseVideoType(name string) VideoType {
	switch strings.ToLower(name) {
	case "desktop", "desktop_high_fps":
		return Desktop
	case "none", "disabled":
		return NoVideo
	}
	return Camera
}

// Group is an SSRC group (RFC 5576 §4.2): "SIM" lists the primary SSRCs of a source's encodings from low to high
// quality, "FID" one primary SSRC and its retransmission SSRC.
type Group struct {
	Semantics string
	SSRCs     []uint32
}

// Source is what an endpoint sends under one name, as Colibri2 signals it.
type Source struct {
	Name      string
	Media     Media
	VideoType VideoType // at first; SetVideoType changes it
	SSRCs     []uint32
	Groups    []Group
}

// codec is what forwarding must know about a payload type.
type codec uint8

const (
	codecNone codec = iota
	codecAudio
	codecVP8
	codecVideo // a video codec that is forwarded without looking into it
	codecRTX
)

// PayloadType is one negotiated payload type.
type PayloadType struct {
	ID        uint8
	Media     Media
	Name      string // of the codec, as in SDP: "opus", "VP8", "rtx"; case does not matter
	ClockRate uint32
	// Associated is the payload type that an rtx payload type retransmits (RFC 4588 apt).
	Associated uint8
}

// Negotiated is what one endpoint and the focus agreed on. It is copied.
type Negotiated struct {
	PayloadTypes []PayloadType
	Extensions   rtp.Extensions
}

type format struct {
	codec      codec
	associated uint8
	rtx        uint8 // the payload type that retransmits this one
	hasRTX     bool
	clockRate  uint32
}

// negotiation is Negotiated as the packet path wants it; immutable.
type negotiation struct {
	payloads   [128]format
	extensions rtp.Extensions

	audio, video bool // there is a payload type of that kind
}

func newNegotiation(n Negotiated) *negotiation {
	t := &negotiation{extensions: n.Extensions}
	for _, p := range n.PayloadTypes {
		if p.ID > 127 {
			continue
		}
		t.payloads[p.ID] = format{codec: codecOf(p), associated: p.Associated & 0x7f, clockRate: p.ClockRate}
	}
	for id := range t.payloads {
		p := t.payloads[id]
		t.audio = t.audio || p.fits(Audio)
		t.video = t.video || p.fits(Video)
		if o := &t.payloads[p.associated]; p.codec == codecRTX && o.codec != codecNone {
			o.rtx, o.hasRTX = uint8(id), true
		}
	}
	return t
}

func codecOf(p PayloadType) codec {
	switch name := strings.ToLower(p.Name); {
	case name == "rtx":
		return codecRTX
	case p.Media == Audio:
		return codecAudio
	case name == "vp8":
		return codecVP8
	}
	return codecVideo
}
