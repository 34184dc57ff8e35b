// Package speaker finds out who speaks, from audio levels alone.
//
// It implements the dominant speaker identification of Volfin and Cohen, "Dominant speaker identification for multipoint
// videoconferencing" (2013), with the constants that jitsi-videobridge uses, so that mixed deployments agree. It runs
// no timer and reads no clock: levels carry their time, and Decide is called by the owner. Read Detector first.
package speaker

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Timing of the detector.
const (
	// DecisionInterval is how often Decide should be called.
	DecisionInterval = 300 * time.Millisecond

	levelInterval = 40 * time.Millisecond // a speaker without a level for longer is taken as silent
	forgetAfter   = time.Hour
	idleAfter     = 15 * time.Second // without any level for longer, nothing is decided
)

// A challenger must exceed the dominant speaker by these log ratios.
const (
	immediateLead = 3
	mediumLead    = 2
	longLead      = 0
)

// Detector holds the level history of one conference. It is not safe for concurrent use.
type Detector struct {
	silenceTimeout time.Duration

	voices    map[string]*entry
	dominant  string
	lastLevel time.Time
	speechAt  time.Time // when the dominant speaker's long score was last above its floor
	silent    bool
}

type entry struct {
	voice
	id   string
	last time.Time // of the newest level, pushed zeros included
	real time.Time // of the newest level received
}

// New returns an empty detector. A silenceTimeout above zero makes it report silence once the dominant speaker said
// nothing for so long; zero keeps the last speaker dominant, as jitsi-videobridge does by default.
func New(silenceTimeout time.Duration) *Detector {
	return &Detector{silenceTimeout: silenceTimeout, voices: make(map[string]*entry)}
}

// Level records that id had an audio level at the given time. level runs from 0 (silence) to 127 (loudest): the
// complement of what RFC 6464 carries. Times of one id must not go backwards by more than jitter.
func (d *Detector) Level(id string, level uint8, at time.Time) {
	e := d.voices[id]
	if e == nil {
		e = &entry{id: id, last: at}
		d.voices[id] = e
	}
	e.silenceUntil(at)
	e.push(level)
	e.last, e.real = at, at
	if at.After(d.lastLevel) {
		d.lastLevel = at
	}
}

// Remove forgets id. If it was dominant, there is no dominant speaker until the next decision.
func (d *Detector) Remove(id string) {
	delete(d.voices, id)
	if d.dominant == id {
		d.dominant, d.silent, d.speechAt = "", false, time.Time{}
	}
}

// Decide returns the dominant speaker at time now, "" if nobody has ever sent a level, and whether there is silence.
func (d *Detector) Decide(now time.Time) (dominant string, silence bool) {
	if len(d.voices) == 0 || now.Sub(d.lastLevel) > idleAfter {
		return d.dominant, d.silent
	}
	var all []*entry
	for id, e := range d.voices {
		if now.Sub(e.real) > forgetAfter && id != d.dominant {
			delete(d.voices, id)
			continue
		}
		e.silenceUntil(now)
		e.evaluate()
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.id, b.id) })
	d.dominant = d.choose(all)
	d.silent = d.detectSilence(now)
	return d.dominant, d.silent
}

// choose returns the winner among all, which is not empty.
func (d *Detector) choose(all []*entry) string {
	incumbent := d.voices[d.dominant]
	if incumbent == nil {
		// Nobody to beat yet: the one who talks, rather than whoever comes first in a map.
		incumbent = slices.MaxFunc(all, func(a, b *entry) int {
			return cmp.Or(cmp.Compare(a.long, b.long), cmp.Compare(a.medium, b.medium), cmp.Compare(a.immediate, b.immediate))
		})
	}
	winner, best := incumbent, float64(mediumLead)
	for _, e := range all {
		c1 := math.Log(e.immediate / incumbent.immediate)
		c2 := math.Log(e.medium / incumbent.medium)
		c3 := math.Log(e.long / incumbent.long)
		if e != incumbent && c1 > immediateLead && c2 > best && c3 > longLead {
			winner, best = e, c2
		}
	}
	return winner.id
}

func (d *Detector) detectSilence(now time.Time) bool {
	if d.silenceTimeout <= 0 {
		return false
	}
	if e := d.voices[d.dominant]; e != nil && e.long > scoreFloor || d.speechAt.IsZero() {
		d.speechAt = now
	}
	return now.Sub(d.speechAt) > d.silenceTimeout
}

// silenceUntil pushes zeros for the time in which nothing came: discontinuous transmission sends no levels in pauses.
func (e *entry) silenceUntil(now time.Time) {
	missed := min(int(now.Sub(e.last)/levelInterval), historyLen)
	for range missed {
		e.push(0)
	}
	if missed > 0 {
		e.last = now
	}
}
