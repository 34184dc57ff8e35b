package focus

import (
	"slices"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// iqEvent is an IQ from the room, a request or an answer, or an answer from the bridge.
type iqEvent struct{ st xmpp.Stanza }

func (ev iqEvent) apply(c *conference) {
	st := ev.st
	if st.IsReply() {
		c.replied(st)
		return
	}
	if !st.IsRequest() {
		return
	}
	p := c.members[jingle.EndpointID(st.From.Resource())]
	switch {
	case p == nil || p.occupant != st.From:
		c.refuse(st, refused(xmpp.Cancel, xmpp.ItemNotFound, "not in this conference"))
	case st.Child == xmpp.Name{Space: jingle.NSJingle, Local: "jingle"}:
		c.jingleIQ(p, st)
	case st.Child.Local == "mute" && muteMedia(st.Child.Space) != "":
		c.muteIQ(p, st)
	default:
		c.refuse(st, refused(xmpp.Cancel, xmpp.ServiceUnavailable, ""))
	}
}

// jingleHandlers are the actions that clients may ask for in a session. A handler answers the IQ itself or returns the error.
var jingleHandlers = map[jingle.Action]func(*conference, *participant, *jingle.Jingle, xmpp.Stanza) error{
	jingle.SessionAccept:    (*conference).sessionAccept,
	jingle.SessionInfo:      (*conference).sessionInfo,
	jingle.SessionTerminate: (*conference).sessionTerminate,
	jingle.TransportInfo:    (*conference).transportInfo,
	jingle.TransportAccept:  (*conference).ignored,
	jingle.TransportReject:  (*conference).ignored,
	jingle.SourceAdd:        (*conference).sourceAdd,
	jingle.SourceRemove:     (*conference).sourceRemove,
}

func (c *conference) jingleIQ(p *participant, st xmpp.Stanza) {
	if err := c.jingle(p, st); err != nil {
		c.log.Debug("jingle request refused", "endpoint", p.id, "err", err)
		c.refuse(st, err)
	}
}

func (c *conference) jingle(p *participant, st xmpp.Stanza) error {
	if st.Type != "set" {
		return refused(xmpp.Modify, xmpp.BadRequest, "")
	}
	j, err := jingle.Parse(st.Find(jingle.NSJingle, "jingle"))
	if err != nil {
		return err
	}
	handle, known := jingleHandlers[j.Action]
	if !known {
		return refused(xmpp.Cancel, xmpp.FeatureNotImplemented, "")
	}
	if p.session == nil || p.session.sid != j.SID || p.session.state == allocating {
		return p.wrongSession(j)
	}
	return handle(c, p, j, st)
}

// wrongSession is the error for a request that names another session than the current one.
func (p *participant) wrongSession(j *jingle.Jingle) error {
	past := slices.Contains(p.past, j.SID)
	switch {
	case past && j.Action == jingle.SessionAccept:
		return refused(xmpp.Cancel, xmpp.Gone, "the session is over")
	case past:
		return refused(xmpp.Cancel, xmpp.ItemNotFound, "the session is over")
	}
	return refused(xmpp.Modify, xmpp.BadRequest, "no such session")
}

func (c *conference) ignored(_ *participant, _ *jingle.Jingle, st xmpp.Stanza) error {
	c.reply(st)
	return nil
}

// sessionAccept takes in what a client sends and where. The answer must be quick, and is last: from then on the client acts on
// source-adds.
func (c *conference) sessionAccept(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	s := p.session
	if s.state == active {
		return refused(xmpp.Wait, xmpp.UnexpectedRequest, "the session was accepted already")
	}
	s.state = active
	next, err := c.answered(p, j)
	if err != nil {
		p.dropped = true
		c.terminate(p, jingle.Reason{}, false)
		return err
	}
	c.setSources(p.id, next)
	e := jingle.ColibriEndpoint{Sources: c.sourcesOf(p), InitialLastN: j.InitialLastN()}
	if t := j.Transport(); t != nil {
		e.Transport = &jingle.ColibriTransport{ICE: bridgeTransport(t)}
	}
	c.update(p, e)
	c.signalAll(p.id)
	c.flush(p)
	c.reply(st)
	return nil
}

// answered checks what a client accepts its session with, and returns the sources with its own.
func (c *conference) answered(p *participant, j *jingle.Jingle) (jingle.SourceMap, error) {
	t := j.Transport()
	if !t.Complete() && !p.session.trickled {
		return c.sources, refused(xmpp.Modify, xmpp.BadRequest, "no transport with ufrag, pwd and a fingerprint with setup")
	}
	if t != nil {
		if err := t.Check(); err != nil {
			return c.sources, err
		}
	}
	set, err := j.Sources(p.id)
	if err != nil {
		return c.sources, err
	}
	next, _, err := c.withSources(p, set)
	return next, err
}

// bridgeTransport is the client's transport as the bridge is to see it.
func bridgeTransport(t *jingle.Transport) *jingle.Transport {
	t = t.Clone()
	t.RTCPMux = true // some clients say it in the description only
	t.SCTPMap = nil
	return t
}

// withSources is the map with what p announces in set, which see [jingle.SourceMap.Add]. The SSRCs that the bridge itself uses, which
// are in everybody's offer, are not to be had.
func (c *conference) withSources(p *participant, set jingle.SourceSet) (next jingle.SourceMap, added jingle.SourceSet, err error) {
	for _, s := range set.Sources {
		if p.session.bridge.feedback.Has(s.SSRC) {
			return c.sources, added, refused(xmpp.Modify, xmpp.BadRequest, "an ssrc is the bridge's")
		}
	}
	return c.sources.Add(p.id, set, jingle.Limits{SSRCs: c.cfg.MaxSSRCs, Groups: c.cfg.MaxSSRCGroups})
}

// transportInfo hands a client's new candidates, or its part of an ICE restart, to the bridge.
func (c *conference) transportInfo(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	t := j.Transport()
	if t == nil {
		return refused(xmpp.Modify, xmpp.BadRequest, "no transport")
	}
	if err := t.Check(); err != nil {
		return err
	}
	if !p.trickles.allow(c.env.now, maxChanges, changeWindow, 0) {
		return refused(xmpp.Wait, xmpp.ResourceConstraint, "too many candidates at once")
	}
	p.session.trickled = true
	t = t.Clone()
	t.SCTPMap = nil
	c.update(p, jingle.ColibriEndpoint{Transport: &jingle.ColibriTransport{ICE: t}})
	c.reply(st)
	return nil
}

// Everybody is told of every change of sources, and the bridge of every change of a transport. Nobody shares and unshares, or finds
// candidates, faster than this.
const (
	maxChanges   = 30
	changeWindow = 10 * time.Second
)

// mayChange counts a change of p's sources and refuses it where there are too many.
func (c *conference) mayChange(p *participant) error {
	if !p.changes.allow(c.env.now, maxChanges, changeWindow, 0) {
		return refused(xmpp.Wait, xmpp.ResourceConstraint, "too many changes")
	}
	return nil
}

func (c *conference) sourceAdd(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	if p.session.state != active {
		return refused(xmpp.Wait, xmpp.UnexpectedRequest, "the session is not accepted yet")
	}
	set, err := j.Sources(p.id)
	if err != nil {
		return err
	}
	next, added, err := c.withSources(p, set)
	if err != nil {
		return err
	}
	if err := c.mayChange(p); err != nil {
		return err
	}
	c.sourcesChanged(p, next, !added.IsEmpty())
	c.reply(st)
	return nil
}

func (c *conference) sourceRemove(p *participant, j *jingle.Jingle, st xmpp.Stanza) error {
	set, err := j.Sources(p.id)
	if err != nil {
		return err
	}
	if set.IsEmpty() {
		c.reply(st)
		return nil
	}
	next, removed, err := c.sources.Remove(p.id, set)
	if err != nil {
		return err
	}
	if err := c.mayChange(p); err != nil {
		return err
	}
	c.sourcesChanged(p, next, !removed.IsEmpty())
	c.reply(st)
	return nil
}

// sourcesChanged tells the bridge, always with the complete list, and then the others.
func (c *conference) sourcesChanged(p *participant, next jingle.SourceMap, changed bool) {
	if !changed {
		return
	}
	c.setSources(p.id, next)
	c.update(p, jingle.ColibriEndpoint{Sources: c.sourcesOf(p)})
	c.signalAll(p.id)
}
