package muc

import (
	"stammtisch/xmpp"
)

// invitation works off a message to the room that is not for everybody: mediated invitations and their refusal (XEP-0045 §7.8.2).
func (r *room) invitation(o *occupant, st xmpp.Stanza) error {
	x := st.Find(xmpp.NSMUCUser, "x")
	if x == nil {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.ServiceUnavailable}
	}
	if d := x.Child(xmpp.NSMUCUser, "decline"); d != nil {
		return r.decline(o, st, d)
	}
	var todo []func()
	for invite := range x.All(xmpp.NSMUCUser, "invite") {
		do, err := r.invite(o, st, invite)
		if err != nil {
			return err
		}
		todo = append(todo, do)
	}
	if len(todo) == 0 {
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.BadRequest}
	}
	for _, do := range todo {
		do()
	}
	return nil
}

// invite checks one invitation and returns what sends it. An invitation to a members-only room makes a member, so that only admins
// may send it there.
func (r *room) invite(o *occupant, st xmpp.Stanza, invite *xmpp.Element) (func(), error) {
	to, err := xmpp.ParseJID(invite.Attr("to"))
	if err != nil {
		return nil, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Err: err}
	}
	by := r.affiliationOf(st.From)
	if by < affAdmin && (o == nil || o.role <= visitor || r.settings.membersOnly) {
		return nil, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden}
	}
	if o == nil {
		err = r.mayChange(st.From, st.Size())
	} else if ok, _ := r.allow(o, &o.private, r.svc.cfg.Limits.Private, st); !ok {
		err = errTooFast
	}
	if err != nil {
		return nil, err
	}
	if r.settings.membersOnly && r.affiliationOf(to) == affNone {
		if err := r.mayAffiliate(st.From, to.Bare(), affMember); err != nil {
			return nil, err
		}
	}
	return func() {
		if r.settings.membersOnly && r.affiliationOf(to) == affNone {
			r.affiliate(st.From, to.Bare(), affMember, "")
		}
		r.pass(st, to, "invite", invite.ChildText(xmpp.NSMUCUser, "reason"))
	}, nil
}

// decline passes the refusal of an invitation on. Who was invited is mostly not in the room; all of them together share one rate.
func (r *room) decline(o *occupant, st xmpp.Stanza, decline *xmpp.Element) error {
	if o != nil {
		if ok, _ := r.allow(o, &o.private, r.svc.cfg.Limits.Private, st); !ok {
			return errTooFast
		}
	} else if ok, _ := r.declines.take(r.svc.cfg.Limits.Decline, r.svc.deps.Now()); !ok {
		return errTooFast
	}
	to, err := xmpp.ParseJID(decline.Attr("to"))
	if err != nil {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Err: err}
	}
	inviter := r.occupants.byJID[to]
	if inviter == nil {
		inviter = r.occupants.ofAccount(to)
	}
	if to.Bare() == r.jid {
		inviter = r.occupants.byNick[to.Resource()]
	}
	if inviter == nil {
		return errNobody // else anybody could have the room write to anybody
	}
	r.pass(st, inviter.jid, "decline", decline.ChildText(xmpp.NSMUCUser, "reason"))
	return nil
}

// pass sends an invitation or its refusal on in the room's name.
func (r *room) pass(st xmpp.Stanza, to xmpp.JID, what, reason string) {
	el := xmpp.NewElement(xmpp.NSMUCUser, what, "from", st.From.String())
	if reason != "" {
		el.With(xmpp.NewElement(xmpp.NSMUCUser, "reason").WithText(reason))
	}
	out := xmpp.NewStanza(xmpp.Message, "", r.jid, to, xmpp.NewElement(xmpp.NSMUCUser, "x").With(el))
	r.svc.send(out.WithID(st.ID))
}
