package xmpp

import (
	"context"
	"fmt"
	"sync"
)

// localLink is a session of an entity in this process.
type localLink struct {
	srv *Server
	jid JID
	max int
	at  directed

	wake chan struct{} // has a token when queue may have become non-empty
	done chan struct{} // closed by Close

	mu    sync.Mutex
	queue []Stanza // guarded by mu
	ended bool     // guarded by mu
}

// NewLink binds an entity of this process to a full address of a local host, which no account is needed for. To everybody else it
// is a session like any other. It fails if the address is taken.
func (s *Server) NewLink(jid JID) (Link, error) {
	if _, local := s.hosts[jid.domain]; !local || jid.local == "" || jid.resource == "" {
		return nil, fmt.Errorf("link %s: not a full address of a local host", jid)
	}
	l := &localLink{srv: s, jid: jid, max: s.cfg.Limits.LinkStanzas, wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.at.max = 1 << 30
	if taken := s.router.bind(l); taken != nil {
		return nil, fmt.Errorf("link %s: the address is taken", jid)
	}
	s.count.links.Add(1)
	return l, nil
}

// JID implements Link.
func (l *localLink) JID() JID { return l.jid }

func (l *localLink) address() JID { return l.jid }

// Send implements Sender.
func (l *localLink) Send(st Stanza) error {
	select {
	case <-l.done:
		return ErrClosed
	default:
	}
	if st.From.IsZero() {
		st.From = l.jid
	}
	if st.To.IsZero() {
		st.To = l.jid.Bare()
	}
	l.at.sent(st)
	l.srv.router.route(st)
	return nil
}

// Deliver implements Entity.
func (l *localLink) Deliver(st Stanza) error {
	l.at.received(st)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return ErrClosed
	case len(l.queue) >= l.max:
		return ErrQueueFull
	}
	l.queue = append(l.queue, st)
	if len(l.queue) == 1 {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// Receive implements Link.
func (l *localLink) Receive(ctx context.Context) (Stanza, error) {
	for {
		if st, ok, err := l.take(); ok || err != nil {
			return st, err
		}
		select {
		case <-l.wake:
		case <-l.done:
			return Stanza{}, ErrClosed
		case <-ctx.Done():
			return Stanza{}, ctx.Err()
		}
	}
}

func (l *localLink) take() (st Stanza, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return Stanza{}, false, ErrClosed
	case len(l.queue) == 0:
		return Stanza{}, false, nil
	}
	st = l.queue[0]
	l.queue[0] = Stanza{}
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		l.queue = nil
	} else {
		select { // for another Receive that may wait
		case l.wake <- struct{}{}:
		default:
		}
	}
	return st, true, nil
}

// Close implements Link.
func (l *localLink) Close() error {
	l.mu.Lock()
	ended := l.ended
	l.ended, l.queue = true, nil
	l.mu.Unlock()
	if ended {
		return nil
	}
	close(l.done)
	l.srv.router.unbind(l)
	l.srv.count.links.Add(-1)
	l.srv.goodbye(l.jid, &l.at)
	return nil
}
