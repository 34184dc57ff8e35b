package muc

import "stammtisch/xmpp"

// extension is one aspect of a room that the others need not know: its own file, its own state, and the points at which it hooks
// in. A new one embeds plain, overrides what it needs and is entered in extensionTable. All methods run on the meeting's goroutine.
type extension interface {
	// beforeJoin may refuse somebody with an error for them, or change j.
	beforeJoin(j *join) error
	// beforeSelf runs when the room knows of o and o knows the others, before o's own presence tells it that it is in.
	beforeSelf(o *occupant)
	// afterJoin runs when o has got everything that a join brings.
	afterJoin(o *occupant)
	// presenceOut returns what is added to o's presence, behind what o said; own is set in o's own copy.
	presenceOut(o *occupant, own bool) []*xmpp.Element
	// messageIn may refuse a message with an error for its sender, or change its payload.
	messageIn(o *occupant, msg *xmpp.Stanza, els []*xmpp.Element) error
	// fields are the extension's part of the configuration form (XEP-0045 §10.2), by place in the form.
	fields() []field
	// info adds to what disco#info says of the room.
	info(i *roomInfo)
	// left runs when o is gone and the others know.
	left(o *occupant)
	// end runs when the room is gone.
	end()
}

// extensionTable lists the extensions. Their order is that of the checks before a join, which is Prosody's: nick, room's limit,
// members only, ban, password, with our rate before the password, so that guesses count; what they add to presence and forms comes in
// the same order.
var extensionTable = []func(r *room) extension{
	func(r *room) extension { return nickRule{r: r} },
	func(r *room) extension { return &maxOccupants{r: r} },
	func(r *room) extension { return &membersOnly{r: r} },
	func(r *room) extension { return bans{r: r} },
	func(r *room) extension { return &joinRate{r: r, accounts: make(map[xmpp.JID]*bucket)} },
	func(r *room) extension { return &password{r: r} },
	func(r *room) extension { return &occupantID{r: r, salt: []byte(r.svc.uuid())} },
	func(r *room) extension { return permissions{r: r} },
	func(r *room) extension { return &meetingID{r: r, id: r.svc.uuid()} },
	func(r *room) extension { return &created{r: r} },
}

// plain is an extension that does nothing, to be embedded.
type plain struct{}

func (plain) beforeJoin(*join) error                                   { return nil }
func (plain) beforeSelf(*occupant)                                     {}
func (plain) afterJoin(*occupant)                                      {}
func (plain) presenceOut(*occupant, bool) []*xmpp.Element              { return nil }
func (plain) messageIn(*occupant, *xmpp.Stanza, []*xmpp.Element) error { return nil }
func (plain) fields() []field                                          { return nil }
func (plain) info(*roomInfo)                                           {}
func (plain) left(*occupant)                                           {}
func (plain) end()                                                     {}
