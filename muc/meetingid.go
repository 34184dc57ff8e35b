package muc

import "stammtisch/xmpp"

// meetingID names the meeting for statistics and for the bridge: jicofo reads it from the configuration form, clients from
// disco#info. Only the service's admins may change it.
type meetingID struct {
	plain
	r  *room
	id string
}

const fieldMeetingID = "muc#roominfo_meetingId"

func (m *meetingID) fields() []field {
	f := textField(42, fieldMeetingID, "text-single", "The meeting unique id.", m.id, func(v string, _ *submission) { m.id = v })
	check := f.check
	f.check = func(actor xmpp.JID, values []string) (func(*submission), error) {
		if !m.r.svc.isAdmin(actor) || len(values) != 1 || values[0] == "" {
			return nil, nil
		}
		return check(actor, values)
	}
	return []field{f}
}

func (m *meetingID) info(i *roomInfo) { i.fact(50, fieldMeetingID, "The meeting unique id.", m.id) }
