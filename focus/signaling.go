package focus

import (
	"stammtisch/jingle"
)

// setSources replaces the sources; next differs in owner's only.
func (c *conference) setSources(owner jingle.EndpointID, next jingle.SourceMap) {
	c.sources = next
	c.shown = c.shown.With(owner, next.Of(owner).StripSimulcast())
}

// signalAll tells everybody with an accepted session what has changed in owner's sources. Those whose session is not accepted yet
// hear of it then: see flush.
func (c *conference) signalAll(owner jingle.EndpointID) {
	for _, q := range c.inOrder() {
		if q.id == owner || q.session == nil || q.session.state != active {
			continue
		}
		remove, add := q.session.difference(owner, c.shown.Of(owner))
		c.signal(q, jingle.MapOf(owner, remove), jingle.MapOf(owner, add))
	}
}

// flush tells p everything that it does not know yet.
func (c *conference) flush(p *participant) {
	var remove, add jingle.SourceMap
	for owner := range p.session.signaled {
		if c.shown.Of(owner).IsEmpty() {
			gone, _ := p.session.difference(owner, jingle.SourceSet{})
			remove = remove.With(owner, gone)
		}
	}
	for owner, set := range c.shown.All() {
		if owner == p.id {
			continue
		}
		gone, come := p.session.difference(owner, set)
		remove, add = remove.With(owner, gone), add.With(owner, come)
	}
	c.signal(p, remove, add)
}

// difference compares what the client was told of owner with what it should know, and notes the latter as told.
func (s *session) difference(owner jingle.EndpointID, now jingle.SourceSet) (remove, add jingle.SourceSet) {
	told, wanted := s.signaled[owner], s.filter(now)
	if wanted.IsEmpty() {
		delete(s.signaled, owner)
	} else {
		s.signaled[owner] = wanted
	}
	return told.Minus(wanted), wanted.Minus(told)
}

// signal sends a source-remove and then a source-add, as far as there is something to say. The answers do not matter.
func (c *conference) signal(p *participant, remove, add jingle.SourceMap) {
	for _, step := range []struct {
		action  jingle.Action
		sources jingle.SourceMap
	}{{jingle.SourceRemove, remove}, {jingle.SourceAdd, add}} {
		if step.sources.IsEmpty() {
			continue
		}
		j := &jingle.Jingle{Action: step.action, SID: p.session.sid}
		p.session.putSources(j, step.sources)
		c.tell(p.occupant, j.Element())
	}
}
