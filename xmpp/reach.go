package xmpp

// mayReach says whether the client may send to that address. All that a conference needs goes through components: rooms hide nobody's
// address, and whoever could write to it directly would pass by the rooms' limits and could fill somebody's queue until that session
// ends.
func (s *session) mayReach(to JID) bool {
	if to.local == "" || to.Bare() == s.jid.Bare() || s.host.cfg.Components {
		return true
	}
	h := s.srv.hosts[to.domain]
	return h == nil || !h.cfg.Closed || h == s.host && h.cfg.Auth == AuthAccounts
}
