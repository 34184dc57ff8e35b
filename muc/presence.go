package muc

import (
	"time"

	"stammtisch/xmpp"
)

// errNotHere answers those who speak to a room that they are not in.
func errNotHere(c xmpp.Condition) error {
	return &xmpp.Error{Type: xmpp.Cancel, Condition: c, Text: "You are not currently connected to this chat"}
}

// presence works off presence to the room or to a nick in it.
func (r *room) presence(st xmpp.Stanza) error {
	o := r.occupants.byJID[st.From]
	switch st.Type {
	case "":
		if o == nil {
			return r.firstPresence(st)
		}
		return r.laterPresence(o, st)
	case "unavailable":
		if o != nil {
			r.leave(o, st)
		}
		return nil
	case "error":
		if o != nil {
			r.unreachable(o, st)
		}
		return nil
	case "probe":
		return r.probe(o, st)
	}
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest}
}

// firstPresence works off presence of somebody who is not here: with x of namespace muc it is a request to enter.
func (r *room) firstPresence(st xmpp.Stanza) error {
	said, x, err := filterPresence(st)
	switch {
	case err != nil:
		return err
	case x == nil:
		return errNotHere(xmpp.ItemNotFound)
	case said.To.IsBare():
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Text: "A nickname is needed"}
	}
	return r.join(said, x, false)
}

// laterPresence replaces what o says; each presence is complete by itself. Some clients send it to the room instead of their nick.
func (r *room) laterPresence(o *occupant, st xmpp.Stanza) error {
	if nick := st.To.Resource(); nick != "" && nick != o.nick {
		// Jitsi's clients do not handle status 303, and the nick is the endpoint id.
		return &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.NotAllowed, Text: "Nicknames do not change in this room"}
	}
	st, resync, err := filterPresence(st)
	if err != nil {
		return err
	}
	ok, in := r.allow(o, &o.presence, r.svc.cfg.Limits.Presence, st)
	if !ok && resync != nil {
		return errTooFast
	}
	if !ok {
		o.held = &st
		r.meeting.wakeIn(in)
		return nil
	}
	o.held = nil
	if resync != nil {
		r.listTo(o)
	}
	o.say(st)
	r.announce(o, change{})
	if resync != nil {
		r.history.sendTo(r, o, resync)
		r.subject.sendTo(r, o)
	}
	return nil
}

var errTooFast = &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.PolicyViolation, Text: "You are sending too fast"}

// rate is the limit that applies to o.
func (r *room) rate(o *occupant, limit Rate) Rate {
	if o.admin {
		return Rate{}
	}
	return limit
}

// allow says whether o may send st now, by the rate of its kind and by that of bytes; otherwise, when it may.
func (r *room) allow(o *occupant, b *bucket, rate Rate, st xmpp.Stanza) (ok bool, in time.Duration) {
	now := r.svc.deps.Now()
	if ok, in = b.take(r.rate(o, rate), now); !ok {
		return false, in
	}
	return o.bytes.takeMany(r.rate(o, r.svc.cfg.Limits.Bytes), st.Size(), now)
}

// publishHeld publishes presence that was held back, as far as the rate allows now.
func (r *room) publishHeld() {
	next := time.Duration(0)
	for _, o := range r.occupants.list {
		if o.held == nil {
			continue
		}
		ok, in := r.allow(o, &o.presence, r.svc.cfg.Limits.Presence, *o.held)
		if !ok {
			if next == 0 || in < next {
				next = in
			}
			continue
		}
		o.say(*o.held)
		o.held = nil
		r.announce(o, change{})
	}
	if next > 0 {
		r.meeting.wakeIn(next)
	}
}

// probe answers an occupant who asks for another's presence (RFC 6121 §4.3).
func (r *room) probe(o *occupant, st xmpp.Stanza) error {
	if o == nil {
		return errNotHere(xmpp.NotAcceptable)
	}
	if about := r.occupants.byNick[st.To.Resource()]; about == o {
		r.announceToSelf(o, change{})
	} else if about != nil {
		r.sendTo(o, r.presenceOf(about, r.viewFor(o), change{}))
	}
	return nil
}
