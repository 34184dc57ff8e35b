package muc

import (
	"stammtisch/xmpp"
)

// message works off a message to the room or to somebody in it.
func (r *room) message(st xmpp.Stanza) error {
	o := r.occupants.byJID[st.From]
	switch {
	case st.Type == "error":
		return r.messageError(o, st)
	case o == nil && (st.Type == "groupchat" || !st.To.IsBare()):
		return errNotHere(xmpp.NotAcceptable)
	case !st.To.IsBare():
		return r.privateMessage(o, st)
	case st.Type == "groupchat":
		return r.groupchat(o, st)
	case st.Type == "" || st.Type == "normal":
		return r.invitation(o, st)
	}
	return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable}
}

// messageError works off a message that came back from o. One too many is dropped, as errors are not answered.
func (r *room) messageError(o *occupant, st xmpp.Stanza) error {
	if o == nil {
		return nil
	}
	if meansGone(st) {
		r.unreachable(o, st)
		return nil
	}
	to := r.occupants.byNick[st.To.Resource()]
	if to == nil {
		return nil
	}
	if ok, _ := r.allow(o, &o.private, r.svc.cfg.Limits.Private, st); !ok {
		return nil
	}
	out, _, err := r.accept(o, st, serverOnly)
	if err == nil {
		r.sendTo(to, out)
	}
	return err
}

// forgedInMessage is what clients may not put into messages: also a display name, which is the presence's to say, and a delay in
// the room's name.
func (r *room) forgedInMessage(el *xmpp.Element) bool {
	switch {
	case serverOnly(el):
		return true
	case el.Name == "nick" && seemsIn(el, xmpp.NSNick):
		return true
	case el.Name == "delay" && seemsIn(el, xmpp.NSDelay), el.Name == "x" && seemsIn(el, "jabber:x:delay"):
		return el.Attr("from") == r.jid.String()
	}
	return false
}

// accept checks a message and returns it as it goes out, from its sender's nick and with more children.
func (r *room) accept(o *occupant, st xmpp.Stanza, forged func(*xmpp.Element) bool, more ...*xmpp.Element) (xmpp.Stanza, []*xmpp.Element, error) {
	st, els, err := filter(st, forged)
	if err != nil {
		return st, nil, err
	}
	if len(more) > 0 {
		st = appendPayload(st, more...)
	}
	for _, e := range r.extensions {
		if err := e.messageIn(o, &st, els); err != nil {
			return st, nil, err
		}
	}
	st.From = o.at
	return st, els, nil
}

// groupchat reflects a message to everybody, its sender among them (XEP-0045 §7.4).
func (r *room) groupchat(o *occupant, st xmpp.Stanza) error {
	if o.role <= visitor {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "You do not currently have permission to speak in this chat"}
	}
	if ok, _ := r.allow(o, &o.groupchat, r.svc.cfg.Limits.Groupchat, st); !ok {
		return errTooFast
	}
	out, els, err := r.accept(o, st, r.forgedInMessage)
	if err != nil {
		return err
	}
	if out.ID == "" {
		out.ID = r.svc.uuid()
	}
	if text, ok := subjectChange(els); ok {
		return r.setSubject(o, out, text)
	}
	r.broadcast(out)
	if worthKeeping(els) {
		r.history.add(r.keepsake(out))
	}
	return nil
}

// privateMessage passes a message on to one occupant (XEP-0045 §7.5), marked as coming through the room.
func (r *room) privateMessage(o *occupant, st xmpp.Stanza) error {
	if st.Type == "groupchat" {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "A message to one occupant is not of type groupchat"}
	}
	to := r.occupants.byNick[st.To.Resource()]
	if to == nil {
		return errNobody
	}
	if ok, _ := r.allow(o, &o.private, r.svc.cfg.Limits.Private, st); !ok {
		return errTooFast
	}
	out, _, err := r.accept(o, st, serverOnly, xmpp.NewElement(xmpp.NSMUCUser, "x"))
	if err != nil {
		return err
	}
	r.sendTo(to, out)
	return nil
}

var errNobody = &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ItemNotFound, Text: "Recipient not in room"}

// appendPayload returns st with more children; the bytes that st shares with others are not written to.
func appendPayload(st xmpp.Stanza, els ...*xmpp.Element) xmpp.Stanza {
	b := append(make([]byte, 0, len(st.Payload)+128), st.Payload...)
	for _, el := range els {
		b = el.Append(b, xmpp.NSClient)
	}
	if st.Child.Local == "" && len(els) > 0 {
		st.Child = xmpp.Name{Space: els[0].Space, Local: els[0].Name}
	}
	st.Payload = b
	return st
}
