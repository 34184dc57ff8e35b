package forward

import (
	"maps"
	"sync/atomic"
	"time"

	"stammtisch/bridge/allocate"
)

// Endpoint is one participant's session at the bridge: a sender of sources and a receiver of everybody else's. Its
// methods are safe for concurrent use.
type Endpoint struct {
	conference *Conference
	id         string
	outlet     Outlet
	addedAt    time.Time

	negotiated  atomic.Pointer[negotiation]
	incoming    atomic.Pointer[map[uint32]incoming] // by SSRC, copy-on-write
	slots       atomic.Pointer[map[uint32]*slot]    // by outgoing SSRC, copy-on-write
	transportCC atomic.Uint32                       // last transport-wide number given out; the first is 1
	rtt         atomic.Int64                        // nanoseconds, 0 if unknown
	lastHeard   atomic.Int64                        // Unix nanoseconds, 0 if never
	muteAudio   atomic.Bool
	muteVideo   atomic.Bool
	drops       drops
	traffic     traffic
	levels      levels
	feedback    feedback
	reports     reportLog

	// Guarded by conference.mu.
	removed     bool
	connected   bool
	inactive    bool
	sources     []*source
	spent       spent
	videoTypes  map[string]VideoType // by source name, also of sources not signalled yet
	constraints allocate.Constraints
	audio       *AudioSubscription // nil: everything
	constrained bool               // the receiver has sent constraints itself
	forwarded   []string           // as last announced
	announced   bool               // forwarded has been announced at all
}

// defaultHeightPx is what receivers get of each source until they say otherwise: clients without a bridge channel see
// something, and lib-jitsi-meet's first message without a default means the same (as JVB does).
const defaultHeightPx = 180

// defaultRTT is assumed until the first measurement.
const defaultRTT = 100 * time.Millisecond

func newEndpoint(c *Conference, id string, outlet Outlet, n Negotiated, now time.Time) *Endpoint {
	e := &Endpoint{
		conference: c, id: id, outlet: outlet, addedAt: now, spent: make(spent), videoTypes: make(map[string]VideoType),
		constraints: allocate.Constraints{
			LastN: allocate.Unlimited, DefaultHeightPx: defaultHeightPx, AssumedBandwidth: allocate.Unlimited,
		},
	}
	e.feedback.init(c.cfg.FeedbackSSRC)
	e.negotiated.Store(newNegotiation(n))
	e.incoming.Store(new(map[uint32]incoming))
	e.slots.Store(new(map[uint32]*slot))
	return e
}

// ID is the endpoint's id in the conference.
func (e *Endpoint) ID() string { return e.id }

// SetNegotiated replaces payload types and header extensions.
func (e *Endpoint) SetNegotiated(n Negotiated) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	e.negotiated.Store(newNegotiation(n))
	c.rejoinLocked()
}

// SetConnected says whether the endpoint can be sent to. Connecting (again) makes its video start with key frames.
func (e *Endpoint) SetConnected(connected bool) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.connected != connected {
		e.connected = connected
		c.rejoinLocked()
	}
}

// SetForceMute drops all audio or video that the endpoint sends, whatever it claims to be.
func (e *Endpoint) SetForceMute(audio, video bool) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	e.muteAudio.Store(audio)
	e.muteVideo.Store(video)
	c.replan()
}

// Heard says that something else than RTP and RTCP proved the endpoint to be alive, such as a connectivity check.
func (e *Endpoint) Heard(now time.Time) { e.lastHeard.Store(now.UnixNano()) }

// LastHeard is when anything last came from the endpoint; the zero time if nothing ever did.
func (e *Endpoint) LastHeard() time.Time {
	if ns := e.lastHeard.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// RoundTrip is the endpoint's round-trip time by its receiver reports, 0 if unknown.
func (e *Endpoint) RoundTrip() time.Duration { return time.Duration(e.rtt.Load()) }

func (e *Endpoint) roundTrip() time.Duration {
	if rtt := e.RoundTrip(); rtt > 0 {
		return rtt
	}
	return defaultRTT
}

// dropSlotsLocked forgets the outgoing streams of owner, which has left. conference.mu must be held.
func (e *Endpoint) dropSlotsLocked(owner *Endpoint) {
	slots := maps.Clone(*e.slots.Load())
	maps.DeleteFunc(slots, func(_ uint32, s *slot) bool {
		if s.owner == owner {
			s.retire()
		}
		return s.owner == owner
	})
	e.slots.Store(&slots)
}

// maxIdleSlots is how many streams of sources that are gone wait for their return.
const maxIdleSlots = 64

// tidySlotsLocked forgets the outgoing streams of sources that are gone: those on which nothing was ever sent, and all when there are too
// many to wait for their return. conference.mu must be held.
func (e *Endpoint) tidySlotsLocked() {
	old := *e.slots.Load()
	var unused, idle []*slot
	for _, s := range old {
		switch gone, used := s.idle(); {
		case gone && used:
			idle = append(idle, s)
		case gone:
			unused = append(unused, s)
		}
	}
	if len(idle) > maxIdleSlots {
		unused = append(unused, idle...)
	}
	if len(unused) == 0 {
		return
	}
	slots := maps.Clone(old)
	for _, s := range unused {
		s.retire()
		delete(slots, s.ssrc)
	}
	e.slots.Store(&slots)
}

// slotLocked returns the outgoing stream for src, making it if need be. conference.mu must be held.
func (e *Endpoint) slotLocked(src *source) *slot {
	old := *e.slots.Load()
	ssrc := src.encodings[0].ssrc
	if s := old[ssrc]; s != nil {
		s.assign(src)
		return s
	}
	s := newSlot(e, src, e.conference.cfg.Random)
	slots := maps.Clone(old)
	if slots == nil {
		slots = make(map[uint32]*slot)
	}
	slots[ssrc] = s
	e.slots.Store(&slots)
	return s
}
