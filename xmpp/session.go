package xmpp

import (
	"sync"
	"time"
)

// session is a client that has bound a full address. A stream carries it; with stream management it outlives the stream for a
// while (smacks.go) until another one takes it over.
type session struct {
	// Set at construction, read-only afterwards.
	srv       *Server
	host      *host
	jid       JID
	anonymous bool
	remote    ClientAddr // that it was bound from
	at        directed

	mu    sync.Mutex
	cur   *stream     // guarded by mu; nil while hibernating
	by    PasswordID  // guarded by mu; that the client has logged in with
	ended bool        // guarded by mu
	sm    ackState    // guarded by mu
	timer *time.Timer // guarded by mu; ends the hibernation
}

func newSession(c *stream, jid JID) *session {
	s := &session{srv: c.srv, host: c.host, jid: jid, anonymous: c.anonymous, remote: c.remote, cur: c, by: c.password}
	s.at.max = c.srv.cfg.Limits.Presences
	if !c.anonymous {
		s.at.max *= 100
	}
	return s
}

func (s *session) address() JID { return s.jid }

// Deliver implements Entity. A full queue ends the session: what it would miss cannot be made up for.
func (s *session) Deliver(st Stanza) error {
	s.at.received(st)
	s.mu.Lock()
	err := s.queueLocked(st)
	s.mu.Unlock()
	if err == ErrQueueFull {
		s.srv.spawn(func() {
			s.kick(&StreamError{Condition: "resource-constraint", Text: "the client does not read what is sent to it"}, "queue full")
		})
	}
	return err
}

func (s *session) queueLocked(st Stanza) error {
	if s.ended {
		return ErrClosed
	}
	if !s.sm.on {
		return s.cur.out.push(entry{st: st}, st.Size(), false)
	}
	if !s.sm.keep(st, s.srv.cfg.Limits) {
		return ErrQueueFull
	}
	if s.cur == nil {
		return nil
	}
	switch err := s.cur.out.push(entry{st: st}, st.Size(), false); err {
	case nil:
		if s.sm.askNow() {
			_ = s.cur.out.push(entry{raw: ackRequest}, len(ackRequest), true)
		}
		return nil
	case ErrClosed: // the stream breaks just now; st is kept for the next one
		return nil
	default:
		return err
	}
}

// fromClient routes a stanza of the client, which arrived on c. bad, if not nil, is what is wrong with its addresses.
func (s *session) fromClient(c *stream, st Stanza, bad *Error) error {
	if !s.countReceived(c) {
		return errReplaced
	}
	st.From = s.jid // whatever the client says (RFC 6120 §8.1.2.1)
	if st.To.IsZero() && bad == nil && st.Kind != Presence {
		st.To = s.jid.Bare()
	}
	err := st.Validate()
	if bad != nil {
		err = bad
	}
	if err == nil && !s.mayReach(st.To) {
		err = errNoSuchSession
	}
	if err == nil && !s.at.sent(st) {
		err = &Error{Type: Wait, Condition: PolicyViolation, Text: "present at too many addresses"}
	}
	switch {
	case err != nil:
		s.srv.router.bounce(st, err)
	case !st.To.IsZero():
		s.srv.router.route(st)
	case st.Type == "unavailable": // for all that the client is present at (RFC 6121 §4.6)
		for _, st.To = range s.at.leave() {
			s.srv.router.route(st)
		}
	default: // for contacts, which there are none of
	}
	return nil
}

// kick ends the session and its stream, from whatever goroutine.
func (s *session) kick(err *StreamError, reason string) {
	s.mu.Lock()
	c := s.cur
	s.mu.Unlock()
	s.end(reason, false)
	if c != nil {
		c.kill(err, reason)
	}
}

// detach is told that c has ended. A session that can be resumed waits for another stream; every other one ends.
func (s *session) detach(c *stream, reason string, broken bool) {
	s.mu.Lock()
	if s.cur != c || s.ended {
		s.mu.Unlock()
		return
	}
	if broken && s.sm.token != "" && !s.srv.isClosing() {
		s.cur = nil
		s.srv.count.hibernating.Add(1)
		s.timer = time.AfterFunc(s.host.cfg.Hibernation, func() { s.end("not resumed", true) })
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.end(reason, false)
}

// end ends the session: its address is free, and everybody that it was present at sees it leave. With expired it does so only if no
// stream has come, and the senders of what the client has not acknowledged are told.
func (s *session) end(reason string, expired bool) {
	s.mu.Lock()
	if s.ended || expired && s.cur != nil {
		s.mu.Unlock()
		return
	}
	s.ended = true
	hibernating := s.cur == nil
	tail, token := s.sm.unacked(), s.sm.token
	s.sm = ackState{}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	if token != "" {
		s.srv.resumable.delete(token)
	}
	s.srv.router.unbind(s)
	s.countOut()
	s.srv.count.sessions.Add(-1)
	if hibernating {
		s.srv.count.hibernating.Add(-1)
		s.srv.count.ended.add(reason)
	}
	s.srv.goodbye(s.jid, &s.at)
	if !expired {
		return
	}
	for _, e := range tail {
		st := e.st
		if st.IsRequest() || st.Kind == Message && st.Type != "groupchat" {
			s.srv.router.bounce(st, &Error{Type: Wait, Condition: RecipientUnavailable})
		}
	}
}
