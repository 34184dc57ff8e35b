package xmpp

import "time"

// Pace is how fast one client of a host may speak for long; paceBurst seconds' worth may come at once. The server reads no faster, so
// that whoever sends more is slowed down, loses nothing, and takes nothing from the others. Zero is no bound.
type Pace struct {
	Stanzas, Bytes int // per second
}

const paceBurst = 5 // seconds

// pacer is what a client has spent of its host's [Pace].
type pacer struct {
	stanzas, bytes float64
	last           time.Time
}

// spend counts a stanza of size bytes and returns how long to wait before the next is read.
func (p *pacer) spend(pace Pace, size int, now time.Time) time.Duration {
	past := now.Sub(p.last).Seconds()
	p.last = now
	return max(owed(&p.stanzas, 1, pace.Stanzas, past), owed(&p.bytes, size, pace.Bytes, past))
}

func owed(spent *float64, n, perSecond int, past float64) time.Duration {
	if perSecond <= 0 {
		return 0
	}
	*spent = max(0, *spent-past*float64(perSecond)) + float64(n)
	over := *spent/float64(perSecond) - paceBurst
	return max(0, time.Duration(over*float64(time.Second)))
}

// keepPace makes the stream's reader wait where the client is too fast.
func (c *stream) keepPace(size int) {
	wait := c.pacer.spend(c.host.cfg.Pace, size, time.Now())
	if wait <= 0 {
		return
	}
	c.srv.count.paced.Add(1)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.parted:
	case <-c.srv.done:
	}
}
