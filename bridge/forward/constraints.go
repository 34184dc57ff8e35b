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

// AudioSubscription is a bridge channel ReceiverAudioSubscription message: Exclude wins, then Include, then All.
type AudioSubscription struct {
	All              bool
	Include, Exclude []string // source names
}

// SetAudioSubscription says which audio sources the endpoint wants; at first it gets all. No reference is kept.
func (e *Endpoint) SetAudioSubscription(a AudioSubscription) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	e.audio = &AudioSubscription{All: a.All, Include: slices.Clone(a.Include), Exclude: slices.Clone(a.Exclude)}
	c.rejoinLocked()
}

// hears says whether e wants the audio source called name. conference.mu must be held.
func (e *Endpoint) hears(name string) bool {
	a := e.audio
	switch {
	case a == nil:
		return true
	case slices.Contains(a.Exclude, name):
		return false
	}
	return a.All || slices.Contains(a.Include, name)
}

// smallConference is up to how many endpoints everybody gets everybody's statistics (as jitsi-videobridge does).
const smallConference = 20

// WantsStatsOf says whether the endpoint has use for the EndpointStats message of the endpoint called sender: always in
// a small conference, else if sender has spoken lately, or its video is forwarded to or selected by this endpoint.
func (e *Endpoint) WantsStatsOf(sender string) bool {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.endpoints) <= smallConference || c.dominant == sender || slices.Contains(c.previous, sender) {
		return true
	}
	s := c.endpoints[sender]
	return s != nil && slices.ContainsFunc(s.sources, func(src *source) bool {
		return slices.Contains(e.forwarded, src.name) || slices.Contains(e.constraints.OnStage, src.name) ||
			slices.Contains(e.constraints.Selected, src.name)
	})
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
