package forward

import (
	"maps"
	"slices"

	"stammtisch/bridge/allocate"
)

// ReceiverConstraints is a bridge channel ReceiverVideoConstraints message. A nil field was absent and changes nothing.
type ReceiverConstraints struct {
	LastN           *int // -1: no limit
	Selected        []string
	OnStage         []string
	DefaultHeightPx *int           // -1: no limit, 0: nothing
	HeightPx        map[string]int // by source name
	// AssumedBandwidthBPS replaces the bandwidth estimate, in bits per second; -1 returns to the estimate.
	AssumedBandwidthBPS *int64
}

// SetConstraints applies what the endpoint wants to receive. It keeps no reference to its argument.
func (e *Endpoint) SetConstraints(r ReceiverConstraints) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	e.constrained = true
	k := &e.constraints
	if r.LastN != nil {
		k.LastN = max(*r.LastN, allocate.Unlimited)
	}
	if r.Selected != nil {
		k.Selected = slices.Clone(r.Selected)
	}
	if r.OnStage != nil {
		k.OnStage = slices.Clone(r.OnStage)
	}
	if r.DefaultHeightPx != nil {
		k.DefaultHeightPx = *r.DefaultHeightPx
	}
	if r.HeightPx != nil {
		k.HeightPx = maps.Clone(r.HeightPx)
	}
	if r.AssumedBandwidthBPS != nil {
		k.AssumedBandwidth = max(allocate.BitsPerSecond(*r.AssumedBandwidthBPS), allocate.Unlimited)
	}
	c.replan()
}

// SetInitialLastN sets last-N as the focus wishes, unless the endpoint has said itself what it wants.
func (e *Endpoint) SetInitialLastN(n int) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if !e.constrained {
		e.constraints.LastN = max(n, allocate.Unlimited)
		c.replan()
	}
}

// Demand is one source's present sender constraint.
type Demand struct {
	Source      string
	MaxHeightPx int
}

// Greeting is what an endpoint must be told when its bridge channel opens, in this order.
type Greeting struct {
	Demands          []Demand // sender constraints of its own sources
	ForwardedSources []string // never nil
	Dominant         string   // "" if nobody has spoken
	Previous         []string // never nil
	Silence          bool
	Inactive         []string // endpoints that have fallen silent
}

// Greeting returns the present state as the endpoint is to know it.
func (e *Endpoint) Greeting() Greeting {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	g := Greeting{
		ForwardedSources: append([]string{}, e.forwarded...),
		Dominant:         c.dominant, Previous: append([]string{}, c.previous...), Silence: c.silence,
	}
	for _, src := range e.sources {
		if src.demand.announced {
			g.Demands = append(g.Demands, Demand{Source: src.name, MaxHeightPx: src.demand.heightPx})
		}
	}
	for _, o := range c.endpointsLocked() {
		if o.inactive {
			g.Inactive = append(g.Inactive, o.id)
		}
	}
	return g
}
