package xmpp

import (
	"context"
	"sync"
)

// inbox is the bounded queue of what a link has received.
type inbox struct {
	max  int
	wake chan struct{} // has a token when queue may have become non-empty
	room chan struct{} // has a token when it may have become less full
	done chan struct{} // closed by end

	mu    sync.Mutex
	queue []Stanza // guarded by mu
	ended bool     // guarded by mu
}

func newInbox(max int) *inbox {
	return &inbox{max: max, wake: make(chan struct{}, 1), room: make(chan struct{}, 1), done: make(chan struct{})}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put queues st. It fails with ErrQueueFull or ErrClosed.
func (b *inbox) put(st Stanza) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		return ErrClosed
	case len(b.queue) >= b.max:
		return ErrQueueFull
	}
	b.queue = append(b.queue, st)
	signal(b.wake)
	return nil
}

// busy says whether the queue is half full.
func (b *inbox) busy() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) >= b.max/2
}

// putWait is put that waits for room.
func (b *inbox) putWait(st Stanza) error {
	for {
		if err := b.put(st); err != ErrQueueFull {
			return err
		}
		select {
		case <-b.room:
		case <-b.done:
		}
	}
}

// take waits for the next stanza.
func (b *inbox) take(ctx context.Context) (Stanza, error) {
	for {
		if st, ok := b.tryTake(); ok {
			return st, nil
		}
		select {
		case <-b.wake:
		case <-b.done:
			if st, ok := b.tryTake(); ok { // what came before the end
				return st, nil
			}
			return Stanza{}, ErrClosed
		case <-ctx.Done():
			return Stanza{}, ctx.Err()
		}
	}
}

func (b *inbox) tryTake() (Stanza, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return Stanza{}, false
	}
	st := b.queue[0]
	b.queue[0] = Stanza{}
	if b.queue = b.queue[1:]; len(b.queue) == 0 {
		b.queue = nil
	} else {
		signal(b.wake) // for another take that may wait
	}
	signal(b.room)
	return st, true
}

// end closes the inbox, once. It returns false if it was closed.
func (b *inbox) end(drop bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if drop {
		b.queue = nil
	}
	if b.ended {
		return false
	}
	b.ended = true
	close(b.done)
	return true
}
