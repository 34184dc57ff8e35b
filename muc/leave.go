package muc

import (
	"strings"

	"stammtisch/xmpp"
)

// depart makes o somebody who is leaving; said is its last presence, or nil where it did not send one.
func (o *occupant) depart(said *xmpp.Stanza) {
	o.role, o.held = noRole, nil
	if said == nil {
		said = &xmpp.Stanza{Kind: xmpp.Presence, Type: "unavailable"}
	}
	o.say(*said)
}

// remove takes o out and tells the others, then o.
func (r *room) remove(o *occupant, said *xmpp.Stanza, c change) {
	o.depart(said)
	r.occupants.remove(o)
	r.announce(o, c)
	r.countOut(o)
	r.log.Debug("occupant left", "occupant", o.nick, "codes", c.codes)
}

// leave takes out an occupant that said so, or whose session ended.
func (r *room) leave(o *occupant, st xmpp.Stanza) {
	st, _, err := filter(st, serverOnly)
	if err != nil {
		r.remove(o, nil, change{})
		return
	}
	r.remove(o, &st, change{})
}

// unreachable takes out an occupant from whom a stanza of the room came back.
func (r *room) unreachable(o *occupant, st xmpp.Stanza) {
	e := xmpp.ParseError(st)
	text := strings.ReplaceAll(string(e.Condition), "-", " ")
	if e.Text != "" {
		text += ": " + e.Text
	}
	r.removeUnreachable(o, text)
}

func (r *room) removeUnreachable(o *occupant, text string) {
	said := xmpp.NewStanza(xmpp.Presence, "unavailable", o.at, xmpp.JID{},
		xmpp.NewElement(xmpp.NSClient, "status").WithText("Kicked: "+text))
	r.remove(o, &said, change{codes: []int{333}})
}

// meansGone says whether an error that came back for a message says that its sender cannot be reached any more.
func meansGone(st xmpp.Stanza) bool {
	switch xmpp.ParseError(st).Condition {
	case xmpp.Gone, xmpp.InternalServerError, xmpp.ItemNotFound, xmpp.JIDMalformed, xmpp.RecipientUnavailable, "redirect",
		xmpp.RemoteServerNotFound, xmpp.RemoteServerTimeout, xmpp.ServiceUnavailable:
		return true
	}
	return false
}
