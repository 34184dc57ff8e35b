package xmpp

import "time"

// SendState sends many stanzas to one addressee, as [Server.Send] would one after the other: what a room says at once to somebody who
// enters. A client's session takes them as one thing that its bounds do not count, since nobody can read so much at once, and whoever
// reads slowly gets it at their own pace; a second state that comes meanwhile counts like anything else. Others may send the same
// stanzas at the same time; their To is not looked at. Neither they nor the slice may change any more.
func (s *Server) SendState(to JID, all []*Stanza) {
	if len(all) == 0 {
		return
	}
	if sess, ok := s.router.find(to).(*session); ok && sess.deliverState(all) {
		return
	}
	for _, shared := range all {
		st := *shared
		st.To = to
		s.router.route(st)
	}
}

// deliverState queues a state, if there is none in the queue.
func (s *session) deliverState(all []*Stanza) bool {
	e := entry{st: Stanza{To: s.jid}, all: all}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return false
	case !s.sm.on:
		return s.cur.out.push(e, 0, false) == nil
	case s.sm.state:
		return false
	}
	s.sm.keepState(e)
	if s.cur != nil { // if its stream breaks just now, e is kept for the next one
		_ = s.cur.out.push(e, 0, true)
		_ = s.cur.out.push(entry{raw: ackRequest}, len(ackRequest), true)
		s.sm.asked, s.sm.unsure = time.Now(), 0
	}
	return true
}
