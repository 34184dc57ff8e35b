package forward

import (
	"slices"
	"sync"
	"time"
)

// previousSpeakers is how many former speakers are remembered beside the dominant one.
const previousSpeakers = 10

// levels are an endpoint's audio levels since the last decision about who speaks.
type levels struct {
	mu  sync.Mutex
	buf [64]level // guarded by mu
	n   int       // guarded by mu
}

type level struct {
	loudness uint8 // 127 is loudest
	at       time.Time
}

// push records a level; what does not fit is the oldest and lost.
func (l *levels) push(loudness uint8, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n == len(l.buf) {
		copy(l.buf[:], l.buf[1:])
		l.n--
	}
	l.buf[l.n] = level{loudness, at}
	l.n++
}

// drain appends the levels to dst and forgets them.
func (l *levels) drain(dst []level) []level {
	l.mu.Lock()
	defer l.mu.Unlock()
	dst = append(dst, l.buf[:l.n]...)
	l.n = 0
	return dst
}

// decideSpeaker finds out who speaks and returns the event if that has changed.
func (c *Conference) decideSpeaker(now time.Time) []func(Events) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var scratch []level
	for _, e := range c.speech {
		scratch = e.levels.drain(scratch[:0])
		for _, l := range scratch {
			c.detector.Level(e.id, l.loudness, l.at)
		}
	}
	dominant, silence := c.detector.Decide(now)
	if dominant == "" || dominant == c.dominant && silence == c.silence {
		return nil
	}
	if dominant != c.dominant {
		c.takeFloorLocked(dominant)
		c.departed.SpeakerChanges++
	}
	c.silence = silence
	previous := append([]string{}, c.previous...)
	return []func(Events){func(to Events) { to.DominantSpeaker(dominant, previous, silence) }}
}

// takeFloorLocked makes id the dominant speaker. c.mu must be held.
func (c *Conference) takeFloorLocked(id string) {
	is := func(o string) bool { return o == id }
	c.previous = slices.DeleteFunc(c.previous, is)
	if c.dominant != "" {
		c.previous = slices.Insert(c.previous, 0, c.dominant)
		c.previous = c.previous[:min(len(c.previous), previousSpeakers)]
	}
	c.dominant = id
	if e := c.endpoints[id]; e != nil {
		c.speech = slices.DeleteFunc(c.speech, func(o *Endpoint) bool { return o == e })
		c.speech = slices.Insert(c.speech, 0, e)
	}
	c.replan()
}
