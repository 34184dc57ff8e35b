package focus

import (
	"errors"
	"strings"

	"stammtisch/xmpp"
)

// dispatch hands a stanza to whom it concerns. It never waits.
func (f *Focus) dispatch(st xmpp.Stanza) {
	switch st.Kind {
	case xmpp.Presence:
		f.dispatchPresence(st)
	case xmpp.IQ:
		switch {
		case st.IsReply():
			f.dispatchReply(st)
		case st.IsRequest():
			f.dispatchRequest(st)
		}
	case xmpp.Message:
		f.dispatchMessage(st)
	}
}

func (f *Focus) dispatchPresence(st xmpp.Stanza) {
	room := st.From.Bare()
	if room == f.cfg.Brewery {
		out, change := f.brewery.presence(st, f.now())
		f.sendAll(out)
		f.announce(change)
		select {
		case f.wake <- struct{}{}:
		default: // it will wake anyway
		}
		return
	}
	if r := f.registry.lookup(room); r != nil {
		f.post(r, presenceEvent{st})
	}
}

// announce tells every conference what has happened to the bridges.
func (f *Focus) announce(change bridgeChange) {
	if !change.usable && len(change.lost) == 0 {
		return
	}
	for _, r := range f.registry.all() {
		f.post(r, bridgesEvent{change})
	}
}

// post hands an event to a conference. One that has more to do than it can keep has missed something now: it ends.
func (f *Focus) post(r *runner, ev event) {
	if err := r.post(ev); errors.Is(err, errInboxIsFull) {
		r.log(f.log).Error("conference is overrun")
		r.overrun("overrun")
	}
}

// dispatchReply hands an answer to who asked. Ids tell: they begin with the number of a conference in base 36, or with a dash, which no number has.
func (f *Focus) dispatchReply(st xmpp.Stanza) {
	switch {
	case strings.HasPrefix(st.ID, "-b:") && st.From.Bare() == f.cfg.Brewery:
		f.announce(f.brewery.reply(st, f.now()))
	case strings.HasPrefix(st.ID, "-d:") && st.From == f.cfg.Domain && st.Type == "result":
		found := componentsIn(st, f.cfg)
		f.components.Store(&found)
	default:
		if r := f.registry.ofID(st.ID); r != nil {
			f.post(r, iqEvent{st})
		}
	}
}

func (f *Focus) dispatchRequest(st xmpp.Stanza) {
	if st.Child.Space == xmpp.NSFocus && st.Type == "set" || st.Child == (xmpp.Name{Space: xmpp.NSFocus, Local: "login-url"}) {
		if f.answerFocusIQ(st) {
			return
		}
	}
	if reply, ok := f.answerQuery(st); ok {
		f.send(reply)
		return
	}
	room := st.From.Bare()
	if r := f.registry.lookup(room); r != nil {
		if err := r.post(iqEvent{st}); err != nil {
			f.refuse(st, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.ResourceConstraint, Err: err})
		}
		return
	}
	cond := xmpp.ServiceUnavailable
	if muteMedia(st.Child.Space) != "" {
		cond = xmpp.ItemNotFound
	}
	f.refuse(st, &xmpp.Error{Type: xmpp.Cancel, Condition: cond})
}

func (f *Focus) refuse(st xmpp.Stanza, err error) {
	if reply, ok := st.ErrorReply(err); ok {
		f.send(reply)
	}
}

// dispatchMessage takes what components say; chat is none of our business.
func (f *Focus) dispatchMessage(st xmpp.Stanza) {
	known := f.components.Load()
	from := st.From.Bare()
	if st.Type == "error" || from.IsZero() || from != known.avModeration && from != known.roomMetadata {
		return
	}
	msg, room, ok := parseComponentMessage(st)
	if !ok {
		return
	}
	if r := f.registry.lookup(room); r != nil {
		f.post(r, componentEvent{from, msg})
	}
}
