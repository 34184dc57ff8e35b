package muc

import (
	"slices"
	"strings"

	"stammtisch/xmpp"
)

// nickRule refuses nicks that cannot be endpoint ids: other than letters, digits and, not first, underscores. Where nicks are
// free, only those that cannot be seen are refused.
type nickRule struct {
	plain
	r *room
}

func (n nickRule) beforeJoin(j *join) error {
	if strings.TrimSpace(j.nick) == "" {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAllowed, Text: "Invisible Nicknames are forbidden"}
	}
	if n.r.svc.cfg.StrictNicks && !j.admin && !plainNick(j.nick) {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.NotAllowed, Text: "A nickname consists of letters, digits and underscores"}
	}
	if !j.admin && slices.Contains(n.r.svc.cfg.ReservedNicks, strings.ToLower(j.nick)) {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.Conflict, Text: "This nickname is the service's own"}
	}
	return nil
}

func plainNick(nick string) bool {
	for i := range len(nick) {
		switch c := nick[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_' && i > 0:
		default:
			return false
		}
	}
	return true
}
