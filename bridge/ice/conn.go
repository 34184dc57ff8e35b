package ice

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"stammtisch/bridge/udp"
)

// connQueue is how many STUN messages wait for an agent, those among them that come before it is started. More are
// dropped: the peer repeats its checks.
const connQueue = 32

// conn is what an agent takes for the socket of one local candidate. It yields STUN only.
type conn struct {
	generation *generation
	socket     *udp.Socket
	queue      chan message
	done       chan struct{}
	close      sync.Once
}

type message struct {
	data []byte
	from netip.AddrPort
}

func newConn(g *generation, s *udp.Socket) *conn {
	return &conn{generation: g, socket: s, queue: make(chan message, connQueue), done: make(chan struct{})}
}

// deliver takes data over. It reports whether there was room.
func (c *conn) deliver(data []byte, from netip.AddrPort) bool {
	select {
	case c.queue <- message{data, from}:
		return true
	default:
		return false
	}
}

// ReadFromAddrPort implements the allocation-free variant that the agent looks for.
func (c *conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case m := <-c.queue:
		return copy(b, m.data), m.from, nil
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// WriteToAddrPort implements the allocation-free variant that the agent looks for.
func (c *conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if messageType(b) == bindingRequest {
		c.generation.mux.transactions.add(transactionOf(b), c, &c.generation.history)
	}
	if err := c.socket.SendTo(to, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ReadFrom implements [net.PacketConn].
func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo implements [net.PacketConn].
func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	return c.WriteToAddrPort(b, a.AddrPort())
}

// Close implements [net.PacketConn]; reads end with [net.ErrClosed].
func (c *conn) Close() error {
	c.close.Do(func() { close(c.done) })
	return nil
}

// LocalAddr implements [net.PacketConn].
func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.socket.Addr()) }

// The agent sets a deadline only to interrupt a read right before it closes the connection, which interrupts it too.

// SetDeadline implements [net.PacketConn] and does nothing.
func (c *conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn] and does nothing.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.PacketConn] and does nothing.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
