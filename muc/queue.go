package muc

import (
	"errors"
	"sync"

	"stammtisch/xmpp"
)

// errMeetingOver says that a queue takes nothing more because its meeting has ended; a new one may be opened.
var errMeetingOver = errors.New("meeting over")

// queue is the work that waits for one goroutine, bounded as Limits say. Ready has a token when something waits.
type queue struct {
	limits Limits
	ready  chan struct{}

	mu      sync.Mutex // guards the rest
	waiting []xmpp.Stanza
	head    int // index into waiting of the next one
	bytes   int
	senders map[senderKey]*share
	over    bool
}

// senderKey is a sender in one room: a leave of the one room says nothing about another.
type senderKey struct{ from, room xmpp.JID }

// share is what one sender has waiting.
type share struct {
	stanzas, bytes int
	leaving        bool // the last of them is a leave
}

func newQueue(l Limits) *queue {
	return &queue{limits: l, ready: make(chan struct{}, 1), senders: make(map[senderKey]*share)}
}

// put adds st or returns xmpp.ErrQueueFull or errMeetingOver. A leave is always taken; where the sender's last stanza here is a
// leave already, another one adds nothing, so this is bounded too.
func (q *queue) put(st xmpp.Stanza, admin bool) error {
	size := st.Size()
	key := senderKey{st.From, st.To.Bare()}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return errMeetingOver
	}
	leave := isLeave(st)
	sh := q.senders[key]
	if sh == nil {
		sh = &share{}
	}
	if !q.fits(sh, size, admin) {
		if !leave {
			return xmpp.ErrQueueFull
		}
		if sh.leaving {
			return nil
		}
	}
	q.senders[key] = sh
	sh.stanzas++
	sh.bytes += size
	sh.leaving = leave
	q.bytes += size
	q.waiting = append(q.waiting, st)
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return nil
}

func (q *queue) fits(sh *share, size int, admin bool) bool {
	l, n := q.limits, len(q.waiting)-q.head
	if admin {
		return n < 2*l.QueueStanzas && q.bytes+size <= 2*l.QueueBytes
	}
	return n < l.QueueStanzas && q.bytes+size <= l.QueueBytes && sh.stanzas < l.SenderStanzas && sh.bytes+size <= l.SenderBytes
}

// take returns the next stanza, if one waits.
func (q *queue) take() (xmpp.Stanza, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.waiting) {
		return xmpp.Stanza{}, false
	}
	st := q.waiting[q.head]
	q.waiting[q.head] = xmpp.Stanza{}
	q.head++
	if q.head == len(q.waiting) {
		q.waiting, q.head = q.waiting[:0], 0
	} else if q.head >= 1024 && q.head*2 >= len(q.waiting) {
		n := copy(q.waiting, q.waiting[q.head:])
		clear(q.waiting[n:])
		q.waiting, q.head = q.waiting[:n], 0
	}
	key, size := senderKey{st.From, st.To.Bare()}, st.Size()
	q.bytes -= size
	sh := q.senders[key]
	sh.stanzas--
	sh.bytes -= size
	if sh.stanzas == 0 {
		delete(q.senders, key)
	}
	return st, true
}

// closeIfEmpty ends the queue unless something waits.
func (q *queue) closeIfEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head != len(q.waiting) {
		return false
	}
	q.over = true
	return true
}

// close ends the queue; what waits is dropped.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over, q.waiting, q.head, q.bytes = true, nil, 0, 0
	clear(q.senders)
}
