package muc

import "stammtisch/xmpp"

// bans keeps outcasts out (XEP-0045 §7.2.7).
type bans struct {
	plain
	r *room
}

func (b bans) beforeJoin(j *join) error {
	if b.r.affiliationOf(j.from) == affOutcast {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "You are banned from this room"}
	}
	return nil
}
