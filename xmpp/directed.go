package xmpp

import (
	"sync"
	"sync/atomic"
	"time"
)

// directed holds the addresses that an entity has sent its presence to, so that they see it leave (RFC 6121 §4.6).
type directed struct {
	max int
	any atomic.Bool // whether at has ever had an entry: spares most deliveries the lock

	mu sync.Mutex
	at map[JID]bool // guarded by mu; false where the last answer was an error, which need not mean that it is not there
}

// sent notes a presence that leaves the entity. It returns false where there are too many.
func (d *directed) sent(st Stanza) bool {
	if st.Kind != Presence || st.To.IsZero() {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch st.Type {
	case "":
		if _, known := d.at[st.To]; !known && len(d.at) >= d.max && !d.forgetRefusedLocked() {
			return false
		}
		if d.at == nil {
			d.at = make(map[JID]bool)
			d.any.Store(true)
		}
		d.at[st.To] = true
	case "unavailable":
		delete(d.at, st.To)
	}
	return true
}

func (d *directed) forgetRefusedLocked() bool {
	before := len(d.at)
	for j, there := range d.at {
		if !there {
			delete(d.at, j)
		}
	}
	return len(d.at) < before
}

// received notes that an address has sent the entity away, as a room does, or has refused it.
func (d *directed) received(st Stanza) {
	if st.Kind != Presence || st.Type == "" || !d.any.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch st.Type {
	case "unavailable":
		delete(d.at, st.From)
	case "error":
		if _, known := d.at[st.From]; known {
			d.at[st.From] = false
		}
	}
}

// leave empties d and returns what was in it.
func (d *directed) leave() []JID {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]JID, 0, len(d.at))
	for j := range d.at {
		all = append(all, j)
	}
	d.at = nil
	return all
}

// goodbye sends unavailable presence from an entity that has ended to everything in d. A full queue is tried again for a while: a
// lost goodbye would leave a ghost in a room.
func (s *Server) goodbye(from JID, d *directed) {
	for _, to := range d.leave() {
		st := Stanza{Kind: Presence, Type: "unavailable", From: from, To: to}
		for try := 0; s.router.deliver(st) == errQueueIsFull && try < 20; try++ {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-s.done:
				return
			}
		}
	}
}
