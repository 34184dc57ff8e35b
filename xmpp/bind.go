package xmpp

import (
	"crypto/rand"
	"encoding/base64"
)

// bind gives the stream a resource, and with it a session (RFC 6120 §7). A session that has the address already is replaced.
func (c *stream) bind(st Stanza) error {
	jid, err := c.fullAddress(st.Find(NSBind, "bind").ChildText(NSBind, "resource"))
	if err != nil || st.ID == "" {
		return c.bindFailed(st, &Error{Type: Modify, Condition: BadRequest, Err: err})
	}
	s := newSession(c, jid)
	if !s.countIn() { // RFC 6120 §7.6.2.1
		return c.bindFailed(st, &Error{Type: Wait, Condition: ResourceConstraint, Text: "too many sessions of one address"})
	}
	result := Stanza{Kind: IQ, Type: "result", ID: st.ID}.WithPayload(
		NewElement(NSBind, "bind").With(NewElement(NSBind, "jid").WithText(jid.String())))
	taken, err := c.register(s, result)
	for ; taken != nil; taken, err = c.register(s, result) {
		old, ok := taken.(*session)
		if !ok {
			s.countOut()
			return c.bindFailed(st, &Error{Type: Cancel, Condition: Conflict})
		}
		old.kick(&StreamError{Condition: "conflict", Text: "replaced by a new connection"}, "replaced")
	}
	c.srv.count.sessions.Add(1)
	c.carry(s)
	if err != nil {
		return err
	}
	if err := c.checkPassword(); err != nil {
		return err
	}
	c.log.Debug("bound")
	return nil
}

// register gives the session its address, or returns who has it. What is sent to the address from now on comes after the answer.
func (c *stream) register(s *session, answer Stanza) (taken resident, err error) {
	s.mu.Lock() // Deliver waits
	defer s.mu.Unlock()
	if taken = c.srv.router.bind(s); taken != nil {
		return taken, nil
	}
	return nil, c.send(answer.Append(nil))
}

// countIn counts the session of its network, or returns false where there are too many.
func (s *session) countIn() bool {
	return s.uncounted() || s.srv.bound.add(s.remote, s.srv.cfg.Limits.SessionsPerAddress)
}

func (s *session) countOut() {
	if !s.uncounted() {
		s.srv.bound.remove(s.remote)
	}
}

// uncounted says whether the session is a component's or comes from this machine, where a proxy may stand for everybody.
func (s *session) uncounted() bool {
	return s.host.cfg.Components || s.remote.addr.Unmap().IsLoopback()
}

func (c *stream) bindFailed(st Stanza, err *Error) error {
	reply, _ := Stanza{Kind: IQ, Type: "set", ID: st.ID}.ErrorReply(err)
	return c.send(reply.Append(nil))
}

// fullAddress gives the user the resource that it asks for, or a random one.
func (c *stream) fullAddress(resource string) (JID, error) {
	if resource == "" {
		var b [9]byte
		rand.Read(b[:])
		resource = base64.RawURLEncoding.EncodeToString(b[:])
	}
	return c.user.WithResource(resource)
}
