package bridge

import (
	"stammtisch/jingle"
	"stammtisch/xmpp"
	"stammtisch/xmpp/contain"
)

// handle takes one stanza of the link. One that makes the bridge panic harms nobody but its sender.
func (s *Service) handle(st xmpp.Stanza, seat *seat) {
	ok := contain.Do(s.log, func() {
		switch {
		case st.IsRequest():
			s.request(st)
		case st.Kind == xmpp.Presence && st.From == seat.nick:
			s.seated(st, seat)
		}
	})
	if !ok {
		s.counters.panics.Add(1)
		s.refuse(st, errInternal())
	}
}

// request answers an IQ, or hands it to the conference that will.
func (s *Service) request(st xmpp.Stanza) {
	switch st.Child {
	case xmpp.Name{Space: jingle.NSColibri2, Local: "conference-modify"}:
		if st.From.Bare() != s.cfg.Brewery {
			s.refuse(st, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "only occupants of the brewery may use the bridge"})
			return
		}
		s.modify(st)
	case xmpp.Name{Space: jingle.NSHealthcheck, Local: "healthcheck"}, xmpp.Name{Space: xmpp.NSPing, Local: "ping"}:
		s.send(st.Result())
	case xmpp.Name{Space: xmpp.NSDiscoInfo, Local: "query"}:
		s.send(st.Result(s.disco(st.Find(xmpp.NSDiscoInfo, "query"))))
	case xmpp.Name{Space: xmpp.NSVersion, Local: "query"}:
		s.send(st.Result(xmpp.NewElement(xmpp.NSVersion, "query").With(
			xmpp.NewElement(xmpp.NSVersion, "name").WithText("Stammtisch bridge"),
			xmpp.NewElement(xmpp.NSVersion, "version").WithText(s.cfg.Version))))
	default:
		s.refuse(st, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable})
	}
}

// send hands st to the link; what cannot be sent because the link is broken is noticed by the receiver.
func (s *Service) send(st xmpp.Stanza) {
	if err := s.link.Send(st); err != nil {
		s.log.Warn("bridge cannot send", "kind", st.Kind, "err", err)
	}
}

func (s *Service) refuse(st xmpp.Stanza, err error) {
	if reply, ok := st.ErrorReply(err); ok {
		s.send(reply)
	}
}

func errInternal() error {
	return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.InternalServerError, Text: "the bridge failed"}
}
