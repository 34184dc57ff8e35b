package focus

import (
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// sessionState is how far a Jingle session has come.
type sessionState uint8

const (
	allocating sessionState = iota // the bridge was asked
	offered                        // session-initiate was sent
	active                         // accepted
)

// session is one participant's Jingle session with its place on the bridge.
type session struct {
	sid      string
	state    sessionState
	bridge   *bridgeSession
	features features
	contents []jingle.Content // the offer, without transports
	// signaled is what the client was told of the others, as it was told.
	signaled map[jingle.EndpointID]jingle.SourceSet
	trickled bool // some of the client's transport came ahead of its answer
	// iceGeneration is the last in-place ICE restart that was relayed.
	iceGeneration int
}

// inviteAll invites everybody who is here and has no session, once there are enough.
func (c *conference) inviteAll() {
	if c.phase != running || len(c.members) < c.cfg.MinParticipants || !c.retryAt.IsZero() {
		return
	}
	for _, p := range c.inOrder() {
		if p.session == nil && !p.dropped && p.features != nil {
			c.invite(p)
		}
	}
}

// invite asks the bridge for a place for p. The rest follows when it answers.
func (c *conference) invite(p *participant) {
	if !c.ensureBridge(p.region) {
		return
	}
	p.session = &session{sid: c.env.ids.token(), bridge: c.bridge, features: *p.features,
		contents: offer(*p.features, !c.cfg.DisableSCTP), signaled: map[jingle.EndpointID]jingle.SourceSet{}}
	p.forceMute = c.mod.mustMute(p)
	c.allocate(p)
}

// offerTo sends the session-initiate, now that the bridge's transport is known.
func (c *conference) offerTo(p *participant, transport *jingle.Transport) {
	s := p.session
	s.state = offered
	contents := withTransport(s.contents, transport)
	var bundle []string
	for _, content := range contents {
		bundle = append(bundle, content.Name)
	}
	wanted := c.shown.Without(p.id)
	if !s.features.audio || !s.features.video {
		wanted = wanted.Map(s.filter)
	}
	for owner, set := range wanted.All() {
		s.signaled[owner] = set
	}
	wanted = wanted.With(jingle.BridgeOwner, s.bridge.feedback.OfMedia(s.mediaTypes()...))
	j := &jingle.Jingle{
		Action: jingle.SessionInitiate, SID: s.sid, Initiator: c.focus.String(), Contents: contents, Bundle: bundle,
		BridgeSession: &jingle.BridgeSession{ID: s.bridge.id, Region: s.bridge.region}, StartMuted: c.startMuted(p),
	}
	s.putSources(j, wanted)
	c.request("set", p.occupant, j.Element(), func(c *conference, reply *xmpp.Stanza) { c.offerAnswered(p, s, reply) })
}

// offerAnswered handles the acknowledgement of the session-initiate. None in time is as good as one: the accept decides.
func (c *conference) offerAnswered(p *participant, s *session, reply *xmpp.Stanza) {
	if p.session != s || c.members[p.id] != p || reply == nil || reply.Type == "result" {
		return
	}
	c.log.Info("a client refuses its invitation", "endpoint", p.id, "condition", xmpp.ParseError(*reply).Condition)
	p.dropped = true
	c.terminate(p, jingle.Reason{Condition: "general-error", Text: "jingle session failed"}, true)
}

// putSources writes sources in the form that the client understands. Contents of the offer take those of their media type in.
func (s *session) putSources(j *jingle.Jingle, m jingle.SourceMap) {
	if s.features.json {
		j.Compact = &m
		return
	}
	for _, with := range m.Contents() {
		i := 0
		for i < len(j.Contents) && j.Contents[i].Name != with.Name {
			i++
		}
		if i == len(j.Contents) {
			j.Contents = append(j.Contents, with)
			continue
		}
		d := *j.Contents[i].Description // the offer keeps its own
		d.Sources, d.Groups = with.Description.Sources, with.Description.Groups
		j.Contents[i].Description = &d
	}
}

// mediaTypes are those that the client can receive.
func (s *session) mediaTypes() []jingle.MediaType {
	var out []jingle.MediaType
	if s.features.audio {
		out = append(out, jingle.Audio)
	}
	if s.features.video {
		out = append(out, jingle.Video)
	}
	return out
}

// filter reduces what is shown of somebody's sources to what this client can receive.
func (s *session) filter(shown jingle.SourceSet) jingle.SourceSet {
	if s.features.audio && s.features.video {
		return shown
	}
	return shown.OfMedia(s.mediaTypes()...)
}

// startMuted tells p to begin muted where the room, or the number of people in it, wants that.
func (c *conference) startMuted(p *participant) *jingle.StartMuted {
	m := jingle.StartMuted{
		Audio: p.forceMute.Audio || c.mod.startAudioMuted || c.crowded(c.props.startAudioMuted),
		Video: p.forceMute.Video || c.mod.startVideoMuted || c.crowded(c.props.startVideoMuted),
	}
	if !m.Audio && !m.Video {
		return nil
	}
	return &m
}

func (c *conference) crowded(from int) bool { return from >= 0 && len(c.members) > from }

// terminate ends p's session and takes its sources back from the others; tell says whether p itself is told.
func (c *conference) terminate(p *participant, reason jingle.Reason, tell bool) {
	if p.session != nil {
		c.hangUp(p, reason, tell)
		c.signalAll(p.id)
	}
}

// hangUp is terminate without a word to the others.
func (c *conference) hangUp(p *participant, reason jingle.Reason, tell bool) {
	if p.session == nil {
		return
	}
	if s := p.session; tell && s.state != allocating {
		j := &jingle.Jingle{Action: jingle.SessionTerminate, SID: s.sid, Reason: &reason}
		c.tell(p.occupant, j.Element())
	}
	c.endSession(p)
	c.setSources(p.id, c.sources.Without(p.id))
}

// endSession forgets p's session and its place on the bridge.
func (c *conference) endSession(p *participant) {
	s := p.session
	if s == nil {
		return
	}
	p.session = nil
	p.past = append(p.past, s.sid)
	if len(p.past) > maxPastSessions {
		p.past = p.past[1:]
	}
	c.expireEndpoint(s.bridge, p.id)
}

// retryLater invites again after a pause that grows with every failure.
func (c *conference) retryLater() {
	pause := min(time.Second<<min(c.retries, 5), 30*time.Second)
	c.retries++
	c.retryAt = c.env.now.Add(pause)
}
