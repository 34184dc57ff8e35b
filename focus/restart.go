package focus

import (
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// rate remembers when somebody did something, to bound how often.
type rate []time.Time

// allow notes another time and says whether it keeps to at most limit per window and to the pause since the last.
func (r *rate) allow(now time.Time, limit int, window, pause time.Duration) bool {
	for len(*r) > 0 && now.Sub((*r)[0]) >= window {
		*r = (*r)[1:]
	}
	n := len(*r)
	if n >= limit || n > 0 && now.Sub((*r)[n-1]) < pause {
		return false
	}
	*r = append(*r, now)
	return true
}

// mayRestart counts a restart and says whether it is within the limits.
func (c *conference) mayRestart(p *participant) bool {
	return p.restarts.allow(c.env.now, c.cfg.RestartLimit, time.Minute, c.cfg.RestartMinInterval)
}

// sessionTerminate ends the client's session; with restart it gets a new one, which is how clients recover when ICE fails. The result
// goes out before the new offer: the client drops its session when it gets the result.
func (c *conference) sessionTerminate(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	b := j.BridgeSession
	if b != nil && b.ID != p.session.bridge.id {
		return refused(xmpp.Cancel, xmpp.ItemNotFound, "no such bridge session")
	}
	restart := b != nil && b.Restart
	allowed := restart && c.mayRestart(p)
	p.dropped = !allowed
	c.terminate(p, jingle.Reason{}, false)
	if restart && !allowed {
		return refused(xmpp.Wait, xmpp.ResourceConstraint, "too many restarts")
	}
	c.reply(st)
	if allowed {
		c.log.Info("a client restarts its session", "endpoint", p.id)
		c.inviteAll()
	}
	return nil
}

// sessionInfo handles a client's word about ICE: the wish to restart it in place, or the news that it has failed.
func (c *conference) sessionInfo(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	b := j.BridgeSession
	switch {
	case b != nil && b.ICERestart:
		return c.iceRestart(p, b.ID, st)
	case b != nil && j.ICEState == "failed" && b.ID == p.session.bridge.id && c.mayRestart(p):
		// COMPAT(older clients): they say only that ICE has failed; without this they stay without media.
		c.reply(st)
		c.terminate(p, jingle.Reason{Condition: "success", Text: "moving"}, true)
		c.inviteAll()
		return nil
	}
	c.reply(st)
	return nil
}

// iceRestart asks the bridge for new ICE parameters, and hands them to the client when they come.
func (c *conference) iceRestart(p *participant, bridgeSession string, st xmpp.Stanza) error {
	s := p.session
	if bridgeSession != s.bridge.id {
		return refused(xmpp.Cancel, xmpp.ItemNotFound, "no such bridge session")
	}
	if !c.mayRestart(p) {
		return refused(xmpp.Wait, xmpp.ResourceConstraint, "too many restarts")
	}
	e := jingle.ColibriEndpoint{ID: p.id, StatsID: p.statsID, Transport: &jingle.ColibriTransport{ICERestart: true}}
	c.colibri(s.bridge, &jingle.ConferenceModify{Endpoints: []jingle.ColibriEndpoint{e}}, func(c *conference, reply *xmpp.Stanza) {
		c.iceRestarted(p, s, reply)
	})
	c.reply(st)
	return nil
}

// iceRestarted relays the bridge's new transport to the client. An answer without one leads to a whole new session; one without
// generation says that nothing was restarted.
func (c *conference) iceRestarted(p *participant, s *session, reply *xmpp.Stanza) {
	if reply == nil || reply.Type != "result" {
		c.updated(s.bridge, reply)
		return
	}
	if p.session != s || c.members[p.id] != p {
		return
	}
	m, err := jingle.ParseConferenceModified(reply.Find(jingle.NSColibri2, "conference-modified"))
	if err != nil {
		return
	}
	for _, e := range m.Endpoints {
		if e.ID != p.id || e.Transport == nil || e.Transport.ICE == nil {
			continue
		}
		t := e.Transport.ICE
		if t.ICEGeneration == nil || *t.ICEGeneration <= s.iceGeneration {
			return
		}
		s.iceGeneration = *t.ICEGeneration
		j := &jingle.Jingle{Action: jingle.TransportInfo, SID: s.sid, Contents: []jingle.Content{
			{Creator: creatorOfOffers, Name: string(jingle.Audio), Transport: t},
		}}
		c.tell(p.occupant, j.Element())
		return
	}
	c.terminate(p, jingle.Reason{Condition: "success", Text: "moving"}, true)
	c.inviteAll()
}
