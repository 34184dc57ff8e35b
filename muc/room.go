package muc

import (
	"log/slog"

	"stammtisch/xmpp"
)

// room is one room of a meeting; only the meeting's goroutine touches it.
type room struct {
	svc     *Service
	meeting *meeting
	jid     xmpp.JID
	log     *slog.Logger

	occupants    occupants
	affiliations map[xmpp.JID]affiliation // by bare address or domain; none is left out
	extensions   []extension
	settings     settings
	history      history
	subject      subject
	whois        string // "anyone" or "moderators": who sees real addresses
	declines     bucket
	changes      bucket // what owners and moderators change

	lost  []*occupant // whom the router took nothing more for
	later []func()    // what is to follow the answer to the request in hand
	ended bool
}

// newRoom enters a room without occupants into its meeting.
func newRoom(m *meeting, addr xmpp.JID) *room {
	r := &room{
		svc: m.svc, meeting: m, jid: addr, log: m.svc.deps.Log.With("room", addr.Local()),
		occupants: newOccupants(), affiliations: make(map[xmpp.JID]affiliation), whois: "anyone",
	}
	r.history.keep, r.history.show = m.svc.cfg.HistoryLength, m.svc.cfg.HistoryLength
	for _, attach := range extensionTable {
		r.extensions = append(r.extensions, attach(r))
	}
	m.rooms[addr] = r
	m.svc.stats.rooms.Add(1)
	return r
}

// handle works off one stanza for the room or somebody in it.
func (r *room) handle(st xmpp.Stanza) {
	var err error
	switch st.Kind {
	case xmpp.Presence:
		err = r.presence(st)
	case xmpp.Message:
		err = r.message(st)
	case xmpp.IQ:
		err = r.iq(st)
	}
	if err != nil {
		r.svc.refuse(st, err)
	}
}

// settle removes those who were lost while a stanza was worked off, and ends the room when nobody is left.
func (r *room) settle() {
	for len(r.lost) > 0 {
		o := r.lost[0]
		r.lost = r.lost[1:]
		if r.occupants.byJID[o.jid] == o {
			r.svc.stats.lost.Add(1)
			r.removeUnreachable(o, "queue full")
		}
	}
	if len(r.occupants.list) == 0 {
		r.end()
	}
}

// end forgets the room. It is called when nobody is in it any more.
func (r *room) end() {
	if r.ended {
		return
	}
	r.ended = true
	for _, e := range r.extensions {
		e.end()
	}
	delete(r.meeting.rooms, r.jid)
	r.svc.stats.rooms.Add(-1)
}

// empty takes everybody out at once; each is told of themselves only, as the room they leave is no more.
func (r *room) empty(c change) {
	gone := r.occupants.list
	r.occupants = newOccupants()
	for _, o := range gone {
		o.depart(nil)
		r.announceToSelf(o, c)
		r.countOut(o)
	}
	r.lost = nil
}

// shutdown tells everybody that the service ends (status 332, XEP-0045 §15.6.2).
func (r *room) shutdown() {
	r.empty(change{codes: []int{332}})
	r.end()
}

func (r *room) countOut(o *occupant) {
	r.svc.stats.occupants.Add(-1)
	for _, e := range r.extensions {
		e.left(o)
	}
}

// affiliationOf returns the lasting standing of j. The service's admins own every room.
func (r *room) affiliationOf(j xmpp.JID) affiliation {
	if r.svc.isAdmin(j) {
		return affOwner
	}
	if a, ok := r.affiliations[j.Bare()]; ok {
		return a
	}
	if r.affiliations[j.DomainJID()] == affOutcast {
		return affOutcast
	}
	return affNone
}

// roleFor returns the role that comes with an affiliation.
func (r *room) roleFor(a affiliation) role {
	switch {
	case a >= affAdmin:
		return moderator
	case a == affOutcast, a == affNone && r.settings.membersOnly:
		return noRole
	}
	return participant
}
