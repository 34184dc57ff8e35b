package xmpp

import (
	"context"
	"fmt"
)

// localLink is a session of an entity in this process.
type localLink struct {
	srv *Server
	jid JID
	at  directed
	in  *inbox
}

// NewLink binds an entity of this process to a full address of a local host, which no account is needed for. To everybody else it
// is a session like any other. It fails if the address is taken.
func (s *Server) NewLink(jid JID) (Link, error) {
	if _, local := s.hosts[jid.domain]; !local || jid.local == "" || jid.resource == "" {
		return nil, fmt.Errorf("link %s: not a full address of a local host", jid)
	}
	l := &localLink{srv: s, jid: jid, in: newInbox(s.cfg.Limits.LinkStanzas)}
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

// Send implements Sender. The entity is trusted, but for its from: that is its own.
func (l *localLink) Send(st Stanza) error {
	select {
	case <-l.in.done:
		return ErrClosed
	default:
	}
	st.From = l.jid
	if st.To.IsZero() {
		if st.Kind == Presence {
			return nil // for contacts, which there are none of
		}
		st.To = l.jid.Bare()
	}
	l.at.sent(st)
	l.srv.router.route(st)
	return nil
}

// Deliver implements Entity.
func (l *localLink) Deliver(st Stanza) error {
	l.at.received(st)
	return l.in.put(st)
}

// Receive implements Link.
func (l *localLink) Receive(ctx context.Context) (Stanza, error) { return l.in.take(ctx) }

// Close implements Link.
func (l *localLink) Close() error {
	if l.in.end(true) {
		l.srv.router.unbind(l)
		l.srv.count.links.Add(-1)
		l.srv.goodbye(l.jid, &l.at)
	}
	return nil
}
