package bridge

import (
	"strconv"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// features are what the bridge answers to disco#info (XEP-0030), as a stock focus expects them of a bridge.
var features = [...]string{
	xmpp.NSDiscoInfo, jingle.NSHealthcheck, jingle.NSDTLS, jingle.NSICE, xmpp.NSVersion, xmpp.NSPing,
}

func (s *Service) disco(asked *xmpp.Element) *xmpp.Element {
	query := xmpp.NewElement(xmpp.NSDiscoInfo, "query", "node", asked.Attr("node")).With(
		xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "client", "type", "bot", "name", "Stammtisch bridge"))
	for _, f := range features {
		query.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", f))
	}
	return query
}

// seat is the bridge's place in the brewery. Owned by Run.
type seat struct {
	nick  xmpp.JID
	taken bool // the room has let us in
	tried bool // to get in, since the last announcement
}

// seated takes presence that the brewery sends in our name. Whoever wants bridges makes the room anew when it has ended; who throws
// the bridge out again and again sees it at the pace of its announcements.
func (s *Service) seated(st xmpp.Stanza, seat *seat) {
	switch st.Type {
	case "":
		seat.taken = true
	case "error":
		s.log.Error("bridge cannot join the brewery", "err", xmpp.ParseError(st))
		seat.taken = false
	case "unavailable":
		s.log.Warn("bridge left the brewery", "again", !seat.tried)
		seat.taken = false
		if !seat.tried {
			seat.tried = true
			s.rejoin(seat)
		}
	}
}

// announce publishes the bridge's state in the brewery, or tries to get back in.
func (s *Service) announce(seat *seat) {
	seat.tried = false
	if seat.taken {
		s.send(s.presence(seat.nick))
	} else {
		s.rejoin(seat)
	}
}

func (s *Service) rejoin(seat *seat) {
	if err := s.join(seat); err != nil {
		s.log.Error("bridge cannot join the brewery", "err", err)
	}
}

// join asks to enter the brewery.
func (s *Service) join(seat *seat) error {
	st := s.presence(seat.nick)
	els, err := st.Elements()
	if err != nil {
		return err
	}
	return s.link.Send(st.WithPayload(append(els, xmpp.NewElement(xmpp.NSMUC, "x"))...))
}

// presence is the bridge's advertisement: whether it can be used, and how loaded it is (docs/protocol: brewery presence as JVB's).
func (s *Service) presence(nick xmpp.JID) xmpp.Stanza {
	now := s.Stats()
	stats := jingle.Stats{
		{Name: "version", Value: s.cfg.Version},
		{Name: "healthy", Value: "true"},
		{Name: "drain", Value: "false"},
		{Name: "graceful_shutdown", Value: "false"},
		{Name: "shutting_down", Value: "false"},
		{Name: "stress_level", Value: strconv.FormatFloat(now.stress(), 'f', 3, 64)},
		{Name: "average_participant_stress", Value: strconv.FormatFloat(participantStress, 'f', 3, 64)},
		{Name: "colibri2", Value: "true"},
		{Name: "current_timestamp", Value: time.Now().UTC().Format("2006-01-02 15:04:05.000")},
	}
	if s.cfg.Region != "" {
		stats = append(stats, jingle.Stat{Name: "region", Value: s.cfg.Region})
	}
	for _, n := range now.numbers() {
		stats = append(stats, jingle.Stat{Name: n.name, Value: strconv.FormatFloat(n.value, 'f', -1, 64)})
	}
	return xmpp.NewStanza(xmpp.Presence, "", s.link.JID(), nick, stats.Element())
}
