package muc

import (
	"crypto/subtle"

	"stammtisch/xmpp"
)

// password locks a room (XEP-0045 §7.2.5). Admins need none.
type password struct {
	plain
	r      *room
	secret string // "" for an open room
}

func (p *password) beforeJoin(j *join) error {
	if p.secret == "" || j.admin {
		return nil
	}
	given := j.x.ChildText(xmpp.NSMUC, "password")
	if subtle.ConstantTimeCompare([]byte(given), []byte(p.secret)) != 1 {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.NotAuthorized, Text: "A password is required"}
	}
	return nil
}

// fields has the password, and beside it XEP-0045's flag, which only says whether there is one: clients send it along with and
// without the password.
func (p *password) fields() []field {
	return []field{
		{place: 40, name: "muc#roomconfig_passwordprotectedroom", typ: "boolean", label: "Password required to enter",
			values: []string{formBool(p.secret != "")}},
		textField(41, "muc#roomconfig_roomsecret", "text-private", "Password", p.secret,
			func(v string, s *submission) { p.secret = v; s.changed(104) }),
	}
}

func (p *password) info(i *roomInfo) {
	if p.secret != "" {
		i.feature("muc_passwordprotected")
	} else {
		i.feature("muc_unsecured")
	}
}
