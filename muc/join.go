package muc

import "stammtisch/xmpp"

// join is somebody's request to enter.
type join struct {
	from  xmpp.JID
	nick  string
	admin bool
	// x is the muc x of the request, with the password and what history is wanted.
	x *xmpp.Element
	// created is set for the first occupant of a new room.
	created bool
}

// create lets the first occupant in, or forgets the room again. Who creates a room owns it.
func (r *room) create(st xmpp.Stanza) error {
	if !r.svc.isAdmin(st.From) {
		r.affiliations[st.From.Bare()] = affOwner
	}
	r.svc.stats.created.Add(1)
	said, x, err := filterPresence(st)
	if err != nil {
		return err
	}
	return r.join(said, x, true)
}

// join lets somebody in or says why not. What the joiner gets, in this order (XEP-0045 §7.2.2): the others' presence, its own
// presence with status 110, history, the subject. The others get the joiner's presence.
func (r *room) join(said xmpp.Stanza, x *xmpp.Element, created bool) error {
	j := &join{from: said.From, nick: said.To.Resource(), admin: r.svc.isAdmin(said.From), x: x, created: created}
	if err := r.admit(j); err != nil {
		return err
	}
	o := &occupant{nick: j.nick, jid: j.from, at: said.To, admin: j.admin, role: r.roleFor(r.affiliationOf(j.from))}
	o.say(said)
	if old := r.occupants.byNick[j.nick]; old != nil {
		r.replace(old)
	}
	r.occupants.add(o)
	r.svc.stats.occupants.Add(1)
	r.welcome(o, j)
	return nil
}

// admit runs the checks. A nick belongs to the account that holds it.
func (r *room) admit(j *join) error {
	if !r.svc.allowedDomain(j.from) {
		return errDomain
	}
	for _, e := range r.extensions {
		if err := e.beforeJoin(j); err != nil {
			return err
		}
	}
	if holder := r.occupants.byNick[j.nick]; holder != nil && holder.jid.Bare() != j.from.Bare() {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.Conflict, Text: "This nickname is in use"}
	}
	return nil
}

// replace takes out an earlier session of the account that enters under the same nick. Such a session is nearly always one whose
// connection broke; the focus and the others have to see the old one go for the new one to be invited.
func (r *room) replace(old *occupant) {
	said := xmpp.NewStanza(xmpp.Presence, "unavailable", old.at, xmpp.JID{},
		xmpp.NewElement(xmpp.NSClient, "status").WithText("Replaced by a new connection"))
	r.remove(old, &said, change{})
}

func (r *room) welcome(o *occupant, j *join) {
	r.listTo(o)
	r.announceToOthers(o, change{})
	for _, e := range r.extensions {
		e.beforeSelf(o)
	}
	var codes []int
	if j.created {
		codes = append(codes, 201)
	}
	if r.whois == "anyone" {
		codes = append(codes, 100)
	}
	r.announceToSelf(o, change{self: codes})
	for _, e := range r.extensions {
		e.afterJoin(o)
	}
	r.history.sendTo(r, o, j.x)
	r.subject.sendTo(r, o)
	r.log.Debug("occupant joined", "occupant", o.nick, "role", o.role.String())
}
