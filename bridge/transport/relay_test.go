package transport

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"stammtisch/bridge/udp"
)

// relay stands between a client and the port, as a NAT does: the port sees the relay's outer address, which can change.
type relay struct {
	inner  *net.UDPConn // where the client sends to
	target *net.UDPAddr
	cut    atomic.Bool // drop everything

	mu     sync.Mutex
	outer  *net.UDPConn // guarded by mu
	client *net.UDPAddr // guarded by mu
	wg     sync.WaitGroup
}

func newRelay(t testing.TB, s *udp.Socket) *relay {
	t.Helper()
	r := &relay{inner: listen(t), target: net.UDPAddrFromAddrPort(s.Addr())}
	r.rebind(t)
	r.wg.Go(r.inward)
	t.Cleanup(func() {
		_ = r.inner.Close()
		r.mu.Lock()
		_ = r.outer.Close()
		r.mu.Unlock()
		r.wg.Wait()
	})
	return r
}

func listen(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	return c
}

// rebind gives the client another address, and takes the old one away.
func (r *relay) rebind(t testing.TB) {
	t.Helper()
	next := listen(t)
	r.mu.Lock()
	old := r.outer
	r.outer = next
	r.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
	r.wg.Go(func() { r.outward(next) })
}

// inward carries what the client sends.
func (r *relay) inward() {
	buf := make([]byte, 2000)
	for {
		n, from, err := r.inner.ReadFromUDP(buf)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.client = from
		outer := r.outer
		r.mu.Unlock()
		if !r.cut.Load() {
			_, _ = outer.WriteToUDP(buf[:n], r.target)
		}
	}
}

// outward carries what the port answers.
func (r *relay) outward(outer *net.UDPConn) {
	buf := make([]byte, 2000)
	for {
		n, _, err := outer.ReadFromUDP(buf)
		if err != nil {
			return
		}
		r.mu.Lock()
		client := r.client
		r.mu.Unlock()
		if client != nil && !r.cut.Load() {
			_, _ = r.inner.WriteToUDP(buf[:n], client)
		}
	}
}

// describe points d's candidates at the relay.
func (r *relay) describe(d Description) Description {
	d.Candidates = d.Candidates[:1]
	d.Candidates[0].Port = r.inner.LocalAddr().(*net.UDPAddr).Port
	return d
}
