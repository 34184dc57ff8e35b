// Package allocate decides which quality of which video source a receiver gets.
//
// It consists of pure functions over snapshots: Effective turns a receiver's wishes into a height per source, in order
// of priority; Allocate spends a bandwidth on the result. Nobody forwards, measures or remembers here. The rules are
// those of jitsi-videobridge's bandwidth allocator, so that stock clients see what they are used to. Read Source and
// Constraints first.
package allocate

import "math"

// BitsPerSecond is a bitrate.
type BitsPerSecond int64

// Special values.
const (
	NoLayer   = -1 // nothing is forwarded
	Unlimited = -1 // of heights, last-N and assumed bandwidths: no limit

	// Infinite is the budget of a receiver about whose bandwidth nothing is known.
	Infinite BitsPerSecond = math.MaxInt64 / 4
)

// oversend is by how much the first on-stage screen share may exceed the budget.
const oversend BitsPerSecond = 500_000

// A camera on stage gets at least this before sources below it get more than their lowest layer.
const preferredHeightPx = 360

// Layer is one encoding of a source, as it is being received.
type Layer struct {
	HeightPx int           // the smaller dimension
	Bitrate  BitsPerSecond // 0: not being sent at present
}

// Source is one video source of another endpoint.
type Source struct {
	Name    string
	Desktop bool // screen content: sharpness before motion
	Enabled bool // false while muted or switched off
	Layers  []Layer
}

// Constraints are a receiver's wishes, as the bridge channel's ReceiverVideoConstraints carries them.
type Constraints struct {
	LastN            int // Unlimited, or the largest number of sources with video
	Selected         []string
	OnStage          []string
	DefaultHeightPx  int
	HeightPx         map[string]int // by source name
	AssumedBandwidth BitsPerSecond  // Unlimited, or what to use in place of an estimate
}

// Want is one source with the height that a receiver's constraints leave it.
type Want struct {
	Source      *Source
	MaxHeightPx int // Unlimited, 0 for nothing, or the largest acceptable height
	OnStage     bool
}

// Effective orders sources by priority and gives each its effective height.
//
// sources come in speech order, most recent speaker first, without the receiver's own. On-stage sources come first,
// then selected ones, each in the order the receiver named them, then the other enabled ones, then disabled ones.
// Last-N counts sources whose height is not zero. The result aliases sources and keeps nothing else.
func Effective(sources []Source, c Constraints) []Want {
	wants := make([]Want, 0, len(sources))
	taken := make([]bool, len(sources))
	take := func(i int, onStage bool) {
		taken[i] = true
		wants = append(wants, Want{Source: &sources[i], OnStage: onStage})
	}
	named := index(sources, len(c.OnStage)+len(c.Selected) > 0)
	for _, name := range c.OnStage {
		if i, ok := named[name]; ok && !taken[i] && sources[i].Enabled {
			take(i, true)
		}
	}
	for _, name := range c.Selected {
		if i, ok := named[name]; ok && !taken[i] && sources[i].Enabled {
			take(i, false)
		}
	}
	for _, enabled := range []bool{true, false} {
		for i := range sources {
			if !taken[i] && sources[i].Enabled == enabled {
				take(i, false)
			}
		}
	}
	c.limit(wants)
	return wants
}

// limit gives each of wants, in order of priority, its height.
func (c *Constraints) limit(wants []Want) {
	left := c.LastN
	for i := range wants {
		w := &wants[i]
		if !w.Source.Enabled || left == 0 {
			continue
		}
		w.MaxHeightPx = c.DefaultHeightPx
		if h, ok := c.HeightPx[w.Source.Name]; ok {
			w.MaxHeightPx = h
		}
		w.MaxHeightPx = max(w.MaxHeightPx, Unlimited)
		if w.MaxHeightPx != 0 && left > 0 {
			left--
		}
	}
}

// index finds sources by name, if that is needed.
func index(sources []Source, needed bool) map[string]int {
	if !needed {
		return nil
	}
	named := make(map[string]int, len(sources))
	for i := range sources {
		named[sources[i].Name] = i
	}
	return named
}

// Allocate chooses one layer per want so that the sum of their bitrates stays within budget.
//
// wants is ordered by priority, most important first. The result has one layer index per want, in the same order;
// NoLayer where nothing is to be forwarded. A want with MaxHeightPx 0 always gets NoLayer. Only the first want may
// exceed the budget, and only as an on-stage screen share. Allocate keeps no reference to its arguments, does not fail,
// and is safe for concurrent use.
func Allocate(budget BitsPerSecond, wants []Want) []int {
	choices := make([]choice, len(wants))
	for i, w := range wants {
		choices[i] = candidates(w)
	}
	for {
		before := budget
		for i := range choices {
			c := &choices[i]
			if len(c.layers) == 0 {
				continue
			}
			budget += c.cost()
			c.improve(budget, i == 0)
			budget -= c.cost()
			if wants[i].OnStage && c.at < c.preferred {
				break // everyone below starves until the stage has what it needs
			}
		}
		if budget == before {
			break
		}
	}
	result := make([]int, len(wants))
	for i, c := range choices {
		result[i] = NoLayer
		if c.at >= 0 {
			result[i] = c.layers[c.at].index
		}
	}
	return result
}
