package focus

import (
	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// welcomeRole gives a newcomer the role that is due to it.
func (c *conference) welcomeRole(p *participant) {
	if c.cfg.Authentication && !c.breakout {
		c.grantAuthenticated(p)
		return
	}
	c.electOwner()
}

// grantAuthenticated makes p owner if it is logged in. With authentication nobody else becomes one.
func (c *conference) grantAuthenticated(p *participant) {
	if c.cfg.Authentication && !c.breakout && p.role != roleOwner && c.env.authenticated(p.real) {
		c.grantOwner(p)
	}
}

// roleChanged reacts to what presence says about p's role now.
func (c *conference) roleChanged(p *participant) {
	if p.role == roleOwner && c.granted == p.id {
		c.granted = ""
	}
	c.electOwner()
}

// electOwner makes the one who is here longest owner, where nobody else is and anybody may be.
func (c *conference) electOwner() {
	if c.cfg.Authentication || c.breakout || c.granted != "" {
		return
	}
	var first *participant
	for _, p := range c.members {
		if p.role == roleOwner {
			return
		}
		if first == nil || p.joined < first.joined {
			first = p
		}
	}
	if first != nil {
		c.grantOwner(first)
	}
}

// grantOwner asks the room to make p owner, by the bare address behind it. The room answers and shows it in p's presence.
func (c *conference) grantOwner(p *participant) {
	if p.real.IsZero() {
		return
	}
	c.granted = p.id
	item := xmpp.NewElement(xmpp.NSMUCAdmin, "item", "affiliation", "owner", "jid", p.real.Bare().String())
	query := xmpp.NewElement(xmpp.NSMUCAdmin, "query").With(item)
	id := p.id
	c.request("set", c.room, query, func(c *conference, reply *xmpp.Stanza) { c.grantAnswered(id, reply) })
}

// grantAnswered forgets the grant if it failed; the next change in the room leads to another try.
func (c *conference) grantAnswered(id jingle.EndpointID, reply *xmpp.Stanza) {
	if c.granted == id && (reply == nil || reply.Type != "result") {
		c.granted = ""
		c.log.Warn("the room refuses to make somebody owner")
	}
}
