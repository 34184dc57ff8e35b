package udp

import "sync/atomic"

// Stats is what the port has seen since it was opened; all numbers are datagrams unless they say otherwise.
type Stats struct {
	Received      uint64
	ReceivedBytes uint64
	Sent          uint64
	SentBytes     uint64

	DroppedKernel    uint64 // arrived while the receive buffer was full; Linux only
	DroppedTruncated uint64 // longer than MaxDatagram
	DroppedUnknown   uint64 // neither STUN, DTLS nor SRTP
	DroppedStranger  uint64 // not STUN, from an address that nothing is associated with
	DroppedFull      uint64 // the kernel's send buffer was full
	DroppedSend      uint64 // the kernel refused to send: unreachable, too long
	DroppedPanic     uint64 // made their handler panic
}

// counters is the part of Stats that one socket's reader, or one sender, counts.
type counters struct {
	received, receivedBytes atomic.Uint64
	sent, sentBytes         atomic.Uint64
	truncated, unknown      atomic.Uint64
	stranger, full, refused atomic.Uint64
	panics                  atomic.Uint64
}

func (c *counters) addTo(s *Stats) {
	s.Received += c.received.Load()
	s.ReceivedBytes += c.receivedBytes.Load()
	s.Sent += c.sent.Load()
	s.SentBytes += c.sentBytes.Load()
	s.DroppedTruncated += c.truncated.Load()
	s.DroppedUnknown += c.unknown.Load()
	s.DroppedStranger += c.stranger.Load()
	s.DroppedFull += c.full.Load()
	s.DroppedSend += c.refused.Load()
	s.DroppedPanic += c.panics.Load()
}
