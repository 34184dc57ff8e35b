package focus

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// role is what somebody may do.
type role uint8

const (
	roleNone role = iota
	roleModerator
	roleOwner
)

// participant is somebody in the room.
type participant struct {
	id       jingle.EndpointID // the nick
	occupant xmpp.JID
	real     xmpp.JID // full address
	joined   uint64   // order of arrival
	role     role
	statsID  string
	region   string
	caps     caps

	features *features // nil until known
	dropped  bool      // its session ended for good; it is not invited again

	session   *session
	past      []string // sids of its earlier sessions
	restarts  rate
	changes   rate             // of its sources
	trickles  rate             // of its transport
	forceMute jingle.ForceMute // as the bridge was told
}

// maxPastSessions bounds how many earlier sids are remembered.
const maxPastSessions = 16

// inOrder returns the participants in the order they came.
func (c *conference) inOrder() []*participant {
	out := make([]*participant, 0, len(c.members))
	for _, p := range c.members {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *participant) int { return cmp.Compare(a.joined, b.joined) })
	return out
}

// memberPresence handles presence of anybody but ourselves.
func (c *conference) memberPresence(st xmpp.Stanza) {
	if st.From.Resource() == "" {
		return
	}
	id := jingle.EndpointID(st.From.Resource())
	switch st.Type {
	case "unavailable":
		if p := c.members[id]; p != nil {
			c.left(p, st)
		}
	case "":
		els, err := st.Elements()
		if err != nil {
			return
		}
		p := c.members[id]
		if p != nil {
			p.update(els)
			c.roleChanged(p)
			return
		}
		// The owner of the bridge's own sources must not be somebody.
		if id == jingle.BridgeOwner || len(c.members) >= c.cfg.MaxParticipants {
			return
		}
		c.joinedBy(id, st.From, els)
	}
}

// joinedBy adds somebody who has come.
func (c *conference) joinedBy(id jingle.EndpointID, occupant xmpp.JID, els []*xmpp.Element) {
	c.joins++
	p := &participant{id: id, occupant: occupant, joined: c.joins}
	p.update(els)
	c.members[id] = p
	c.initialAt = time.Time{}
	c.log.Debug("participant has come", "endpoint", id)
	c.welcomeRole(p)
	c.discover(p)
	c.watchSize()
	c.inviteAll()
}

// update reads what presence says about a participant.
func (p *participant) update(els []*xmpp.Element) {
	for _, el := range els {
		switch (xmpp.Name{Space: el.Space, Local: el.Name}) {
		case xmpp.Name{Space: xmpp.NSMUCUser, Local: "x"}:
			p.updateItem(el.Child(xmpp.NSMUCUser, "item"))
		case xmpp.Name{Space: xmpp.NSCaps, Local: "c"}:
			p.caps = caps{el.Attr("node"), el.Attr("ver")}
		case xmpp.Name{Space: xmpp.NSClient, Local: "stats-id"}:
			p.statsID = limit(el.Text)
		case xmpp.Name{Space: xmpp.NSClient, Local: "jitsi_participant_region"}:
			p.region = limit(el.Text)
		}
	}
}

func (p *participant) updateItem(item *xmpp.Element) {
	if item == nil {
		return
	}
	if j, err := xmpp.ParseJID(item.Attr("jid")); err == nil {
		p.real = j
	}
	p.role = roleNone
	switch {
	case item.Attr("affiliation") == "owner":
		p.role = roleOwner
	case item.Attr("affiliation") == "admin" || item.Attr("role") == "moderator":
		p.role = roleModerator
	}
}

// limit cuts what a client says about itself and we pass on.
func limit(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 128 {
		return strings.ToValidUTF8(s[:128], "")
	}
	return s
}

// left removes somebody who has gone. The others see that in the room and drop its sources by themselves.
func (c *conference) left(p *participant, st xmpp.Stanza) {
	c.log.Debug("participant has left", "endpoint", p.id)
	delete(c.members, p.id)
	c.endSession(p)
	c.setSources(p.id, c.sources.Without(p.id))
	for _, q := range c.members {
		if q.session != nil {
			delete(q.session.signaled, p.id)
		}
	}
	if c.granted == p.id {
		c.granted = ""
	}
	if len(c.members) == 0 {
		c.emptied(st.Find("", "status") != nil && strings.TrimSpace(st.Find("", "status").Text) == "switch_room")
		return
	}
	c.electOwner()
	c.watchSize()
}

// emptied decides what becomes of the conference when nobody is left: it ends, unless people are in breakout rooms and may return,
// or the last one has just gone to one.
func (c *conference) emptied(switching bool) {
	c.singleAt = time.Time{}
	switch {
	case c.env.breakouts > 0:
		c.expireBridge()
		c.tellBridgeCount()
	case switching:
		c.expireBridge()
		c.tellBridgeCount()
		c.initialAt = c.env.now.Add(c.cfg.InitialTimeout)
	default:
		c.stop("everybody has left", true)
	}
}

// breakoutEndedEvent says that a breakout room of this conference has ended.
type breakoutEndedEvent struct{}

func (breakoutEndedEvent) apply(c *conference) {
	if c.phase == running && len(c.members) == 0 && c.env.breakouts == 0 && c.initialAt.IsZero() {
		c.initialAt = c.env.now.Add(c.cfg.InitialTimeout)
	}
}

// discover asks what a client can do, unless its caps are known.
func (c *conference) discover(p *participant) {
	if f, ok := c.env.caps.lookup(p.caps); ok && p.caps.ver != "" {
		p.features = &f
		return
	}
	asked := p.caps
	query := xmpp.NewElement(xmpp.NSDiscoInfo, "query")
	if asked.ver != "" && asked.node != "" {
		query.SetAttr("node", asked.node+"#"+asked.ver)
	}
	c.request("get", p.occupant, query, func(c *conference, reply *xmpp.Stanza) {
		if c.members[p.id] != p {
			return
		}
		f := defaultFeatures
		if reply != nil && reply.Type == "result" {
			if q := reply.Find(xmpp.NSDiscoInfo, "query"); q != nil {
				f = parseFeatures(q)
				c.env.caps.learn(asked, q)
			}
		}
		p.features = &f
		c.inviteAll()
	})
}
