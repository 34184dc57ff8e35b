package muc

import (
	"stammtisch/xmpp"
)

var (
	errNotAllowed    = &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.NotAllowed}
	errNotAcceptable = &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable}
)

// mayAffiliate says whether actor may give account the affiliation to (XEP-0045 §5.2.1).
func (r *room) mayAffiliate(actor, account xmpp.JID, to affiliation) error {
	was := r.affiliations[account]
	if r.svc.isAdmin(account) {
		return errNotAllowed // the service's admins own every room
	}
	switch by := r.affiliationOf(actor); {
	case by == affOwner:
		if actor.Bare() == account && to < was && r.lastOwner(account) {
			return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.Conflict, Text: "The last owner cannot step down"}
		}
	case by < affAdmin, to >= affAdmin, was >= affAdmin:
		return errNotAllowed
	}
	if _, known := r.affiliations[account]; !known && to != affNone && len(r.affiliations) >= r.svc.cfg.Limits.Affiliations {
		return &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.ResourceConstraint, Text: "The room's lists are full"}
	}
	return nil
}

func (r *room) lastOwner(account xmpp.JID) bool {
	for j, a := range r.affiliations {
		if a == affOwner && j != account {
			return false
		}
	}
	return true
}

// note enters an affiliation into the room's lists and tells nobody.
func (r *room) note(account xmpp.JID, to affiliation) {
	if to == affNone {
		delete(r.affiliations, account)
	} else {
		r.affiliations[account] = to
	}
	for _, o := range r.occupants.list {
		if covers(account, o.jid) {
			o.stale()
		}
	}
}

// covers says whether an entry for account is about j: the same account, or one of the domain.
func covers(account, j xmpp.JID) bool {
	return account == j.Bare() || account.Local() == "" && account.Domain() == j.Domain()
}

// affiliate changes an affiliation that actor may change, with the role that comes with it, and tells the room.
func (r *room) affiliate(actor, account xmpp.JID, to affiliation, reason string) {
	was := r.affiliations[account]
	r.note(account, to)
	if !r.announceAffiliation(account, was, to, change{actor: actor, reason: reason}) {
		r.announceAbsent(account, to, reason)
	}
}

// announceAffiliation gives everybody whom the affiliation of account concerns the role that comes with it and tells the room. It
// returns false if nobody here is concerned.
func (r *room) announceAffiliation(account xmpp.JID, was, to affiliation, c change) (present bool) {
	for _, o := range r.occupants.list {
		if account != o.jid.Bare() && !(covers(account, o.jid) && to == affOutcast && !o.admin) {
			continue
		}
		present = true
		c, now := c, r.roleFor(r.affiliationOf(o.jid))
		switch {
		case now == noRole && to == affOutcast:
			c.codes = []int{301}
			r.remove(o, nil, c)
		case now == noRole:
			c.codes = []int{321}
			r.remove(o, nil, c)
		default:
			if to < was || now > o.role {
				r.setRole(o, now)
			}
			r.announce(o, c)
		}
	}
	return present
}

// announceAbsent tells the room of the affiliation of somebody who is not in it (XEP-0045 §9.3).
func (r *room) announceAbsent(account xmpp.JID, to affiliation, reason string) {
	item := xmpp.NewElement(xmpp.NSMUCUser, "item", "affiliation", to.String(), "jid", account.String())
	if reason != "" {
		item.With(xmpp.NewElement(xmpp.NSMUCUser, "reason").WithText(reason))
	}
	st := xmpp.NewStanza(xmpp.Message, "", r.jid, xmpp.JID{}, xmpp.NewElement(xmpp.NSMUCUser, "x").With(item))
	for _, o := range r.occupants.list {
		if r.viewFor(o) == viewFull {
			r.sendTo(o, st)
		}
	}
}

// mayGiveRole says whether actor may give o the role to (XEP-0045 §5.1.1).
func (r *room) mayGiveRole(actor xmpp.JID, o *occupant, to role) error {
	by, of := r.affiliationOf(actor), r.affiliationOf(o.jid)
	a := r.occupants.byJID[actor]
	switch {
	case a == nil || a.role != moderator, by < of, o.admin && !a.admin:
		return errNotAllowed
	case (o.role == moderator || to == moderator) && by < affAdmin:
		return errNotAllowed
	}
	return nil
}

// giveRole changes a role that actor may change. Role none is a kick.
func (r *room) giveRole(actor xmpp.JID, o *occupant, to role, reason string) {
	c := change{actor: actor, reason: reason}
	if to == noRole {
		r.kick(o, c)
		return
	}
	r.setRole(o, to)
	r.announce(o, c)
}

// kick takes o out. Whoever was kicked is no member any more, or a members-only room would let them in again at once; that concerns
// other sessions of the account too.
func (r *room) kick(o *occupant, c change) {
	account := o.jid.Bare()
	was := r.affiliations[account]
	if !o.admin {
		r.note(account, affNone)
	}
	kicked := c
	kicked.codes = []int{307}
	r.remove(o, nil, kicked)
	if was != affNone && !o.admin {
		r.announceAffiliation(account, was, affNone, c)
	}
}

// setRole changes o's role without a word. In a room that shows addresses to moderators only, the others' become visible or not.
func (r *room) setRole(o *occupant, to role) {
	seen := r.viewFor(o)
	o.role = to
	o.stale()
	if r.viewFor(o) != seen {
		r.listTo(o)
	}
}
