package forward

import "time"

// When an endpoint counts as gone (as jitsi-videobridge does), and when an encoding counts as switched off.
const (
	connectivityInterval = 500 * time.Millisecond
	inactiveAfter        = 8 * time.Second
	neverHeardAfter      = 15 * time.Second

	cameraStoppedAfter  = 600 * time.Millisecond
	desktopStoppedAfter = 3 * time.Second // a still screen has few frames
)

// checkConnectivity returns the events for endpoints that have fallen silent or are back.
func (c *Conference) checkConnectivity(now time.Time) (events []func(Events)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.endpointsLocked() {
		inactive := now.Sub(e.addedAt) > neverHeardAfter
		if last := e.LastHeard(); !last.IsZero() {
			inactive = now.Sub(last) > inactiveAfter
		}
		if inactive != e.inactive {
			e.inactive = inactive
			events = append(events, func(to Events) { to.Connectivity(e.id, !inactive) })
		}
	}
	return events
}

// noticeStoppedEncodings looks for encodings whose sender has switched them off, for want of bandwidth or because it was
// told to. A source of which nothing comes at all is paused, not reduced: it keeps its layers.
func (c *Conference) noticeStoppedEncodings(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.speech {
		for _, src := range e.sources {
			if src.media == Video && len(src.encodings) > 1 && src.noticeStoppedLocked(now) {
				c.replan()
			}
		}
	}
}

func (src *source) noticeStoppedLocked(now time.Time) (stopped bool) {
	limit := cameraStoppedAfter
	if src.videoTypeLocked() == Desktop {
		limit = desktopStoppedAfter
	}
	newest := int64(0)
	for _, enc := range src.encodings {
		newest = max(newest, enc.lastHeard.Load())
	}
	if now.UnixNano()-newest > int64(limit)/2 {
		return false
	}
	for _, enc := range src.encodings {
		if enc.sending.Load() && now.UnixNano()-enc.lastHeard.Load() > int64(limit) {
			enc.sending.Store(false)
			stopped = true
		}
	}
	return stopped
}
