package muc

import "stammtisch/xmpp"

// isJoin says whether st asks to enter a room (XEP-0045 §7.2.2).
func isJoin(st xmpp.Stanza) bool {
	return st.Kind == xmpp.Presence && st.Type == "" && st.To.Resource() != "" && st.Find(xmpp.NSMUC, "x") != nil
}

func isLeave(st xmpp.Stanza) bool { return st.Kind == xmpp.Presence && st.Type == "unavailable" }

// mayCreate says what becomes of a stanza for a room that does not exist: nil for a join that may create it and for what is to
// be dropped without a word, else the error for its sender.
func (s *Service) mayCreate(st xmpp.Stanza) error {
	switch {
	case st.Type == "error", st.IsReply(), isLeave(st):
		return nil
	case !isJoin(st):
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ItemNotFound}
	case !s.allowedDomain(st.From):
		return errDomain
	case s.cfg.RestrictCreation && !s.isAdmin(st.From):
		// lib-jitsi-meet compares this text literally: it asks the focus to create the room and tries again.
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.NotAllowed, Text: "Room creation is restricted"}
	}
	return nil
}

var errDomain = &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "Users of your domain may not enter this room"}
