package focus

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"stammtisch/xmpp"
)

// inboxSize bounds what waits for one conference. Requests are refused when it is three quarters full; should it ever be full, the
// conference has missed something and ends, so that its participants start over.
const inboxSize = 4096

var (
	errTooMany     = errors.New("too many conferences")
	errTooManyOwn  = errors.New("too many empty conferences of one address")
	errShutDown    = errors.New("shutting down")
	errInboxIsFull = errors.New("conference has too much to do")
	errEnded       = errors.New("conference has ended")
)

// runner is a running conference as others see it.
type runner struct {
	id      uint64
	room    xmpp.JID
	creator xmpp.JID
	inbox   chan event

	mu    sync.Mutex
	ended bool // nothing more is taken; guarded by mu

	// guarded by registry.mu
	populated    bool
	participants int
	main         xmpp.JID // of a breakout room
}

// log is for what concerns the conference. It goes by a number: a room's name may say who meets there, which is nobody's business
// who reads logs; the debug level tells which number is which room.
func (r *runner) log(log *slog.Logger) *slog.Logger { return log.With("conference", r.id) }

// post hands over an event without waiting.
func (r *runner) post(ev event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return errEnded
	}
	if _, isIQ := ev.(iqEvent); isIQ && len(r.inbox) > inboxSize*3/4 {
		return errInboxIsFull
	}
	select {
	case r.inbox <- ev:
		return nil
	default:
		return errInboxIsFull
	}
}

// overrun makes a conference that has too much to do end: what waits is dropped for the order to stop. Conference requests among it
// are answered "not ready".
func (r *runner) overrun(reason string) {
	for _, ev := range r.replace(stopEvent{reason}) {
		if req, ok := ev.(requestEvent); ok {
			req.done(false)
		}
	}
}

// replace empties the inbox for one event and returns what was in it.
func (r *runner) replace(ev event) (dropped []event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ended {
		select {
		case old := <-r.inbox:
			dropped = append(dropped, old)
		default:
			r.inbox <- ev // only we send, under mu
			return dropped
		}
	}
	return nil
}

// end refuses further events and returns those that were left.
func (r *runner) end() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	var rest []event
	for len(r.inbox) > 0 {
		rest = append(rest, <-r.inbox)
	}
	return rest
}

// registry knows the running conferences. It is safe for concurrent use and calls nobody.
type registry struct {
	cfg Config

	running sync.WaitGroup // conferences; added to under mu while not closed

	mu        sync.Mutex
	closed    bool
	last      uint64
	byRoom    map[xmpp.JID]*runner
	byID      map[uint64]*runner
	breakouts map[xmpp.JID]int // running breakout rooms per main room
}

func newRegistry(cfg Config) *registry {
	return &registry{cfg: cfg, byRoom: map[xmpp.JID]*runner{}, byID: map[uint64]*runner{}, breakouts: map[xmpp.JID]int{}}
}

// lookup returns the conference in a room, or nil.
func (g *registry) lookup(room xmpp.JID) *runner {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byRoom[room]
}

// ofID returns the conference that sent the IQ with that id, or nil.
func (g *registry) ofID(id string) *runner {
	head, _, ok := strings.Cut(id, ":")
	n, err := strconv.ParseUint(head, 36, 64)
	if !ok || err != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byID[n]
}

// prefix is what the ids of a conference's IQs begin with.
func (r *runner) prefix() string { return strconv.FormatUint(r.id, 36) + ":" }

// alive says whether a conference runs in the room or in one of its breakout rooms.
func (g *registry) alive(room xmpp.JID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byRoom[room] != nil || g.breakouts[room] > 0
}

// breakoutsOf counts the running breakout rooms.
func (g *registry) breakoutsOf(room xmpp.JID) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.breakouts[room]
}

// open returns the conference in a room; created says that it is new and has to be run, and running.Done called at its end.
func (g *registry) open(room, creator xmpp.JID) (r *runner, created bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r = g.byRoom[room]; r != nil {
		return r, false, nil
	}
	if g.closed {
		return nil, false, errShutDown
	}
	if len(g.byRoom) >= g.cfg.MaxConferences {
		return nil, false, errTooMany
	}
	if g.emptyOfLocked(creator) >= g.emptyLimit(creator) {
		return nil, false, errTooManyOwn
	}
	g.last++
	r = &runner{id: g.last, room: room, creator: creator, inbox: make(chan event, inboxSize)}
	g.running.Add(1)
	g.byRoom[room], g.byID[r.id] = r, r
	return r, true, nil
}

// emptyOfLocked counts the conferences that one address has opened and that nobody has come to.
func (g *registry) emptyOfLocked(creator xmpp.JID) int {
	n := 0
	for _, r := range g.byRoom {
		if r.creator == creator && !r.populated {
			n++
		}
	}
	return n
}

// emptyLimit bounds them. Who asks over HTTP has no address; all of them together leave room for others.
func (g *registry) emptyLimit(creator xmpp.JID) int {
	if creator.IsZero() {
		return max(g.cfg.MaxConferences/4, 1)
	}
	return g.cfg.MaxEmptyPerCreator
}

// close removes a conference that has ended, and returns the main room to be told where it was a breakout room.
func (g *registry) close(r *runner) (main *runner) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byRoom[r.room] == r {
		delete(g.byRoom, r.room)
	}
	delete(g.byID, r.id)
	if !r.main.IsZero() {
		if g.breakouts[r.main]--; g.breakouts[r.main] <= 0 {
			delete(g.breakouts, r.main)
		}
		main = g.byRoom[r.main]
	}
	return main
}

// setMain notes that r is a breakout room of main.
func (g *registry) setMain(r *runner, main xmpp.JID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.main.IsZero() && !main.IsZero() {
		r.main = main
		g.breakouts[main]++
	}
}

// setSize notes how many participants a conference has.
func (g *registry) setSize(r *runner, participants int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.populated = r.populated || participants > 0
	r.participants = participants
}

// all returns the running conferences.
func (g *registry) all() []*runner {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*runner, 0, len(g.byRoom))
	for _, r := range g.byRoom {
		out = append(out, r)
	}
	return out
}

// shut refuses new conferences from now on and returns those that run.
func (g *registry) shut() []*runner {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	return g.all()
}
