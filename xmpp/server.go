package xmpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Server is the XMPP server: hosts that clients log in to, components, and the router between them. Make one with [New]; it
// routes at once, takes streams where its handlers and listeners are served, and says goodbye to them when [Server.Run] ends.
type Server struct {
	// Set at construction, read-only afterwards.
	cfg   Config
	deps  Deps
	log   *slog.Logger
	hosts map[string]*host

	router   router
	throttle throttle
	preAuth  perNetwork // streams that have not authenticated yet
	bound    perNetwork // sessions
	count    counters

	resumable syncMap[string, *session]       // by resumption token
	bosh      syncMap[string, *boshTransport] // by sid

	mu      sync.Mutex
	closing bool             // guarded by mu
	streams map[*stream]bool // guarded by mu
	done    chan struct{}    // closed when closing
	wg      sync.WaitGroup   // streams and what they start

}

// New returns a server for cfg.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.check(deps); err != nil {
		return nil, fmt.Errorf("xmpp: %w", err)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Software == "" {
		cfg.Software = "Stammtisch"
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, deps: deps, log: deps.Log, hosts: make(map[string]*host), streams: make(map[*stream]bool), done: make(chan struct{})}
	s.router.init(s)
	for _, h := range cfg.Hosts {
		hs := newHost(s, h)
		s.hosts[h.Name] = hs
		if err := s.router.addDomain(h.Name, hs); err != nil {
			return nil, fmt.Errorf("xmpp: %w", err)
		}
	}
	return s, nil
}

// Run waits until ctx ends, then tells every client that the system shuts down, and returns when all streams have ended or the
// grace is over.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return errors.New("xmpp: the server ran already")
	}
	s.closing = true
	close(s.done)
	all := make([]*stream, 0, len(s.streams))
	for c := range s.streams {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.kill(&StreamError{Condition: "system-shutdown"}, "shutdown")
	}
	s.endHibernating()
	ended := make(chan struct{})
	go func() { s.wg.Wait(); close(ended) }()
	select {
	case <-ended:
		s.awaitTold()
		return nil
	case <-time.After(s.cfg.Limits.Grace):
	}
	for _, c := range all {
		c.tr.abort()
	}
	<-ended
	return nil
}

// awaitTold waits a moment until the clients over BOSH have asked for the goodbye: a client whose request was just answered has none
// waiting, and learns of the end by its next one.
func (s *Server) awaitTold() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	var all []*boshTransport
	s.bosh.each(func(_ string, t *boshTransport) { all = append(all, t) })
	for _, t := range all {
		select {
		case <-t.told:
		case <-ctx.Done():
		}
	}
}

// spawn runs f on a goroutine that Run waits for; not any more once the server shuts down.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.wg.Go(f)
	}
}

func (s *Server) isClosing() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// endHibernating ends the sessions that no stream carries.
func (s *Server) endHibernating() {
	var all []*session
	s.resumable.each(func(_ string, sess *session) { all = append(all, sess) })
	for _, sess := range all {
		sess.end("shutdown", false)
	}
}

// Component makes e responsible for everything addressed to domain. It fails if somebody is already.
func (s *Server) Component(domain string, e Entity) error {
	return s.router.addDomain(domain, e)
}

// RemoveComponent undoes [Server.Component].
func (s *Server) RemoveComponent(domain string) { s.router.removeDomain(domain) }

// Send routes a stanza of a component, which answers for its from being right. It implements [Sender]: it never blocks, and what
// cannot be delivered comes back as an error stanza to st.From.
func (s *Server) Send(st Stanza) error {
	if st.From.IsZero() || st.To.IsZero() {
		return fmt.Errorf("send %s: from and to are needed", st.Kind)
	}
	s.router.route(st)
	return nil
}

// Sessions returns the full addresses of an account's sessions and links, the oldest first.
func (s *Server) Sessions(account JID) []JID {
	var all []JID
	for _, r := range s.router.sessionsOf(account.Bare()) {
		all = append(all, r.address())
	}
	return all
}
