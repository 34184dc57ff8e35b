package muc

import (
	"stammtisch/xmpp"
)

// iqKey names a request to a room.
type iqKey struct {
	typ   string
	child xmpp.Name
}

// roomRequests are the requests that a room answers.
var roomRequests = map[iqKey]func(*room, xmpp.Stanza) (*xmpp.Element, error){
	{"get", xmpp.Name{Space: xmpp.NSDiscoInfo, Local: "query"}}:  (*room).discoInfo,
	{"get", xmpp.Name{Space: xmpp.NSDiscoItems, Local: "query"}}: (*room).discoItems,
	{"get", xmpp.Name{Space: xmpp.NSMUCAdmin, Local: "query"}}:   (*room).adminGet,
	{"set", xmpp.Name{Space: xmpp.NSMUCAdmin, Local: "query"}}:   (*room).adminSet,
	{"get", xmpp.Name{Space: xmpp.NSMUCOwner, Local: "query"}}:   (*room).ownerGet,
	{"set", xmpp.Name{Space: xmpp.NSMUCOwner, Local: "query"}}:   (*room).ownerSet,
	{"get", xmpp.Name{Space: xmpp.NSPing, Local: "ping"}}:        (*room).ping,
}

// iq works off a request to the room, or an IQ between two occupants.
func (r *room) iq(st xmpp.Stanza) error {
	switch {
	case !st.To.IsBare() && st.IsRequest():
		return r.privateRequest(st)
	case !st.To.IsBare():
		r.privateReply(st)
		return nil
	case !st.IsRequest():
		return nil
	}
	answer := roomRequests[iqKey{st.Type, st.Child}]
	if answer == nil {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable}
	}
	payload, err := answer(r, st)
	if err != nil {
		return err
	}
	if payload == nil {
		r.svc.send(st.Result())
	} else {
		r.svc.send(st.Result(payload))
	}
	for _, do := range r.later {
		do()
	}
	r.later = nil
	return nil
}

func (r *room) ping(xmpp.Stanza) (*xmpp.Element, error) { return nil, nil }

// privateRequest passes a request on to an occupant, from its sender's nick. The id stays: the two sides match by id and address.
func (r *room) privateRequest(st xmpp.Stanza) error {
	from := r.occupants.byJID[st.From]
	if from == nil {
		return errNotHere(xmpp.NotAcceptable)
	}
	to := r.occupants.byNick[st.To.Resource()]
	if to == nil {
		return errNobody
	}
	if to == from && st.Type == "get" && st.Child == (xmpp.Name{Space: xmpp.NSPing, Local: "ping"}) {
		r.svc.send(st.Result()) // XEP-0410: asks whether it is still in the room, which the room knows best.
		return nil
	}
	if ok, _ := r.allow(from, &from.private, r.svc.cfg.Limits.Private, st); !ok {
		return errTooFast
	}
	st.From = from.at
	switch st.Child.Space {
	case "vcard-temp", "http://jabber.org/protocol/pubsub", "urn:ietf:params:xml:ns:vcard-4.0":
		st.To = to.jid.Bare() // what an account's server answers, not its client
		r.svc.send(st)
	default:
		r.sendTo(to, st)
	}
	return nil
}

// privateReply passes an answer back to the occupant that asked. Whoever left meanwhile gets none.
func (r *room) privateReply(st xmpp.Stanza) {
	from := r.occupants.byJID[st.From]
	if from == nil && st.From.IsBare() {
		from = r.occupants.ofAccount(st.From)
	}
	to := r.occupants.byNick[st.To.Resource()]
	if from == nil || to == nil {
		return
	}
	if ok, _ := r.allow(from, &from.private, r.svc.cfg.Limits.Private, st); !ok {
		return
	}
	st.From = from.at
	r.sendTo(to, st)
}
