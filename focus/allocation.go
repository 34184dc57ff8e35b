package focus

import (
	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// allocate asks the bridge for a place for p, with the first one for the conference.
func (c *conference) allocate(p *participant) {
	s, b := p.session, p.session.bridge
	sources := jingle.MediaSources(p.id, c.sources.Of(p.id))
	e := jingle.ColibriEndpoint{ID: p.id, Create: true, StatsID: p.statsID, Capabilities: []string{jingle.CapSourceNames},
		Media: colibriMedia(s.contents), Transport: &jingle.ColibriTransport{ICEControlling: true}, Sources: &sources}
	if hasData(s.contents) {
		e.Transport.SCTP = &jingle.ColibriSCTP{}
	}
	if p.forceMute != (jingle.ForceMute{}) {
		mute := p.forceMute
		e.ForceMute = &mute
	}
	m := &jingle.ConferenceModify{Endpoints: []jingle.ColibriEndpoint{e}}
	if !b.created {
		m.Create, m.Name, m.RTCStatsDisabled = true, c.room.String(), !c.props.rtcstats
	}
	first := !b.created
	b.created = true
	b.endpoints[p.id] = true
	c.emit(bridgeUsedEffect{b.jid})
	c.colibri(b, m, func(c *conference, reply *xmpp.Stanza) { c.allocated(p, s, reply) })
	if first {
		c.tellBridgeCount()
	}
}

// allocated handles the bridge's answer. It may be about a session that is over.
func (c *conference) allocated(p *participant, s *session, reply *xmpp.Stanza) {
	if c.bridge != s.bridge {
		return
	}
	current := p.session == s && c.members[p.id] == p
	if reply == nil || reply.Type != "result" {
		c.allocationFailed(p, s, reply, current)
		return
	}
	m, err := jingle.ParseConferenceModified(reply.Find(jingle.NSColibri2, "conference-modified"))
	if err != nil {
		c.log.Warn("the bridge's answer makes no sense", "bridge", s.bridge.jid.Resource())
		c.loseBridge(s.bridge, true, false)
		return
	}
	c.retries = 0
	if m.Sources != nil {
		s.bridge.feedback = feedbackSources(m.Sources)
	}
	if !current {
		return
	}
	for _, e := range m.Endpoints {
		if e.ID == p.id && e.Transport != nil && e.Transport.ICE != nil && (!hasData(s.contents) || e.Transport.SCTP != nil) {
			c.offerTo(p, e.Transport.ICE)
			return
		}
	}
	c.log.Warn("the bridge gave no transport", "bridge", s.bridge.jid.Resource(), "endpoint", p.id)
	p.dropped = true
	c.terminate(p, jingle.Reason{}, false)
}

// allocationFailed draws the conclusions that jicofo draws: which errors cost the bridge session, and which the bridge its reputation.
func (c *conference) allocationFailed(p *participant, s *session, reply *xmpp.Stanza, current bool) {
	b := s.bridge
	if reply == nil {
		c.loseBridge(b, true, false)
		return
	}
	e := xmpp.ParseError(*reply)
	reason, _, fromBridge := jingle.ColibriReasonOf(e)
	c.log.Warn("the bridge refuses an endpoint", "bridge", b.jid.Resource(), "condition", e.Condition, "reason", reason)
	switch {
	case e.Condition == xmpp.BadRequest:
		delete(b.endpoints, p.id) // it never came to be
		if current {
			p.dropped = true
			c.terminate(p, jingle.Reason{}, false)
		}
		if len(b.endpoints) == 0 {
			c.expireBridge()
			c.tellBridgeCount()
		}
	case e.Condition == xmpp.ItemNotFound, e.Condition == xmpp.Conflict:
		// Also where the bridge has left its room: its presence will tell, and meanwhile nothing works there.
		c.loseBridge(b, false, false)
	case e.Condition == xmpp.ServiceUnavailable && fromBridge && reason == jingle.ReasonGracefulShutdown:
		c.loseBridge(b, false, true)
	default:
		c.loseBridge(b, true, false)
	}
}

// feedbackSources turns a bridge's own sources into what clients expect of them: the msid keeps them from becoming anybody's picture.
func feedbackSources(media []jingle.MediaSource) jingle.SourceSet {
	set := jingle.Flatten(jingle.BridgeOwner, media)
	for i := range set.Sources {
		s := &set.Sources[i]
		s.MSID = "mixedmslabel mixedlabel" + string(s.Media) + "0"
	}
	return set
}
