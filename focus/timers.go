package focus

import (
	"cmp"
	"slices"
	"time"

	"stammtisch/jingle"
)

// deadline returns when the conference wants a tickEvent, or the zero time.
func (c *conference) deadline() time.Time {
	var first time.Time
	add := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	add(c.initialAt)
	add(c.singleAt)
	add(c.retryAt)
	for _, w := range c.waiters {
		add(w.deadline)
	}
	for _, p := range c.pending {
		add(p.deadline)
	}
	return first
}

// tickEvent says that time has passed.
type tickEvent struct{}

func (tickEvent) apply(c *conference) {
	due := func(t *time.Time) bool {
		if t.IsZero() || c.env.now.Before(*t) {
			return false
		}
		*t = time.Time{}
		return true
	}
	c.timeOutWaiters()
	c.timeOutIQs()
	if c.phase == ended {
		return
	}
	if due(&c.initialAt) && len(c.members) == 0 && c.env.breakouts == 0 {
		c.stop("nobody came", true)
		return
	}
	if due(&c.singleAt) {
		c.endIdleSession()
	}
	if due(&c.retryAt) {
		c.inviteAll()
	}
}

// timeOutWaiters answers "not ready" to requests that waited long enough.
func (c *conference) timeOutWaiters() {
	c.waiters = slices.DeleteFunc(c.waiters, func(w waiter) bool {
		late := !c.env.now.Before(w.deadline)
		if late {
			c.emit(readyEffect{w.done, false})
		}
		return late
	})
}

// timeOutIQs gives up on what was not answered, in the order it was asked.
func (c *conference) timeOutIQs() {
	var late []*pendingIQ
	for id, p := range c.pending {
		if !c.env.now.Before(p.deadline) {
			late = append(late, p)
			delete(c.pending, id)
		}
	}
	slices.SortFunc(late, func(a, b *pendingIQ) int { return cmp.Compare(a.seq, b.seq) })
	for _, p := range late {
		if c.phase != ended {
			p.done(c, nil)
		}
	}
}

// endIdleSession takes the session from the only one who is left; it gets a new one when somebody comes.
func (c *conference) endIdleSession() {
	if len(c.members) != 1 {
		return
	}
	c.hangUpAll(jingle.Reason{Condition: "expired", Text: "Idle session timeout"}, true)
	c.tellBridgeCount()
}

// watchSize starts and stops the timers that depend on how many are here.
func (c *conference) watchSize() {
	switch n := len(c.members); {
	case n == 1 && c.cfg.MinParticipants > 1:
		if c.singleAt.IsZero() && c.bridge != nil {
			c.singleAt = c.env.now.Add(c.cfg.SingleParticipantTimeout)
		}
	default:
		c.singleAt = time.Time{}
	}
}
