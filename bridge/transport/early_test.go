package transport

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/udp"
)

// TestMediaBeforeKeysIsHeld has media overtake the end of the handshake.
func TestMediaBeforeKeysIsHeld(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	from := p.server.Sockets()[0].Associate(netip.MustParseAddrPort("127.0.0.1:9"), e.Transport, true)
	s, _, theirOut := sessionPair(t, srtp.ProtectionProfileAeadAes128Gcm)
	b := p.server.NewBatch()
	for i := range maxEarly + 3 {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 5, SequenceNumber: uint16(i)}, Payload: []byte("x")}).Marshal()
		must(t, err)
		packet, err := theirOut.EncryptRTP(nil, plain, nil)
		must(t, err)
		e.Transport.HandleRTP(b, from, packet, time.Now())
		clear(packet) // it was only borrowed
	}
	if got := e.Drops().Early; got != 3 {
		t.Errorf("%d packets dropped, want 3", got)
	}
	if len(e.rtp) != 0 {
		t.Error("packets were handed on before there are keys")
	}
	e.start(s)
	if got := len(e.rtp); got != maxEarly {
		t.Errorf("%d packets handed on, want %d", got, maxEarly)
	}
	var first rtp.Packet
	must(t, first.Unmarshal(<-e.rtp))
	if first.SequenceNumber != 0 {
		t.Errorf("packet %d comes first", first.SequenceNumber)
	}
	from.Dissociate()
}

// TestHeldMediaComesFirst has more media arrive while what was held is handled: a stream's first packets must not come after its second
// frame, or else they are no start of a picture any more.
func TestHeldMediaComesFirst(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	from := p.server.Sockets()[0].Associate(netip.MustParseAddrPort("127.0.0.1:9"), e.Transport, true)
	defer from.Dissociate()
	s, _, theirOut := sessionPair(t, srtp.ProtectionProfileAeadAes128Gcm)
	b := p.server.NewBatch()
	next := uint16(0)
	arrive := func() {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 5, SequenceNumber: next}, Payload: []byte("x")}).Marshal()
		must(t, err)
		packet, err := theirOut.EncryptRTP(nil, plain, nil)
		must(t, err)
		next++
		e.Transport.HandleRTP(b, from, packet, time.Now())
	}
	arrive()
	arrive()
	var got []uint16
	e.onRTP = func(_ *udp.Batch, packet []byte) {
		var h rtp.Header
		_, err := h.Unmarshal(packet)
		must(t, err)
		got = append(got, h.SequenceNumber)
		if len(got) <= 2 {
			arrive()
		}
	}
	e.start(s)
	arrive()
	if want := []uint16{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("handed on in the order %v, want %v", got, want)
	}
}
