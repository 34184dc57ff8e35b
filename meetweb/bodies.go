package meetweb

import (
	"errors"
	"net/http"
	"net/netip"
	"sync"
)

// What the bodies of requests may hold in memory while these are worked on, in bytes: of one address, and of all together. Clients send
// a few hundred bytes at a time.
const (
	bodiesPerAddress = 8 << 20
	bodiesOfAll      = 64 << 20
)

var errTooManyBodies = errors.New("too much is being uploaded")

// bodies counts what the bodies of requests hold.
type bodies struct {
	mu    sync.Mutex
	all   int                // guarded by mu
	byNet map[netip.Addr]int // guarded by mu
}

// add counts n bytes more, unless that is too much; a negative n gives them back.
func (b *bodies) add(network netip.Addr, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 && (b.all+n > bodiesOfAll || b.byNet[network]+n > bodiesPerAddress) {
		return false
	}
	if b.byNet == nil {
		b.byNet = map[netip.Addr]int{}
	}
	b.all += n
	if b.byNet[network] += n; b.byNet[network] <= 0 {
		delete(b.byNet, network)
	}
	return true
}

// networkOf is the requester's address, or for IPv6 the /64 that one customer has.
func networkOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil { // tests' recorders
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if p, err := addr.Prefix(64); addr.Is6() && err == nil {
		return p.Addr()
	}
	return addr.WithZone("")
}
