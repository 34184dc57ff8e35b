package muc

import (
	"strconv"

	"stammtisch/xmpp"
)

// settings are what a room's owners decide, as far as no extension keeps it.
type settings struct {
	name, description string
	membersOnly       bool
	anyoneSetsSubject bool
}

// maxHistory bounds what a form may ask a room to keep.
const maxHistory = 100

// coreFields are the fields of the configuration form that are no extension's.
func (r *room) coreFields() []field {
	s := &r.settings
	return []field{
		textField(10, "muc#roomconfig_roomname", "text-single", "Title", s.name,
			func(v string, sub *submission) { s.name = v; sub.changed(104) }),
		textField(20, "muc#roomconfig_roomdesc", "text-single", "Description", s.description,
			func(v string, sub *submission) { s.description = v; sub.changed(104) }),
		boolField(70, "muc#roomconfig_changesubject", "Allow anyone to set the room's subject",
			"Choose whether anyone, or only moderators, may set the room's subject", s.anyoneSetsSubject,
			func(v bool, sub *submission) { s.anyoneSetsSubject = v; sub.changed(104) }),
		r.whoisField(),
		numberField(90, "muc#roomconfig_historylength", "Maximum number of history messages returned by room", r.history.keep,
			func(n int) { r.history.keep = n; r.history.show = min(r.history.show, n); r.history.trim() }),
		numberField(100, "muc#roomconfig_defaulthistorymessages", "Default number of history messages returned by room", r.history.show,
			func(n int) { r.history.show = min(n, r.history.keep) }),
	}
}

// whoisField decides who sees real addresses. Jitsi's clients need to see them all.
func (r *room) whoisField() field {
	const name = "muc#roomconfig_whois"
	return field{
		place: 80, name: name, typ: "list-single", label: "Addresses (JIDs) of room occupants may be viewed by:",
		options: []string{"moderators", "anyone"}, values: []string{r.whois},
		check: func(_ xmpp.JID, values []string) (func(*submission), error) {
			if len(values) != 1 || values[0] != "anyone" && values[0] != "moderators" {
				return nil, badField(name)
			}
			if values[0] == r.whois {
				return nil, nil
			}
			code := map[string]int{"anyone": 172, "moderators": 173}[values[0]]
			return func(s *submission) { r.whois = values[0]; s.changed(code, 104) }, nil
		},
	}
}

// numberField is a field for a count of history messages.
func numberField(place int, name, label string, now int, set func(int)) field {
	return field{
		place: place, name: name, typ: "text-single", label: label, values: []string{strconv.Itoa(now)},
		check: func(_ xmpp.JID, values []string) (func(*submission), error) {
			if len(values) != 1 {
				return nil, badField(name)
			}
			n, err := strconv.Atoi(values[0])
			if err != nil || n < 0 || n > maxHistory {
				return nil, badField(name)
			}
			if n == now {
				return nil, nil
			}
			return func(s *submission) { set(n); s.changed(104) }, nil
		},
	}
}
