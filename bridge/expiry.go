package bridge

import (
	"time"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/ice"
)

const (
	emptyTimeout     = 20 * time.Second // an empty conference ends after it (as JVB)
	channelPatience  = 30 * time.Second // an endpoint without bridge channel is worth a line in the log after it
	unstartedTimeout = 2 * time.Minute  // an endpoint that never connected ends after it
)

// expire ends the conference and everything in it.
func (c *conference) expire() {
	if c.ended {
		return
	}
	c.ended = true
	c.service.forget(c)
	c.stopMedia()
	for _, ep := range c.endpoints {
		c.do(func() { c.remove(ep) })
	}
}

// forget takes an ended conference out of the tables: from now on its meeting id is unknown.
func (s *Service) forget(c *conference) {
	now := time.Now()
	var media forward.Totals
	if !c.broken.Load() {
		media = c.media.Stats(now).Totals
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, c.id)
	delete(s.byPublic, c.publicID)
	s.totals.ended(now.Sub(c.created), media)
}

// tick counts a connected path as a sign of life: somebody muted, without camera and with nobody to hear sends no media.
func (c *conference) tick(now time.Time) {
	for _, ep := range c.endpoints {
		if ep.path == ice.Connected {
			ep.media.Heard(now)
		}
	}
}

// sweep ends endpoints from which nothing comes any more, and the conference once it has been empty for a while.
func (c *conference) sweep(now time.Time) {
	for _, ep := range c.endpoints {
		if ep.expired(now) {
			c.log.Info("endpoint expired", "endpoint", ep.id)
			c.remove(ep)
		} else if !ep.channelSeen && !ep.channelMissed && now.Sub(ep.created) > channelPatience {
			ep.channelMissed = true
			c.log.Warn("endpoint has no bridge channel", "endpoint", ep.id)
		}
	}
	if len(c.endpoints) == 0 && now.Sub(c.emptied) > emptyTimeout {
		c.expire()
	}
}

// remove takes an endpoint out of the conference and closes what it holds.
func (c *conference) remove(ep *endpoint) {
	delete(c.endpoints, ep.id)
	if len(c.endpoints) == 0 {
		c.emptied = time.Now()
	}
	ep.close()
}
