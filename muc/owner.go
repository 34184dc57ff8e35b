package muc

import (
	"slices"

	"stammtisch/xmpp"
)

const (
	formRoomConfig = "http://jabber.org/protocol/muc#roomconfig"
	formRoomInfo   = "http://jabber.org/protocol/muc#roominfo"
)

func (r *room) mustOwn(j xmpp.JID) error {
	if r.affiliationOf(j) != affOwner {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "Only owners can configure rooms"}
	}
	return nil
}

// configFields returns the fields of the configuration form, in order.
func (r *room) configFields() []field {
	fields := r.coreFields()
	for _, e := range r.extensions {
		fields = append(fields, e.fields()...)
	}
	slices.SortStableFunc(fields, func(a, b field) int { return a.place - b.place })
	return fields
}

// ownerGet returns the configuration form (XEP-0045 §10.2).
func (r *room) ownerGet(st xmpp.Stanza) (*xmpp.Element, error) {
	if err := r.mustOwn(st.From); err != nil {
		return nil, err
	}
	form := newForm("form", formRoomConfig, r.configFields())
	form.Children = append([]*xmpp.Element{
		xmpp.NewElement(xmpp.NSDataForm, "title").WithText("Configuration for " + r.jid.String()),
		xmpp.NewElement(xmpp.NSDataForm, "instructions").WithText("Complete and submit this form to configure the room."),
	}, form.Children...)
	return xmpp.NewElement(xmpp.NSMUCOwner, "query").With(form), nil
}

// ownerSet takes a configuration form or ends the room.
func (r *room) ownerSet(st xmpp.Stanza) (*xmpp.Element, error) {
	if err := r.mustOwn(st.From); err != nil {
		return nil, err
	}
	query := st.Find(xmpp.NSMUCOwner, "query")
	if d := query.Child(xmpp.NSMUCOwner, "destroy"); d != nil {
		return nil, r.destroy(d)
	}
	form := query.Child(xmpp.NSDataForm, "x")
	switch form.Attr("type") {
	case "submit":
		return nil, r.configure(st, form)
	case "cancel":
		return nil, nil
	}
	return nil, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "Not a submitted form"}
}

// configBytes is about what a change of the configuration comes to for each occupant: stock clients look the configuration up again.
const configBytes = 4 << 10

// configure applies a submitted form: a field that is not in it keeps its value, one that the room does not know is passed over,
// and one impossible value refuses the whole form. Its sender has its answer before the room hears of the change.
func (r *room) configure(st xmpp.Stanza, form *xmpp.Element) error {
	formType, values := formValues(form)
	if len(form.Children) > 0 && formType != formRoomConfig {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "Form is not of type room configuration"}
	}
	var todo []func(*submission)
	for _, f := range r.configFields() {
		vs, there := values[f.name]
		if !there || f.check == nil {
			continue
		}
		apply, err := f.check(st.From, vs)
		if err != nil {
			return err
		}
		if apply != nil {
			todo = append(todo, apply)
		}
	}
	if len(todo) > 0 {
		if err := r.mayChange(st.From, configBytes); err != nil {
			return err
		}
	}
	var s submission
	for _, apply := range todo {
		apply(&s)
	}
	slices.Sort(s.codes)
	r.later = append(r.later, func() { r.announceConfig(slices.Compact(s.codes)) })
	return nil
}

// announceConfig tells everybody that the configuration changed, so that they look it up again (XEP-0045 §10.2.1).
func (r *room) announceConfig(codes []int) {
	if len(codes) == 0 {
		return
	}
	x := xmpp.NewElement(xmpp.NSMUCUser, "x")
	for _, code := range codes {
		x.With(status(code))
	}
	r.broadcast(xmpp.NewStanza(xmpp.Message, "groupchat", r.jid, xmpp.JID{}, x))
}

// destroy ends the room (XEP-0045 §10.9); whoever is in it is told why and where to go instead.
func (r *room) destroy(request *xmpp.Element) error {
	d := xmpp.NewElement(xmpp.NSMUCUser, "destroy")
	if text := request.Attr("jid"); text != "" {
		venue, err := xmpp.ParseJID(text)
		if err != nil {
			return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Err: err}
		}
		d.SetAttr("jid", venue.String())
	}
	for _, name := range []string{"reason", "password"} {
		if c := request.Child(xmpp.NSMUCOwner, name); c != nil {
			d.With(xmpp.NewElement(xmpp.NSMUCUser, name).WithText(c.Text))
		}
	}
	clear(r.affiliations)
	r.empty(change{destroy: d})
	return nil
}
