package transport

import (
	"sync/atomic"
	"time"

	"stammtisch/bridge/udp"
)

// Drops counts what a transport could not use, in packets or messages.
type Drops struct {
	Early        uint64 // SRTP before keys were agreed on, beyond what is held for then
	Unauthentic  uint64 // SRTP that fails authentication, replays among it
	Unsendable   uint64 // RTP or RTCP without keys or a path to send it on
	DTLSOverflow uint64 // DTLS that nobody read in time
	Messages     uint64 // bridge channel messages without a channel or with a full queue
	Channels     uint64 // data channels that are not the bridge channel
}

type drops struct {
	early, unauthentic, unsendable, messages, channels atomic.Uint64
}

// Drops returns what was dropped so far.
func (t *Transport) Drops() Drops {
	return Drops{
		Early:        t.drops.early.Load(),
		Unauthentic:  t.drops.unauthentic.Load(),
		Unsendable:   t.drops.unsendable.Load(),
		DTLSOverflow: t.pipe.overflow.Load(),
		Messages:     t.drops.messages.Load(),
		Channels:     t.drops.channels.Load(),
	}
}

// HandleDTLS implements [udp.Flow].
func (t *Transport) HandleDTLS(from *udp.Remote, packet []byte) {
	t.path.Heard(from, time.Now())
	t.pipe.put(packet)
}

// HandleRTP implements [udp.Flow].
func (t *Transport) HandleRTP(b *udp.Batch, from *udp.Remote, packet []byte, arrival time.Time) {
	if s := t.sessionOrHold(from, packet, false, arrival); s != nil {
		t.openRTP(s, b, from, packet, arrival)
	}
}

// openRTP decrypts packet and hands it on.
func (t *Transport) openRTP(s *session, b *udp.Batch, from *udp.Remote, packet []byte, arrival time.Time) {
	plain, err := s.openRTP(packet)
	if err != nil {
		t.drops.unauthentic.Add(1)
		return
	}
	t.path.Heard(from, arrival)
	t.deps.Handler.HandleRTP(b, plain, arrival)
}

// HandleRTCP implements [udp.Flow].
func (t *Transport) HandleRTCP(b *udp.Batch, from *udp.Remote, packet []byte, arrival time.Time) {
	if s := t.sessionOrHold(from, packet, true, arrival); s != nil {
		t.openRTCP(s, b, from, packet, arrival)
	}
}

// openRTCP decrypts packet and hands it on.
func (t *Transport) openRTCP(s *session, b *udp.Batch, from *udp.Remote, packet []byte, arrival time.Time) {
	plain, err := s.openRTCP(packet)
	if err != nil {
		t.drops.unauthentic.Add(1)
		return
	}
	t.path.Heard(from, arrival)
	t.deps.Handler.HandleRTCP(b, plain, arrival)
}

// rtpHeaderSize is the fixed header's length, RFC 3550 §5.1.
const rtpHeaderSize = 12

// WriteRTP encrypts an RTP packet into b. header is a whole marshalled RTP header with its extensions, roc the roll-over
// counter that belongs to its SSRC and sequence number (RFC 3711 §3.3.1): the caller keeps it, so that a packet can be
// sent again and any goroutine may send at any time. The arguments are borrowed. WriteRTP neither waits nor allocates; it
// drops and counts what cannot be sent.
//
// Never send two different packets with the same roc, SSRC and sequence number: it would give the encryption away.
func (t *Transport) WriteRTP(b *udp.Batch, roc uint32, header, payload []byte) {
	s, to := t.session.Load(), t.path.Remote()
	if s == nil || to == nil || len(header) < rtpHeaderSize {
		t.drops.unsendable.Add(1)
		return
	}
	s.writeRTP(b, to, roc, header, payload)
}

// WriteRTCP encrypts a compound RTCP packet into b. It borrows its arguments and does not wait.
func (t *Transport) WriteRTCP(b *udp.Batch, compound []byte) {
	s, to := t.session.Load(), t.path.Remote()
	if s == nil || to == nil {
		t.drops.unsendable.Add(1)
		return
	}
	if err := s.writeRTCP(b, to, compound); err != nil {
		t.drops.unsendable.Add(1)
	}
}
