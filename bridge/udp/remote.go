package udp

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Flow receives what associated remote addresses send. Its methods are called on the socket's reading goroutine and must
// not wait; packets are borrowed until they return.
type Flow interface {
	// HandleDTLS takes one DTLS datagram.
	HandleDTLS(from *Remote, packet []byte)
	// HandleRTP takes one SRTP packet and may decrypt it in place. b is flushed when all that arrived together is handled.
	HandleRTP(b *Batch, from *Remote, packet []byte, arrival time.Time)
	// HandleRTCP takes one SRTCP packet and may decrypt it in place.
	HandleRTCP(b *Batch, from *Remote, packet []byte, arrival time.Time)
}

// Remote is an address on the other side as one of our sockets reaches it: what ICE calls a pair's ends. It belongs to
// one [Flow]. It is safe for concurrent use.
type Remote struct {
	// Set at construction, read-only afterwards.
	socket *Socket
	addr   netip.AddrPort
	flow   Flow
	hash   uint32
	raw    rawAddress

	heard  atomic.Int64 // when something last came from it, Unix nanoseconds
	single atomic.Bool  // segmentation offload failed once: send it datagram by datagram
}

// Socket returns the local side.
func (r *Remote) Socket() *Socket { return r.socket }

// Addr returns the remote address.
func (r *Remote) Addr() netip.AddrPort { return r.addr }

// Heard returns when DTLS, RTP or RTCP last came from the remote; zero if never.
func (r *Remote) Heard() time.Time {
	if n := r.heard.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

func (r *Remote) markHeard(t time.Time) {
	if n := t.UnixNano(); r.heard.Load() != n {
		r.heard.Store(n)
	}
}

// Send sends one datagram at once, or drops it if the kernel has no room. It is for what is rare, like handshakes; media
// goes through a [Batch].
func (r *Remote) Send(packet []byte) error { return r.socket.SendTo(r.addr, packet) }

// table maps remote addresses to who they belong to. Readers take a snapshot without a lock; it is replaced whole.
type table struct {
	mu   sync.Mutex // serialises writers
	snap atomic.Pointer[map[netip.AddrPort]*Remote]
}

func (t *table) lookup(addr netip.AddrPort) *Remote {
	if m := t.snap.Load(); m != nil {
		return (*m)[addr]
	}
	return nil
}

// update replaces the entry of r's address by r if the present one is old; with remove it deletes it instead.
func (t *table) update(old, r *Remote, remove bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.snap.Load()
	next := make(map[netip.AddrPort]*Remote, 1)
	if now != nil {
		if (*now)[r.addr] != old {
			return false
		}
		next = make(map[netip.AddrPort]*Remote, len(*now)+1)
		for k, v := range *now {
			next[k] = v
		}
	} else if old != nil {
		return false
	}
	if remove {
		delete(next, r.addr)
	} else {
		next[r.addr] = r
	}
	t.snap.Store(&next)
	return true
}

// Associate makes flow the receiver of what addr sends to this socket and returns its Remote. An address that belongs to
// another flow is taken from it only with takeOver, which is for addresses that have answered a check of ours: being
// asked by an address proves less than being answered by it. Without it, Associate returns nil for such an address.
func (s *Socket) Associate(addr netip.AddrPort, flow Flow, takeOver bool) *Remote {
	var fresh *Remote
	for {
		present := s.table.lookup(addr)
		if present != nil && present.flow == flow {
			return present
		}
		if present != nil && !takeOver {
			return nil
		}
		if fresh == nil {
			fresh = newRemote(s, addr, flow)
		}
		if s.table.update(present, fresh, false) {
			return fresh
		}
	}
}

// Dissociate forgets r: what its address sends is a stranger's again. It does nothing if r was taken over.
func (r *Remote) Dissociate() { r.socket.table.update(r, r, true) }
