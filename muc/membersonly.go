package muc

import "stammtisch/xmpp"

// membersOnly lets members, admins and owners in only (XEP-0045 §7.2.6).
type membersOnly struct {
	plain
	r *room
}

func (m *membersOnly) beforeJoin(j *join) error {
	if m.r.settings.membersOnly && m.r.affiliationOf(j.from) == affNone {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.RegistrationRequired, Text: "This room is for members only"}
	}
	return nil
}

func (m *membersOnly) fields() []field {
	return []field{
		boolField(50, "muc#roomconfig_membersonly", "Only allow members to join",
			"Enable this to only allow access for room owners, admins and members", m.r.settings.membersOnly, m.set),
	}
}

// set switches; occupants without affiliation have to go when it is switched on (XEP-0045 §10.2.1, status 322).
func (m *membersOnly) set(on bool, s *submission) {
	m.r.settings.membersOnly = on
	s.changed(104)
	if !on {
		return
	}
	for _, o := range m.r.occupants.list {
		if m.r.affiliationOf(o.jid) == affNone {
			m.r.remove(o, nil, change{codes: []int{322}})
		}
	}
}

func (m *membersOnly) info(i *roomInfo) {
	if m.r.settings.membersOnly {
		i.feature("muc_membersonly")
	} else {
		i.feature("muc_open")
	}
}
