package focus

import (
	"strconv"
	"time"

	"stammtisch/xmpp"
)

// pendingIQ is a request of ours that is not answered yet.
type pendingIQ struct {
	to       xmpp.JID
	deadline time.Time
	seq      uint64
	// done gets the answer, or nil when there was none in time.
	done func(c *conference, reply *xmpp.Stanza)
}

// request sends an IQ whose answer matters.
func (c *conference) request(typ string, to xmpp.JID, payload *xmpp.Element, done func(*conference, *xmpp.Stanza)) {
	id := c.nextID()
	c.pending[id] = &pendingIQ{to: to, deadline: c.env.now.Add(c.cfg.ReplyTimeout), seq: c.iqs, done: done}
	c.send(xmpp.NewStanza(xmpp.IQ, typ, xmpp.JID{}, to, payload).WithID(id))
}

// tell sends an IQ whose answer does not matter.
func (c *conference) tell(to xmpp.JID, payload *xmpp.Element) {
	c.send(xmpp.NewStanza(xmpp.IQ, "set", xmpp.JID{}, to, payload).WithID(c.nextID()))
}

// nextID makes an id that leads answers here and that nobody else can guess.
func (c *conference) nextID() string {
	c.iqs++
	return c.idPrefix + strconv.FormatUint(c.iqs, 36) + "-" + c.env.ids.token()
}

// replied hands an answer to whoever waits for it. It must come from where the request went.
func (c *conference) replied(st xmpp.Stanza) {
	p := c.pending[st.ID]
	if p == nil || p.to != st.From {
		return
	}
	delete(c.pending, st.ID)
	p.done(c, &st)
}

// reply answers a request with a result.
func (c *conference) reply(to xmpp.Stanza) { c.send(to.Result()) }

// refuse answers a request with an error.
func (c *conference) refuse(to xmpp.Stanza, err error) {
	if st, ok := to.ErrorReply(err); ok {
		c.send(st)
	}
}

// refused builds the error that a participant gets.
func refused(typ xmpp.ErrorType, cond xmpp.Condition, text string) error {
	return &xmpp.Error{Type: typ, Condition: cond, Text: text}
}
