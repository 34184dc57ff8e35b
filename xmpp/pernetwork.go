package xmpp

import (
	"net/netip"
	"sync"
)

// perNetwork counts what the clients of each network have: streams that have not authenticated yet, and sessions.
type perNetwork struct {
	mu sync.Mutex
	n  map[netip.Addr]int // guarded by mu
}

// add counts one more, or returns false where max are counted.
func (p *perNetwork) add(a ClientAddr, max int) bool {
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

func (p *perNetwork) remove(a ClientAddr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[a.network()] <= 1 {
		delete(p.n, a.network())
		return
	}
	p.n[a.network()]--
}
