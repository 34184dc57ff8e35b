package transport

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/ice"
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
