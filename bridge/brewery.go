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

func (s *Service) disco(node string) *xmpp.Element {
	query := xmpp.NewElement(xmpp.NSDiscoInfo, "query", "node", node).With(
		xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "client", "type", "bot", "name", "Stammtisch bridge"))
	for _, f := range features {
		query.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", f))
	}
	return query
}

// join enters the brewery.
func (s *Service) join(nick xmpp.JID) error {
	st := s.presence(nick)
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
		stats = append(stats, jingle.Stat{Name: n.name, Value: strconv.FormatInt(n.value, 10)})
	}
	return xmpp.NewStanza(xmpp.Presence, "", s.link.JID(), nick, stats.Element())
}
