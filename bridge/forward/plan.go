package forward

import (
	"slices"
	"time"

	"stammtisch/bridge/allocate"
	"stammtisch/bridge/udp"
)

// planFor is what one receiver is to get of all video sources.
type planFor struct {
	receiver *Endpoint
	wants    []allocate.Want
	layers   []int // one per want
}

// ceiling is the layer that want i would get if all were being sent. With a bandwidth to keep to, it is what it gets.
func (p *planFor) ceiling(i int) int {
	best := p.layers[i]
	if p.receiver.constraints.AssumedBandwidth >= 0 {
		return best
	}
	for at, l := range p.wants[i].Source.Layers {
		if limit := p.wants[i].MaxHeightPx; limit == allocate.Unlimited || l.HeightPx <= limit {
			best = max(best, at)
		}
	}
	return best
}

// planIsDue says whether the plan is outdated.
func (c *Conference) planIsDue(now time.Time) bool {
	since := now.Sub(c.timers.planned)
	return c.dirty.Load() && since >= minPlanSpacing || since >= planInterval ||
		!c.timers.demand.IsZero() && !now.Before(c.timers.demand)
}

// plan allocates for every receiver, announces the result, and only then publishes it to the packet path: clients shall
// know what comes before it does. c.stepMu must be held.
func (c *Conference) plan(now time.Time) {
	c.dirty.Store(false)
	c.timers.planned = now

	plans, bySource, events := c.decide(now)
	for _, event := range events {
		event(c.cfg.Events)
	}
	if asking := c.publish(plans, bySource); len(asking) > 0 {
		c.cfg.Dispatch(func(b *udp.Batch) {
			for _, s := range asking {
				s.refresh(b, now)
			}
		})
	}
}

// decide allocates, and says what clients are to be told of it.
func (c *Conference) decide(now time.Time) ([]planFor, map[string]*source, []func(Events)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	views, bySource := c.viewsLocked()
	plans := c.allocateLocked(views, bySource)
	events := c.announceLocked(plans, bySource)
	return plans, bySource, append(events, c.demandsLocked(plans, bySource, now)...)
}

// viewsLocked is a snapshot of all video sources in speech order, and the way back from a view to its source.
func (c *Conference) viewsLocked() ([]allocate.Source, map[string]*source) {
	var views []allocate.Source
	bySource := make(map[string]*source)
	for _, e := range c.speech {
		for _, src := range e.sources {
			if src.media != Video || bySource[src.name] != nil {
				continue
			}
			kind := src.videoTypeLocked()
			v := allocate.Source{
				Name: src.name, Desktop: kind == Desktop, Enabled: kind != NoVideo && !e.muteVideo.Load(),
			}
			for _, enc := range src.encodings {
				v.Layers = append(v.Layers, enc.layer())
			}
			views = append(views, v)
			bySource[src.name] = src
		}
	}
	return views, bySource
}

func (c *Conference) allocateLocked(views []allocate.Source, bySource map[string]*source) []planFor {
	var plans []planFor
	for _, e := range c.endpointsLocked() {
		if !e.connected || !e.negotiated.Load().video {
			continue
		}
		others := make([]allocate.Source, 0, len(views))
		for _, v := range views {
			if bySource[v.Name].owner != e {
				others = append(others, v)
			}
		}
		p := planFor{receiver: e, wants: allocate.Effective(others, e.constraints)}
		budget := allocate.Infinite // until there is an estimate
		if e.constraints.AssumedBandwidth >= 0 {
			budget = e.constraints.AssumedBandwidth
		}
		p.layers = allocate.Allocate(budget, p.wants)
		plans = append(plans, p)
	}
	return plans
}

// announceLocked returns the ForwardedSources events for receivers whose set of sources changes.
func (c *Conference) announceLocked(plans []planFor, bySource map[string]*source) (events []func(Events)) {
	for _, p := range plans {
		e, names := p.receiver, []string{}
		for i, w := range p.wants {
			if p.layers[i] != allocate.NoLayer {
				names = append(names, w.Source.Name)
			}
		}
		if e.announced && sameSet(e.forwarded, names) {
			e.forwarded = names
			continue
		}
		e.announced, e.forwarded = true, names
		events = append(events, func(to Events) { to.ForwardedSources(e.id, slices.Clone(names)) })
	}
	return events
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// publish makes the plans the packet path's subscriptions. It returns the slots that begin and need a key frame.
// Those that change the encoding ask for it when they see the new one's packets.
func (c *Conference) publish(plans []planFor, bySource map[string]*source) (asking []*slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round++
	subscribers := make(map[*source][]*slot)
	for _, p := range plans {
		if p.receiver.removed || !p.receiver.connected {
			continue
		}
		for i, w := range p.wants {
			src := bySource[w.Source.Name]
			if p.layers[i] == allocate.NoLayer || src.removed {
				continue
			}
			s, resumed := c.subscribeLocked(subscribers, p.receiver, src, p.layers[i])
			s.ceiling.Store(int32(p.ceiling(i)))
			if resumed {
				asking = append(asking, s)
			}
		}
	}
	for _, e := range c.speech {
		for _, src := range e.sources {
			if src.media == Video {
				c.replaceSubscribersLocked(src, subscribers[src])
			}
		}
	}
	if c.audioChanged {
		c.audioChanged = false
		c.publishAudioLocked()
	}
	return asking
}

// publishAudioLocked subscribes everybody to everybody else's audio. It need not be done again until somebody comes,
// goes, or changes sources.
func (c *Conference) publishAudioLocked() {
	receivers := c.endpointsLocked()
	for _, owner := range c.speech {
		for _, src := range owner.sources {
			if src.media != Audio {
				continue
			}
			subscribers := make(map[*source][]*slot, 1)
			for _, e := range receivers {
				if e.connected && e != owner && e.negotiated.Load().audio && e.hears(src.name) {
					c.subscribeLocked(subscribers, e, src, 0)
				}
			}
			c.replaceSubscribersLocked(src, subscribers[src])
		}
	}
}

func (c *Conference) subscribeLocked(
	to map[*source][]*slot, receiver *Endpoint, src *source, layer int,
) (_ *slot, resumed bool) {
	s := receiver.slotLocked(src)
	s.round = c.round
	resumed = s.target.Swap(int32(layer)) == suspended
	to[src] = append(to[src], s)
	return s, resumed
}

// replaceSubscribersLocked publishes next and stops those that are not in it any more.
func (c *Conference) replaceSubscribersLocked(src *source, next []*slot) {
	old := *src.subscribers.Load()
	if slices.Equal(old, next) {
		return
	}
	src.subscribers.Store(&next)
	for _, s := range old {
		if s.round != c.round {
			s.pause()
		}
	}
}
