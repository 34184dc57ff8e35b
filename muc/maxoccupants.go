package muc

import (
	"strconv"

	"stammtisch/xmpp"
)

// maxOccupants bounds a room: by the service's limit, and below that by what its owners choose. Admins neither count nor are they
// kept out.
type maxOccupants struct {
	plain
	r   *room
	own int // the owners' choice, 0 for none
}

func (m *maxOccupants) limit() int {
	if service := m.r.svc.cfg.MaxOccupants; m.own == 0 || service > 0 && service < m.own {
		return service
	}
	return m.own
}

func (m *maxOccupants) beforeJoin(j *join) error {
	limit := m.limit()
	if limit == 0 || j.admin {
		return nil
	}
	n := 0
	for _, o := range m.r.occupants.list {
		if !o.admin && !(o.nick == j.nick && o.jid.Bare() == j.from.Bare()) {
			n++
		}
	}
	if n >= limit {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable, Text: "The room is full"}
	}
	return nil
}

func (m *maxOccupants) fields() []field {
	const name = "muc#roomconfig_maxusers"
	return []field{{
		place: 60, name: name, typ: "text-single", label: "Maximum number of occupants (0: no limit)", values: []string{strconv.Itoa(m.own)},
		check: func(_ xmpp.JID, values []string) (func(*submission), error) {
			n, ok := parseMaxUsers(values)
			switch {
			case !ok:
				return nil, badField(name)
			case n == m.own:
				return nil, nil
			}
			return func(s *submission) { m.own = n; s.changed(104) }, nil
		},
	}}
}

// parseMaxUsers reads the field; "none" and nothing at all are XEP-0045's words for no limit.
func parseMaxUsers(values []string) (int, bool) {
	if len(values) == 0 || len(values) == 1 && (values[0] == "" || values[0] == "none") {
		return 0, true
	}
	n, err := strconv.Atoi(values[0])
	return n, err == nil && n >= 0 && len(values) == 1
}

func (m *maxOccupants) info(i *roomInfo) {
	if limit := m.limit(); limit > 0 {
		i.fact(15, "muc#roominfo_maxusers", "Maximum number of occupants", strconv.Itoa(limit))
	}
}
