package xmpp

// clientProxy stands between clients and the sessions of one account: Jitsi's clients send their conference requests to
// focus.DOMAIN, and the focus sees them come from focus.DOMAIN/<the client's full address>. It relays IQs only, as the
// client_proxy module of Jitsi's Prosody does, so that a stock jicofo and our focus can stand behind it alike.
type clientProxy struct {
	srv    *Server
	self   JID // domain only
	target JID // bare
}

// ClientProxy makes domain relay IQ requests to the newest session of target, which may be an in-process link or a stream.
func (s *Server) ClientProxy(domain string, target JID) error {
	self, err := NewJID("", domain, "")
	if err != nil {
		return err
	}
	return s.Component(domain, &clientProxy{s, self, target.Bare()})
}

// Deliver implements Entity.
func (p *clientProxy) Deliver(st Stanza) error {
	if st.From.Bare() == p.target && st.To.resource != "" {
		return p.toClient(st)
	}
	switch {
	case st.Kind == Message:
		return &Error{Type: Cancel, Condition: FeatureNotImplemented}
	case st.Kind == Presence:
		return &Error{Type: Modify, Condition: BadRequest}
	case st.To != p.self:
		return &Error{Type: Cancel, Condition: ServiceUnavailable}
	case !st.IsRequest():
		return nil
	case st.Child == Name{NSDiscoInfo, "query"}:
		return p.srv.answer(st, discoInfo(st, []Identity{{"component", "generic", "focus"}}, []string{NSDiscoInfo}))
	}
	return p.toTarget(st)
}

func (p *clientProxy) toTarget(st Stanza) error {
	all := p.srv.router.sessionsOf(p.target)
	if len(all) == 0 {
		return errNoSuchSession
	}
	newest := all[len(all)-1]
	if l, ok := newest.(*localLink); ok && l.in.busy() {
		return ErrQueueFull // what rooms tell the focus goes before new requests: nobody asks twice there
	}
	st.From = JID{domain: p.self.domain, resource: st.From.String()}
	st.To = newest.address()
	return newest.Deliver(st)
}

func (p *clientProxy) toClient(st Stanza) error {
	client, err := ParseJID(st.To.resource)
	if err != nil || client.domain == p.self.domain {
		return &Error{Type: Modify, Condition: JIDMalformed, Err: err}
	}
	st.From, st.To = p.self, client
	return p.srv.router.deliver(st)
}
