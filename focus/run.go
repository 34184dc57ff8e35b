package focus

import (
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// newConference makes the state for a runner.
func (f *Focus) newConference(r *runner, breakout bool, props properties) (*conference, error) {
	self, err := r.room.WithResource(focusNick)
	if err != nil {
		return nil, err
	}
	return &conference{cfg: f.cfg, room: r.room, self: self, focus: f.link.JID(), idPrefix: r.prefix(), breakout: breakout, props: props,
		log: f.log.With("room", r.room.Local()), bridgeCount: -1, members: map[jingle.EndpointID]*participant{}, pending: map[string]*pendingIQ{}}, nil
}

// run is a conference's goroutine: it owns c until the conference has ended.
func (f *Focus) run(r *runner, c *conference) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	f.perform(r, c, c.start(f.env(c)))
	for c.phase != ended {
		if at := c.deadline(); !at.IsZero() {
			timer.Reset(max(at.Sub(f.now()), time.Millisecond))
		} else {
			timer.Stop()
		}
		var ev event = tickEvent{}
		select {
		case ev = <-r.inbox:
		case <-timer.C:
		}
		f.perform(r, c, c.step(f.env(c), ev))
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
