package focus

import (
	"slices"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// bridgeSession is the conference on one bridge.
type bridgeSession struct {
	id       string // told to clients, who name it when they complain
	jid      xmpp.JID
	region   string
	created  bool // the bridge has been asked to create the conference
	feedback jingle.SourceSet
	// endpoints are those that the bridge was asked to create and not to expire.
	endpoints map[jingle.EndpointID]bool
}

// ensureBridge makes sure that the conference has a bridge session, and says whether it does. A session on a bridge that is in
// trouble is kept: it is moved when the bridge is lost.
func (c *conference) ensureBridge(region string) bool {
	if c.bridge != nil {
		return true
	}
	b, ok := c.env.bridges.choose(region, c.cfg.StressThreshold)
	c.tellNoBridge(!ok)
	if !ok {
		return false
	}
	c.bridge = &bridgeSession{id: c.env.ids.uuid(), jid: b.jid, region: b.region, endpoints: map[jingle.EndpointID]bool{}}
	c.log.Info("conference goes to a bridge", "bridge", b.jid.Resource())
	return true
}

// colibri sends a request about this conference to its bridge. Requests leave in order; answers are not waited for.
func (c *conference) colibri(b *bridgeSession, m *jingle.ConferenceModify, done func(*conference, *xmpp.Stanza)) {
	m.MeetingID = c.meetingID
	c.request("get", b.jid, m.Element(), done)
}

// update tells the bridge something about an endpoint that is there already.
func (c *conference) update(p *participant, e jingle.ColibriEndpoint) {
	s := p.session
	e.ID, e.StatsID = p.id, p.statsID
	c.colibri(s.bridge, &jingle.ConferenceModify{Endpoints: []jingle.ColibriEndpoint{e}}, func(c *conference, reply *xmpp.Stanza) {
		if reply != nil && reply.Type == "error" && xmpp.ParseError(*reply).Condition == xmpp.BadRequest {
			c.disliked(p, s)
			return
		}
		c.updated(s.bridge, reply)
	})
}

// disliked ends the session of somebody whose description the bridge cannot use. jicofo would give up the whole bridge session; but it is
// the client that speaks nonsense, and it would do so again.
func (c *conference) disliked(p *participant, s *session) {
	if p.session != s || c.members[p.id] != p {
		return
	}
	c.log.Info("the bridge refuses what a client says", "endpoint", p.id)
	p.dropped = true
	c.terminate(p, jingle.Reason{Condition: "general-error", Text: "the bridge cannot use this session"}, true)
}

// updated handles the answer to any request but an allocation, except for what the bridge dislikes of one client. No answer is no harm:
// what matters is asked again or fails visibly.
func (c *conference) updated(b *bridgeSession, reply *xmpp.Stanza) {
	if c.bridge != b || reply == nil || reply.Type == "result" {
		return
	}
	e := xmpp.ParseError(*reply)
	reason, id, _ := jingle.ColibriReasonOf(e)
	if reason != jingle.ReasonUnknownEndpoint {
		c.log.Warn("the bridge session failed", "bridge", b.jid.Resource(), "condition", e.Condition, "reason", reason)
		c.loseBridge(b, false, false)
		return
	}
	// The bridge forgot one endpoint, as it does with those that were silent for long.
	delete(b.endpoints, id)
	if p := c.members[id]; p != nil && p.session != nil && p.session.bridge == b {
		c.terminate(p, jingle.Reason{Condition: "success", Text: "moving"}, true)
		c.inviteAll()
	}
}

// sourcesOf is the complete list that a bridge is told; it replaces the last one.
func (c *conference) sourcesOf(p *participant) *[]jingle.MediaSource {
	media := jingle.MediaSources(p.id, c.sources.Of(p.id))
	return &media
}

// expireEndpoint takes an endpoint from a bridge; with the last one the conference goes from there.
func (c *conference) expireEndpoint(b *bridgeSession, id jingle.EndpointID) {
	if c.bridge != b || !b.endpoints[id] {
		return
	}
	delete(b.endpoints, id)
	if len(b.endpoints) == 0 {
		c.expireBridge()
		return
	}
	c.colibri(b, &jingle.ConferenceModify{Endpoints: []jingle.ColibriEndpoint{{ID: id, Expire: true}}},
		func(c *conference, reply *xmpp.Stanza) { c.updated(b, reply) })
}

// expireBridge ends the conference on its bridge.
func (c *conference) expireBridge() {
	b := c.bridge
	if b == nil {
		return
	}
	c.bridge = nil
	if b.created {
		c.colibri(b, &jingle.ConferenceModify{Expire: true}, func(*conference, *xmpp.Stanza) {})
	}
}

// loseBridge gives up a bridge session and invites everybody anew. failed marks the bridge as not operational, graceful as one that
// takes no more conferences.
func (c *conference) loseBridge(b *bridgeSession, failed, graceful bool) {
	if c.bridge != b {
		return
	}
	if failed || graceful {
		c.emit(bridgeFailedEffect{b.jid, graceful})
		c.env.bridges = c.env.bridges.without(b.jid)
	}
	c.leaveBridge()
	if !failed && !graceful {
		c.retryLater() // the same bridge may be chosen again: not at once, and not for ever
		return
	}
	c.inviteAll()
}

// hangUpAll ends everybody's session and the conference on its bridge.
func (c *conference) hangUpAll(reason jingle.Reason, tell bool) {
	if c.bridge != nil {
		clear(c.bridge.endpoints) // expired all at once
	}
	for _, p := range c.inOrder() {
		c.hangUp(p, reason, tell)
	}
	c.expireBridge()
}

// leaveBridge ends all sessions, to begin anew on another bridge.
func (c *conference) leaveBridge() {
	c.hangUpAll(jingle.Reason{Condition: "success", Text: "moving"}, true)
	c.tellBridgeCount()
}

// bridgesEvent says that bridges are gone, or that one has become usable.
type bridgesEvent struct{ change bridgeChange }

func (ev bridgesEvent) apply(c *conference) {
	if b := c.bridge; b != nil && slices.Contains(ev.change.lost, b.jid) {
		c.log.Warn("the bridge is lost", "bridge", b.jid.Resource())
		c.leaveBridge()
		c.retryAt = time.Time{}
	}
	c.inviteAll()
}

// without returns v without one bridge.
func (v bridgeView) without(jid xmpp.JID) bridgeView {
	return slices.DeleteFunc(slices.Clone(v), func(b bridgeInfo) bool { return b.jid == jid })
}
