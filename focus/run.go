package focus

import (
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
	"stammtisch/xmpp/contain"
)

// newConference makes the state for a runner.
func (f *Focus) newConference(r *runner, breakout bool, props properties) (*conference, error) {
	self, err := r.room.WithResource(focusNick)
	if err != nil {
		return nil, err
	}
	return &conference{cfg: f.cfg, room: r.room, self: self, focus: f.link.JID(), idPrefix: r.prefix(), breakout: breakout, props: props,
		log: r.log(f.log), bridgeCount: -1, members: map[jingle.EndpointID]*participant{}, pending: map[string]*pendingIQ{}}, nil
}

// run is a conference's goroutine: it owns c until the conference has ended. A panic ends this conference and no other.
func (f *Focus) run(r *runner, c *conference) {
	var ev event = startEvent{}
	if !contain.Do(c.log, func() { f.work(r, c, &ev) }) {
		f.breakDown(r, c, ev)
	}
	// Out of the registry first: whoever is refused from here on opens another one.
	main := f.registry.close(r)
	for _, ev := range r.end() {
		f.perform(r, c, c.step(f.env(c), ev))
	}
	if main != nil {
		f.post(main, breakoutEndedEvent{})
	}
}

// work takes one event after the other, now in ev, until the conference has ended.
func (f *Focus) work(r *runner, c *conference, ev *event) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	f.perform(r, c, c.start(f.env(c)))
	for c.phase != ended {
		if at := c.deadline(); !at.IsZero() {
			timer.Reset(max(at.Sub(f.now()), time.Millisecond))
		} else {
			timer.Stop()
		}
		select {
		case *ev = <-r.inbox:
		case <-timer.C:
			*ev = tickEvent{}
		}
		f.perform(r, c, c.step(f.env(c), *ev))
	}
}

// breakDown ends a conference that panicked at ev: as usual if that still works, or else by leaving its room, which tells the clients
// to start over.
func (f *Focus) breakDown(r *runner, c *conference, ev event) {
	f.panics.Add(1)
	if iq, ok := ev.(iqEvent); ok && iq.st.IsRequest() {
		f.refuse(iq.st, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.InternalServerError})
	}
	if contain.Do(c.log, func() { f.perform(r, c, c.step(f.env(c), stopEvent{"internal error"})) }) {
		return
	}
	c.phase = ended
	f.send(xmpp.NewStanza(xmpp.Presence, "unavailable", xmpp.JID{}, c.self))
	for _, w := range c.waiters {
		w.done(false)
	}
}

func (f *Focus) env(c *conference) env {
	e := env{now: f.now(), bridges: f.brewery.snapshot(), ids: f.ids, caps: f.caps, components: *f.components.Load(),
		breakouts: f.registry.breakoutsOf(c.room)}
	e.authenticated = func(j xmpp.JID) bool { return f.admission.sessions.authenticated(j, e.now) }
	return e
}

// perform does what a step wants done.
func (f *Focus) perform(r *runner, c *conference, effects []effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case sendEffect:
			f.send(e.st)
		case readyEffect:
			e.done(e.ready)
		case bridgeUsedEffect:
			f.brewery.used(e.jid, f.now())
		case bridgeFailedEffect:
			if e.graceful {
				f.brewery.shutsDown(e.jid, f.now())
			} else {
				f.brewery.failed(e.jid, f.now())
			}
		case breakoutEffect:
			f.registry.setMain(r, e.main)
		}
	}
	f.registry.setSize(r, len(c.members))
}
