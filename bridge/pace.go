package bridge

import "time"

// What a client may say on its channel for long, and at once: each message may go to everybody. One that says more is read no faster,
// so that it loses nothing and the conference's queue stays free for the others and for the focus.
const (
	channelMessages = 100      // per second
	channelBytes    = 64 << 10 // per second
	channelBurst    = 5        // seconds' worth
	longestPause    = time.Second
)

// pace is what a channel's client has used up. Owned by the channel's reader.
type pace struct {
	used time.Duration // of time that what was said should have taken
	last time.Time
}

// spend counts a message and returns how long to wait before the next is read.
func (p *pace) spend(size int, now time.Time) time.Duration {
	p.used = max(0, p.used-now.Sub(p.last))
	p.last = now
	p.used += max(time.Second/channelMessages, time.Duration(size)*time.Second/channelBytes)
	return max(0, p.used-channelBurst*time.Second)
}

// keepPace makes the reader of a channel wait where its client is too fast.
func (ep *endpoint) keepPace(p *pace, size int) {
	wait := min(p.spend(size, time.Now()), longestPause)
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ep.conference.done:
	case <-ep.conference.service.stopping:
	}
}
