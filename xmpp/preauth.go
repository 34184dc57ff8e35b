package xmpp

import (
	"net/netip"
	"sync"
)

// preAuth counts the streams that have not authenticated yet by their network.
type preAuth struct {
	mu sync.Mutex
	n  map[netip.Addr]int // guarded by mu
}

// add counts a stream, or returns false where max are counted.
func (p *preAuth) add(a ClientAddr, max int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == nil {
		p.n = make(map[netip.Addr]int)
	}
	if p.n[a.network()] >= max {
		return false
	}
	p.n[a.network()]++
	return true
}

func (p *preAuth) remove(a ClientAddr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[a.network()]--; p.n[a.network()] <= 0 {
		delete(p.n, a.network())
	}
}
