package focus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/xmpp"
	"stammtisch/xmpp/contain"
)

// Focus is the conference focus. New makes one, Run runs it once.
type Focus struct {
	cfg  Config
	link xmpp.Link
	log  *slog.Logger
	now  func() time.Time
	ids  *ids

	admission  *admission
	brewery    *brewery
	registry   *registry
	caps       *capsCache
	components atomic.Pointer[components]

	wake    chan struct{} // of one: time has something new to do
	dropped atomic.Uint64 // stanzas the link did not take
	panics  atomic.Uint64
	created atomic.Uint64 // conferences so far
}

// New checks cfg and makes a focus. Nothing happens before Run.
func New(cfg Config, deps Deps) (*Focus, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Link == nil {
		return nil, errors.New("focus: no link")
	}
	f := &Focus{cfg: cfg, link: deps.Link, log: deps.Log, now: deps.Now, caps: &capsCache{}, registry: newRegistry(cfg), wake: make(chan struct{}, 1)}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.now == nil {
		f.now = time.Now
	}
	f.ids = &ids{rand: deps.Rand}
	if deps.Rand == nil {
		f.ids.rand = rand.Reader
	}
	f.admission = &admission{cfg: cfg, sessions: newAuthSessions(cfg.AuthLifetime, cfg.MaxAuthSessions, f.ids)}
	var err error
	if f.brewery, err = newBrewery(cfg, f.ids, f.log); err != nil {
		return nil, fmt.Errorf("focus: brewery: %w", err)
	}
	f.components.Store(&components{avModeration: cfg.AVModeration, roomMetadata: cfg.RoomMetadata, breakout: cfg.BreakoutDomain})
	return f, nil
}

// Run serves conferences until ctx ends, which gives nil, or until the link breaks, which gives its error. Before it returns, every
// participant has been told, every bridge released and every room left, as far as the link still takes that.
func (f *Focus) Run(ctx context.Context) error {
	var ticker sync.WaitGroup
	inner, cancel := context.WithCancel(ctx)
	ticker.Go(func() { f.tick(inner) })
	err := f.receive(inner)
	cancel()
	ticker.Wait()
	for _, r := range f.registry.shut() {
		if errors.Is(r.post(stopEvent{"shutting down"}), errInboxIsFull) {
			r.overrun("shutting down")
		}
	}
	f.registry.running.Wait()
	f.sendAll(f.brewery.leave())
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("focus: %w", err)
}

// receive hands every stanza on.
func (f *Focus) receive(ctx context.Context) error {
	for {
		st, err := f.link.Receive(ctx)
		if err != nil {
			return err
		}
		if !contain.Do(f.log, func() { f.dispatch(st) }) {
			f.panics.Add(1)
			if st.IsRequest() {
				f.refuse(st, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.InternalServerError})
			}
		}
	}
}

// discoverEvery is the pause between queries for components as long as none was answered.
const discoverEvery = 30 * time.Second

// tick does what time demands: bridges, components, old logins.
func (f *Focus) tick(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var nextDisco, nextExpiry time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-f.wake:
		}
		now := f.now()
		out, next := f.brewery.tick(now)
		f.sendAll(out)
		if c := f.components.Load(); (c.avModeration.IsZero() || c.roomMetadata.IsZero()) && !now.Before(nextDisco) {
			nextDisco = now.Add(discoverEvery)
			f.send(discoverQuery(f.cfg.Domain, "-d:"+f.ids.token()))
		}
		if !now.Before(nextExpiry) {
			nextExpiry = now.Add(time.Minute)
			f.admission.sessions.expire(now)
		}
		timer.Reset(max(next.Sub(now), 10*time.Millisecond))
	}
}

func (f *Focus) send(st xmpp.Stanza) {
	if err := f.link.Send(st); err != nil {
		f.dropped.Add(1)
		f.log.Warn("the link does not take a stanza", "kind", st.Kind, "err", err)
	}
}

func (f *Focus) sendAll(sts []xmpp.Stanza) {
	for _, st := range sts {
		f.send(st)
	}
}

// Stats are numbers for metrics and for whoever watches.
type Stats struct {
	Conferences, Participants       int
	Bridges, OperationalBridges     int
	ConferencesCreated, DroppedSent uint64
	Panics                          uint64 // each of which ended a conference, or cost a stanza
}

// Stats returns the current numbers. It is safe for concurrent use.
func (f *Focus) Stats() Stats {
	view := f.brewery.snapshot()
	s := Stats{Bridges: len(view), OperationalBridges: view.operational(), ConferencesCreated: f.created.Load(), DroppedSent: f.dropped.Load(), Panics: f.panics.Load()}
	f.registry.mu.Lock()
	defer f.registry.mu.Unlock()
	s.Conferences = len(f.registry.byRoom)
	for _, r := range f.registry.byRoom {
		s.Participants += r.participants
	}
	return s
}
