package muc

import (
	"strconv"

	"stammtisch/xmpp"
)

// change says why an occupant's presence is announced; the zero value is a plain update.
type change struct {
	codes []int // status codes that all see
	self  []int // more that only the occupant sees
	// actor is who caused it, if anybody; reason is what they said.
	actor  xmpp.JID
	reason string
	// destroy is the element by which XEP-0045 §10.9 ends a room.
	destroy *xmpp.Element
}

// view is for whom a presence is written.
type view uint8

const (
	viewFull view = iota // sees real addresses
	viewAnon
	viewSelf
)

// viewFor says which view to has of somebody else.
func (r *room) viewFor(to *occupant) view {
	if r.whois == "anyone" || to.role == moderator {
		return viewFull
	}
	return viewAnon
}

// announce tells the room of o's presence, role and affiliation; o itself last (XEP-0045 §7.2.2).
func (r *room) announce(o *occupant, c change) {
	r.announceToOthers(o, c)
	r.announceToSelf(o, c)
}

// announceToOthers encodes what o says and is once for each view; per recipient only the address differs.
func (r *room) announceToOthers(o *occupant, c change) {
	var views [2]xmpp.Stanza
	for _, to := range r.occupants.list {
		if to == o {
			continue
		}
		v := r.viewFor(to)
		if views[v].Kind == 0 {
			views[v] = r.presenceOf(o, v, c)
		}
		r.sendTo(to, views[v])
	}
}

func (r *room) announceToSelf(o *occupant, c change) {
	r.sendTo(o, r.presenceOf(o, viewSelf, c))
}

// listTo tells to who is here, in the order in which they came. Their presence is encoded already as a rule.
func (r *room) listTo(to *occupant) {
	v := r.viewFor(to)
	all := make([]*xmpp.Stanza, 0, len(r.occupants.list))
	for _, o := range r.occupants.list {
		if o == to {
			continue
		}
		if o.listed[v] == nil {
			st := r.presenceOf(o, v, change{})
			o.listed[v] = &st
		}
		all = append(all, o.listed[v])
	}
	r.svc.deps.Router.SendState(to.jid, all)
}

// presenceOf writes o's presence for a view. What o said comes first and our x last, since Jitsi's clients take the first status
// element as the occupant's own.
func (r *room) presenceOf(o *occupant, v view, c change) xmpp.Stanza {
	st := o.said
	b := make([]byte, 0, len(st.Payload)+512)
	b = append(b, st.Payload...)
	for _, e := range r.extensions {
		for _, el := range e.presenceOut(o, v == viewSelf) {
			b = el.Append(b, xmpp.NSClient)
			if st.Child.Local == "" {
				st.Child = xmpp.Name{Space: el.Space, Local: el.Name}
			}
		}
	}
	st.Payload = r.userX(o, v, c).Append(b, xmpp.NSClient)
	if st.Child.Local == "" {
		st.Child = xmpp.Name{Space: xmpp.NSMUCUser, Local: "x"}
	}
	return st
}

// userX writes the x of namespace muc#user about o.
func (r *room) userX(o *occupant, v view, c change) *xmpp.Element {
	x := xmpp.NewElement(xmpp.NSMUCUser, "x")
	for _, code := range c.codes {
		x.With(status(code))
	}
	if v == viewSelf {
		for _, code := range c.self {
			x.With(status(code))
		}
	}
	item := xmpp.NewElement(xmpp.NSMUCUser, "item",
		"affiliation", r.affiliationOf(o.jid).String(), "role", o.role.String())
	if v != viewAnon {
		item.SetAttr("jid", o.jid.String())
	}
	if !c.actor.IsZero() {
		item.With(r.actor(c.actor, v))
	}
	if c.reason != "" {
		item.With(xmpp.NewElement(xmpp.NSMUCUser, "reason").WithText(c.reason))
	}
	x.With(c.destroy, item)
	if v == viewSelf {
		x.With(status(110))
	}
	return x
}

// actor writes who did it; the address only for those who see addresses, and never to the one it was done to.
func (r *room) actor(j xmpp.JID, v view) *xmpp.Element {
	el := xmpp.NewElement(xmpp.NSMUCUser, "actor")
	if v == viewFull {
		el.SetAttr("jid", j.String())
	}
	if o := r.occupants.byJID[j]; o != nil {
		el.SetAttr("nick", o.nick)
	}
	if len(el.Attrs) == 0 {
		return nil
	}
	return el
}

func status(code int) *xmpp.Element {
	return xmpp.NewElement(xmpp.NSMUCUser, "status", "code", strconv.Itoa(code))
}

// broadcast sends st to everybody here.
func (r *room) broadcast(st xmpp.Stanza) {
	for _, to := range r.occupants.list {
		r.sendTo(to, st)
	}
}

// sendTo hands st to the router. An occupant for whom it takes no more has missed something and goes when the work in hand is
// done.
func (r *room) sendTo(o *occupant, st xmpp.Stanza) {
	st.To = o.jid
	if err := r.svc.deps.Router.Send(st); err != nil && !o.lost {
		o.lost = true
		r.lost = append(r.lost, o)
		r.log.Debug("occupant lost", "occupant", o.nick, "err", err)
	}
}
