package muc

import (
	"strconv"
	"time"

	"stammtisch/xmpp"
)

// history is the messages that late joiners get (XEP-0045 §7.2.13).
type history struct {
	keep int // how many are kept
	show int // how many a joiner gets who does not say
	past []pastMessage
}

type pastMessage struct {
	at time.Time
	st xmpp.Stanza // with its delay
}

// worthKeeping says whether late joiners should get a message with these children: what people wrote, and what says so itself
// (XEP-0334).
func worthKeeping(els []*xmpp.Element) bool {
	keep := false
	for _, el := range els {
		switch {
		case el.Is(nsHints, "no-store"), el.Is(nsHints, "no-permanent-store"):
			return false
		case el.Is(xmpp.NSClient, "body"), el.Is(nsHints, "store"):
			keep = true
		}
	}
	return keep
}

func (r *room) keepsake(st xmpp.Stanza) pastMessage {
	now := r.svc.deps.Now()
	return pastMessage{at: now, st: appendPayload(st, r.delay(now))}
}

func (h *history) add(m pastMessage) {
	h.past = append(h.past, m)
	h.trim()
}

func (h *history) trim() {
	if over := len(h.past) - h.keep; over > 0 {
		h.past = append([]pastMessage(nil), h.past[over:]...)
	}
}

// sendTo sends o what its request, the history child of x, asks for.
func (h *history) sendTo(r *room, o *occupant, x *xmpp.Element) {
	for _, m := range h.wanted(x.Child(xmpp.NSMUC, "history"), r.svc.deps.Now()) {
		r.sendTo(o, m.st)
	}
}

// wanted picks the latest messages that meet every bound of the request; a bound that cannot be read does not count.
func (h *history) wanted(request *xmpp.Element, now time.Time) []pastMessage {
	count, chars, since := min(h.show, len(h.past)), -1, time.Time{}
	if n, err := strconv.Atoi(request.Attr("maxstanzas")); err == nil && n >= 0 {
		count = min(n, len(h.past))
	}
	if n, err := strconv.Atoi(request.Attr("maxchars")); err == nil && n >= 0 {
		chars = n
	}
	if n, err := strconv.ParseInt(request.Attr("seconds"), 10, 32); err == nil && n >= 0 {
		since = now.Add(-time.Duration(n) * time.Second)
	}
	if t, err := time.Parse(time.RFC3339, request.Attr("since")); err == nil && t.After(since) {
		since = t
	}
	first := len(h.past)
	for first > len(h.past)-count {
		m := h.past[first-1]
		if m.at.Before(since) {
			break
		}
		if chars >= 0 {
			if chars -= len(m.st.Append(nil)); chars < 0 {
				break
			}
		}
		first--
	}
	return h.past[first:]
}
