package muc

import (
	"slices"
	"strconv"

	"stammtisch/xmpp"
)

// roomInfo is what disco#info says of a room.
type roomInfo struct {
	features []string
	fields   []field
}

func (i *roomInfo) feature(name string) { i.features = append(i.features, name) }

func (i *roomInfo) fact(place int, name, label, v string) {
	i.fields = append(i.fields, field{place: place, name: name, typ: "text-single", label: label, values: []string{v}})
}

// discoInfo describes the room (XEP-0045 §6.4), in a hidden service to those who are in it only.
func (r *room) discoInfo(st xmpp.Stanza) (*xmpp.Element, error) {
	if r.svc.cfg.Hidden && r.occupants.byJID[st.From] == nil && !r.svc.isAdmin(st.From) {
		return nil, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden}
	}
	if node := st.Find(xmpp.NSDiscoInfo, "query").Attr("node"); node != "" {
		return nil, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ItemNotFound}
	}
	info := &roomInfo{features: []string{
		xmpp.NSMUC, xmpp.NSMUC + "#stable_id", xmpp.NSMUC + "#self-ping-optimization", xmpp.NSDiscoInfo,
		"muc_hidden", "muc_temporary", "muc_unmoderated", map[string]string{"anyone": "muc_nonanonymous", "moderators": "muc_semianonymous"}[r.whois],
	}}
	info.fact(10, "muc#roominfo_occupants", "Number of occupants", strconv.Itoa(len(r.occupants.list)))
	info.fact(20, "muc#roominfo_description", "Description", r.settings.description)
	info.fact(30, "muc#roomconfig_roomname", "Title", r.settings.name)
	info.fact(40, "muc#roominfo_subjectmod", "Whether anyone may set the subject", formBool(r.settings.anyoneSetsSubject))
	for _, e := range r.extensions {
		e.info(info)
	}
	slices.SortStableFunc(info.fields, func(a, b field) int { return a.place - b.place })
	query := xmpp.NewElement(xmpp.NSDiscoInfo, "query").With(
		xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "conference", "type", "text", "name", r.settings.name))
	for _, f := range info.features {
		query.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", f))
	}
	return query.With(newForm("result", formRoomInfo, info.fields)), nil
}

// discoItems lists nobody: who is in a room is for its occupants to see.
func (r *room) discoItems(xmpp.Stanza) (*xmpp.Element, error) {
	return xmpp.NewElement(xmpp.NSDiscoItems, "query"), nil
}

// handle works off a stanza to the service itself.
func (s *Service) handle(st xmpp.Stanza) {
	if !st.IsRequest() {
		if st.Kind == xmpp.Message {
			s.refuse(st, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable})
		}
		return
	}
	switch (iqKey{st.Type, st.Child}) {
	case iqKey{"get", xmpp.Name{Space: xmpp.NSDiscoInfo, Local: "query"}}:
		s.send(st.Result(s.describe()))
	case iqKey{"get", xmpp.Name{Space: xmpp.NSDiscoItems, Local: "query"}}:
		s.send(st.Result(xmpp.NewElement(xmpp.NSDiscoItems, "query")))
	case iqKey{"get", xmpp.Name{Space: xmpp.NSPing, Local: "ping"}}:
		s.send(st.Result())
	default:
		s.refuse(st, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable})
	}
}

func (s *Service) describe() *xmpp.Element {
	query := xmpp.NewElement(xmpp.NSDiscoInfo, "query").With(
		xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "conference", "type", "text", "name", s.cfg.Name))
	for _, f := range []string{xmpp.NSMUC, xmpp.NSDiscoInfo, xmpp.NSDiscoItems, xmpp.NSPing, nsOccupantID} {
		query.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", f))
	}
	return query
}
