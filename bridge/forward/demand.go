package forward

import (
	"time"

	"stammtisch/bridge/allocate"
)

// A higher demand is announced at once, a lower one when it has lasted: switching an encoder off and on again costs a
// key frame and a second of blur, and speakers, windows and connections change often.
const demandHold = 2 * time.Second

// unlimitedHeightPx stands for "no limit" in what senders are told; no client sends more.
const unlimitedHeightPx = 2160

// demand is what the owner of a source was told to send at most, and what it may be told soon.
type demand struct {
	announced bool
	heightPx  int // as announced
	lowerAt   time.Time
}

// update returns whether height is to be announced now. Until it is, next says when to ask again.
func (d *demand) update(height int, now time.Time) (announce bool, next time.Time) {
	switch {
	case d.announced && height == d.heightPx:
		d.lowerAt = time.Time{}
		return false, time.Time{}
	case height > d.heightPx:
	case d.lowerAt.IsZero():
		d.lowerAt = now.Add(demandHold)
		return false, d.lowerAt
	case now.Before(d.lowerAt):
		return false, d.lowerAt
	}
	*d = demand{announced: true, heightPx: height}
	return true, time.Time{}
}

// demandsLocked returns the SenderConstraints events for sources whose demand changes: the largest height that any
// receiver's constraints leave, before bandwidth is considered.
func (c *Conference) demandsLocked(plans []planFor, bySource map[string]*source, now time.Time) (events []func(Events)) {
	wanted := make(map[*source]int, len(bySource))
	for _, p := range plans {
		for _, w := range p.wants {
			height := w.MaxHeightPx
			if height == allocate.Unlimited {
				height = unlimitedHeightPx
			}
			src := bySource[w.Source.Name]
			wanted[src] = max(wanted[src], height)
		}
	}
	c.timers.demand = time.Time{}
	for _, src := range bySource {
		height := wanted[src]
		announce, next := src.demand.update(height, now)
		if announce {
			events = append(events, func(to Events) { to.SenderConstraints(src.owner.id, src.name, height) })
		}
		if !next.IsZero() && (c.timers.demand.IsZero() || next.Before(c.timers.demand)) {
			c.timers.demand = next
		}
	}
	return events
}
