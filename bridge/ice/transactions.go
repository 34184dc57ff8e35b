package ice

import "sync"

// maxTransactions is how many of a generation's checks may be unanswered; at one check per 50 ms and pair the oldest of
// them is long lost.
const maxTransactions = 256

// transactions remembers who sent which check, as a response names nobody else (RFC 8489 §6.3.3).
type transactions struct {
	mu    sync.Mutex
	owner map[transactionID]*conn
}

// history is the part of transactions that belongs to one generation, in order of sending; guarded by transactions.mu.
type history struct {
	ring [maxTransactions]transactionID
	next int
}

// add notes that c sends a check, and forgets h's oldest one.
func (t *transactions) add(id transactionID, c *conn, h *history) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.owner, h.ring[h.next])
	h.ring[h.next] = id
	h.next = (h.next + 1) % len(h.ring)
	t.owner[id] = c
}

// take returns who sent id, nil if nobody did or it was answered before.
func (t *transactions) take(id transactionID) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.owner[id]
	delete(t.owner, id)
	return c
}

// forget drops all of h.
func (t *transactions) forget(h *history) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range h.ring {
		delete(t.owner, id)
	}
	*h = history{}
}
