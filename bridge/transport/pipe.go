package transport

import (
	"bytes"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"

	"stammtisch/bridge/udp"
)

// pipeQueue is how many DTLS datagrams wait to be read, those among them that come before our role is known.
const pipeQueue = 128

// pipe is the path as the DTLS library sees it: a connection that never moves.
type pipe struct {
	remote func() *udp.Remote
	in     chan []byte
	done   chan struct{}
	close  sync.Once
	first  chan struct{} // closed when the first datagram is in
	heard  sync.Once
	read   *deadline.Deadline

	overflow atomic.Uint64
}

func newPipe(remote func() *udp.Remote) *pipe {
	return &pipe{
		remote: remote,
		in:     make(chan []byte, pipeQueue),
		done:   make(chan struct{}),
		first:  make(chan struct{}),
		read:   deadline.New(),
	}
}

// put queues a copy of packet; a full queue drops it, and the peer sends it again.
func (p *pipe) put(packet []byte) {
	select {
	case p.in <- bytes.Clone(packet):
		p.heard.Do(func() { close(p.first) })
	default:
		p.overflow.Add(1)
	}
}

// ReadFrom implements [net.PacketConn].
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-p.read.Done():
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case packet := <-p.in:
		return copy(b, packet), pipeAddr{}, nil
	case <-p.read.Done():
		return 0, nil, os.ErrDeadlineExceeded
	case <-p.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements [net.PacketConn]. What cannot be sent now is lost, as on any network.
func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	select {
	case <-p.done:
		return 0, net.ErrClosed
	default:
	}
	if r := p.remote(); r != nil {
		_ = r.Send(b) // counted there
	}
	return len(b), nil
}

// Close implements [net.PacketConn].
func (p *pipe) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

// LocalAddr implements [net.PacketConn].
func (p *pipe) LocalAddr() net.Addr { return pipeAddr{} }

// SetDeadline implements [net.PacketConn].
func (p *pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetReadDeadline implements [net.PacketConn].
func (p *pipe) SetReadDeadline(t time.Time) error {
	p.read.Set(t)
	return nil
}

// SetWriteDeadline implements [net.PacketConn]; writes do not wait.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// pipeAddr stands for both ends of a pipe.
type pipeAddr struct{}

// Network implements [net.Addr].
func (pipeAddr) Network() string { return "ice" }

// String implements [net.Addr].
func (pipeAddr) String() string { return "path" }
