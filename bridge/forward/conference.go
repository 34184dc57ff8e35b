// Package forward is the core of the bridge: it forwards the audio and video of a conference's endpoints to each other.
//
// It takes decrypted packets (Endpoint.HandleRTP, Endpoint.HandleRTCP), decides per receiver, renumbers, and hands
// headers and payloads to an Outlet for encryption. It knows sources, layers, speakers and receivers' constraints; it
// knows neither sockets, ICE, DTLS nor SRTP, and nothing of XMPP: Colibri2 and the bridge channel are its callers.
//
// A packet runs to completion on the goroutine that read it. What is decided off that path (which receiver gets which
// encoding of what) is planned by Conference.Run and published as immutable snapshots. Read Conference, Endpoint and
// projection first.
package forward

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/bridge/speaker"
	"stammtisch/bridge/udp"
)

// Errors of AddEndpoint.
var (
	ErrDuplicateEndpoint = errors.New("forward: endpoint id in use")
	ErrNoOutlet          = errors.New("forward: endpoint without outlet")
)

// Conference is one room as the bridge sees it. Its methods are safe for concurrent use.
type Conference struct {
	cfg  Config
	wake chan struct{} // one element: something changed that the planner must look at
	work sync.Pool     // of *work

	dirty atomic.Bool // a plan is due

	stepMu sync.Mutex // serialises step: events must leave in order
	timers timers     // guarded by stepMu

	mu           sync.Mutex
	endpoints    map[string]*Endpoint // guarded by mu, as all below
	speech       []*Endpoint          // most recent speaker first, then by arrival
	detector     *speaker.Detector
	dominant     string
	previous     []string // recent speakers before the dominant one
	silence      bool
	rates        Rates
	measured     Totals // at measuredAt
	measuredAt   time.Time
	departed     Totals // what endpoints that have left had counted, and what belongs to none
	round        uint64 // of the plan
	audioChanged bool   // the plan must subscribe to audio anew
}

// timers says when the parts of a step were last done.
type timers struct {
	decided, checked, measured, planned time.Time
	demand                              time.Time // when a lower demand may be announced; zero if none is pending
}

// How often things happen off the packet path.
const (
	// Three ticks are a little more than speaker.DecisionInterval, so that a ticker's jitter does not cost one; and no
	// multiple of it is a round period soon: decisions would fall on the same place of a sound that repeats, again and again.
	tick            = 103 * time.Millisecond
	measureInterval = time.Second
	planInterval    = 5 * time.Second
	minPlanSpacing  = 20 * time.Millisecond
)

// NewConference returns an empty conference. Run must be called for it to work.
func NewConference(cfg Config) *Conference {
	return &Conference{
		cfg: cfg.withDefaults(), wake: make(chan struct{}, 1), work: sync.Pool{New: newWork},
		endpoints: make(map[string]*Endpoint), detector: speaker.New(cfg.SilenceTimeout),
	}
}

// Run plans, measures and reports until ctx ends; then it returns nil.
func (c *Conference) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	// Changes come in bursts: the first is answered at once, what follows shortly after together.
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
			pause.Reset(minPlanSpacing)
		case <-pause.C:
		case <-ticker.C:
		}
		c.step(time.Now())
	}
}

// step does what is due at time now.
func (c *Conference) step(now time.Time) {
	c.stepMu.Lock()
	defer c.stepMu.Unlock()
	var out []func(Events)
	if due(&c.timers.decided, now, speaker.DecisionInterval) {
		out = append(out, c.decideSpeaker(now)...)
	}
	if due(&c.timers.checked, now, connectivityInterval) {
		out = append(out, c.checkConnectivity(now)...)
		c.repeatKeyframeRequests(now)
	}
	if due(&c.timers.measured, now, measureInterval) {
		c.measure(now)
	}
	for _, event := range out {
		event(c.cfg.Events)
	}
	c.noticeStoppedEncodings(now)
	if c.planIsDue(now) {
		c.plan(now)
	}
}

func due(last *time.Time, now time.Time, interval time.Duration) bool {
	if now.Sub(*last) < interval {
		return false
	}
	*last = now
	return true
}

// replan says that the plan is outdated. It never blocks and may be called with any lock held.
func (c *Conference) replan() {
	c.dirty.Store(true)
	select {
	case c.wake <- struct{}{}:
	default: // it is about to run
	}
}

// rejoinLocked says that sources or receivers have changed. c.mu must be held.
func (c *Conference) rejoinLocked() {
	c.audioChanged = true
	c.replan()
}

// AddEndpoint adds an endpoint that sends through outlet. Until SetConnected nothing is sent to it.
func (c *Conference) AddEndpoint(id string, outlet Outlet, n Negotiated, now time.Time) (*Endpoint, error) {
	if outlet == nil {
		return nil, ErrNoOutlet
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoints[id] != nil {
		return nil, ErrDuplicateEndpoint
	}
	e := newEndpoint(c, id, outlet, n, now)
	c.endpoints[id] = e
	c.speech = append(c.speech, e)
	c.rejoinLocked()
	return e, nil
}

// Endpoint returns the endpoint with the given id, or nil.
func (c *Conference) Endpoint(id string) *Endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endpoints[id]
}

// Endpoints returns all endpoints, ordered by id.
func (c *Conference) Endpoints() []*Endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endpointsLocked()
}

func (c *Conference) endpointsLocked() []*Endpoint {
	all := make([]*Endpoint, 0, len(c.endpoints))
	for _, e := range c.endpoints {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *Endpoint) int { return cmp.Compare(a.id, b.id) })
	return all
}

// RemoveEndpoint removes an endpoint, its sources, and everybody's streams of them. Packets that are being handled by
// another goroutine may still be given to its outlet for a moment.
func (c *Conference) RemoveEndpoint(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.endpoints[id]
	if e == nil {
		return
	}
	delete(c.endpoints, id)
	c.speech = slices.DeleteFunc(c.speech, func(o *Endpoint) bool { return o == e })
	c.previous = slices.DeleteFunc(c.previous, func(o string) bool { return o == id })
	c.detector.Remove(id)
	if c.dominant == id {
		c.dominant = ""
	}
	e.removed = true
	for _, src := range e.sources {
		src.removeLocked()
	}
	e.sources = nil
	e.publishSourcesLocked()
	for _, o := range c.endpoints {
		o.dropSlotsLocked(e)
		for _, src := range o.sources {
			src.unsubscribeLocked(e)
		}
	}
	c.departed.add(e.totals())
	c.rejoinLocked()
}

// repeatKeyframeRequests sends the requests that were put off or came to nothing: the packet that would do so may never come, as from a
// screen on which nothing moves.
func (c *Conference) repeatKeyframeRequests(now time.Time) {
	var sources []*source
	var slots []*slot
	c.mu.Lock()
	for _, e := range c.endpoints {
		for _, src := range e.sources {
			if src.media != Video || !e.connected {
				continue
			}
			if src.keyframes.waiting.Load() {
				sources = append(sources, src)
			}
			for _, s := range *src.subscribers.Load() {
				if s.waits() {
					slots = append(slots, s)
				}
			}
		}
	}
	c.mu.Unlock()
	if len(sources)+len(slots) == 0 {
		return
	}
	c.cfg.Dispatch(func(b *udp.Batch) {
		for _, src := range sources {
			src.keyframes.repeat(b, src, now)
		}
		for _, s := range slots {
			s.refresh(b, now)
		}
	})
}
