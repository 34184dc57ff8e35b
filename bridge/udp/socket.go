package udp

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// MaxDatagram is the longest datagram read or sent. Nothing that crosses the Internet whole is longer than an Ethernet
// frame's payload.
const MaxDatagram = 1500

// Socket is one local address of the port. It is safe for concurrent use.
type Socket struct {
	// Set at construction, read-only afterwards.
	server *Server
	addr   netip.AddrPort
	conn   *net.UDPConn
	raw    rawConn
	table  *table // shared by the sockets of one address
	seed   maphash.Seed

	counters counters
	closed   atomic.Bool
	goneAt   time.Time // when the machine was seen not to have the address any more; guarded by server.mu
}

// Addr returns the local address and port.
func (s *Socket) Addr() netip.AddrPort { return s.addr }

// SendTo sends one datagram at once, from this socket's address. It does not wait: without room in the kernel's buffer the
// datagram is dropped and counted.
func (s *Socket) SendTo(addr netip.AddrPort, packet []byte) error {
	err := s.raw.send(s.conn, addr, packet)
	switch {
	case err == nil:
		s.counters.sent.Add(1)
		s.counters.sentBytes.Add(uint64(len(packet)))
		return nil
	case errors.Is(err, syscall.EAGAIN):
		s.counters.full.Add(1)
	default:
		s.counters.refused.Add(1)
	}
	return fmt.Errorf("send from %s: %w", s.addr, err)
}

// close makes read return nil.
func (s *Socket) close() error {
	s.closed.Store(true)
	return s.conn.Close()
}

// addTo adds what the socket has seen to out.
func (s *Socket) addTo(out *Stats) {
	s.counters.addTo(out)
	out.DroppedKernel += s.raw.kernelDrops()
}

func newRemote(s *Socket, addr netip.AddrPort, flow Flow) *Remote {
	return &Remote{
		socket: s, addr: addr, flow: flow,
		hash: uint32(maphash.Comparable(s.seed, addr)),
		raw:  newRawAddress(addr),
	}
}

// read reads and dispatches until the socket is closed; its error is nil then.
func (s *Socket) read(stun STUNHandler, in receiver) error {
	b := s.server.NewLargeBatch()
	for {
		n, err := in.receive()
		if err != nil {
			if s.closed.Load() {
				return nil
			}
			return fmt.Errorf("read from %s: %w", s.addr, err)
		}
		arrival := time.Now()
		bytes := 0
		for i := range n {
			packet, from, whole := in.datagram(i)
			bytes += len(packet)
			if !whole {
				s.counters.truncated.Add(1)
				continue
			}
			s.dispatch(stun, b, packet, from, arrival)
		}
		s.counters.received.Add(uint64(n))
		s.counters.receivedBytes.Add(uint64(bytes))
		b.Flush()
	}
}

// dispatch hands one datagram to whom it belongs. One that makes its handler panic is dropped: what strangers send must not end the
// bridge.
func (s *Socket) dispatch(stun STUNHandler, b *Batch, packet []byte, from netip.AddrPort, arrival time.Time) {
	defer s.contain()
	kind := Classify(packet)
	switch kind {
	case KindUnknown:
		s.counters.unknown.Add(1)
		return
	case KindSTUN:
		stun.HandleSTUN(s, from, packet, arrival)
		return
	}
	r := s.table.lookup(from)
	if r == nil {
		s.counters.stranger.Add(1)
		return
	}
	r.markHeard(arrival)
	switch kind {
	case KindDTLS:
		r.flow.HandleDTLS(r, packet)
	case KindRTP:
		r.flow.HandleRTP(b, r, packet, arrival)
	case KindRTCP:
		r.flow.HandleRTCP(b, r, packet, arrival)
	}
}

// contain recovers a panic and notes it, ever more rarely if there are many.
func (s *Socket) contain() {
	p := recover()
	if p == nil {
		return
	}
	if n := s.counters.panics.Add(1); n&(n-1) == 0 {
		s.server.log.Error("panic: a bug, please report it", "panic", fmt.Sprint(p), "datagrams", n, "stack", string(debug.Stack()))
	}
}
