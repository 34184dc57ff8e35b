package muc

import (
	"time"

	"stammtisch/xmpp"
)

// subject is what a room is about (XEP-0045 §8.1).
type subject struct {
	text string
	from xmpp.JID // who set it, zero if nobody did
	at   time.Time
}

// subjectChange returns the new subject if a message with these children sets one: a subject with a body or a thread is a
// message like any other.
func subjectChange(els []*xmpp.Element) (text string, ok bool) {
	for _, el := range els {
		switch {
		case el.Is(xmpp.NSClient, "body"), el.Is(xmpp.NSClient, "thread"):
			return "", false
		case el.Is(xmpp.NSClient, "subject") && !ok:
			text, ok = el.Text, true
		}
	}
	return text, ok
}

func (r *room) setSubject(o *occupant, st xmpp.Stanza, text string) error {
	if o.role < moderator && !r.settings.anyoneSetsSubject {
		return &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden, Text: "You are not allowed to change the subject"}
	}
	if text == r.subject.text && o.at == r.subject.from {
		return nil
	}
	r.subject = subject{text: text, from: o.at, at: r.svc.deps.Now()}
	r.broadcast(st.WithPayload(xmpp.NewElement(xmpp.NSClient, "subject").WithText(text)))
	return nil
}

// sendTo ends a join: the subject is sent always, also when there is none.
func (s *subject) sendTo(r *room, o *occupant) {
	st := xmpp.NewStanza(xmpp.Message, "groupchat", r.jid, o.jid, xmpp.NewElement(xmpp.NSClient, "subject").WithText(s.text))
	if !s.from.IsZero() {
		st.From = s.from
		st = appendPayload(st, r.delay(s.at))
	}
	r.sendTo(o, st)
}

// delay says that the room sends what was said at t (XEP-0203).
func (r *room) delay(t time.Time) *xmpp.Element {
	return xmpp.NewElement(xmpp.NSDelay, "delay", "from", r.jid.String(), "stamp", t.UTC().Format("2006-01-02T15:04:05Z"))
}
