// Package bridge is the selective forwarding unit: it receives each participant's media once and forwards to the others what they
// want to see and hear. It takes orders over Colibri2 from whatever focus is in the brewery room, and speaks with clients over the
// bridge channel. It knows nothing of rooms.
//
// Read first: Service (the entity in the brewery), conference (what one goroutine owns), endpoint. The media core underneath, which
// knows no signalling, is in the packages udp, ice, transport and forward.
package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/transport"
	"stammtisch/bridge/udp"
	"stammtisch/xmpp"
)

const (
	presenceInterval = 5 * time.Second  // between statistics in the brewery (as JVB)
	sweepInterval    = 15 * time.Second // between looks for what has expired
)

// Config is how a bridge is set up.
type Config struct {
	// ID is the bridge's nick in the brewery and its part of the WebSocket URL.
	ID string
	// Brewery is the room where focus and bridges meet.
	Brewery xmpp.JID
	// PublicURL is the base of the URL of bridge channels over WebSocket, for example wss://meet.example. Empty offers none.
	PublicURL string
	Region    string
	Version   string
	// Listen are the UDP addresses for media, "IP:port" or ":port" for every address of the machine.
	Listen []string
	// Advertise are the addresses that clients are told instead of those, "IP" or "IP:port".
	Advertise []string
	// Loopback tells clients loopback addresses too, for those on the same machine.
	Loopback bool
}

// Service is a bridge.
type Service struct {
	cfg      Config
	link     xmpp.Link
	log      *slog.Logger
	udp      *udp.Server
	mux      *ice.Mux
	identity *transport.Identity
	counters counters
	batches  sync.Pool     // of *udp.Batch, for dispatch
	stopping chan struct{} // closed when every conference is to end

	mu       sync.Mutex
	byID     map[string]*conference // by meeting id; guarded by mu
	byPublic map[string]*conference // by the id in WebSocket URLs; guarded by mu
	stopped  bool                   // guarded by mu
	totals   totals                 // of ended conferences; guarded by mu

	handlers sync.WaitGroup // running WebSocket handlers
	running  sync.WaitGroup // conferences
}

// New makes a bridge and opens its port; Run makes it work. A port that is taken is an error that says so.
func New(cfg Config, link xmpp.Link, log *slog.Logger) (*Service, error) {
	s := &Service{
		cfg: cfg, link: link, log: log,
		stopping: make(chan struct{}), byID: map[string]*conference{}, byPublic: map[string]*conference{},
	}
	addresses, err := ice.ParseAdvertise(cfg.Advertise)
	if err != nil {
		return nil, err
	}
	if s.identity, err = transport.NewIdentity(nil); err != nil {
		return nil, err
	}
	if s.udp, err = udp.Listen(udp.Config{Listen: cfg.Listen, Log: log}); err != nil {
		return nil, err
	}
	s.mux, err = ice.NewMux(s.udp, ice.Config{Advertise: ice.Advertise{Addresses: addresses, Loopback: cfg.Loopback}})
	if err != nil {
		_ = s.udp.Close()
		return nil, err
	}
	s.batches.New = func() any { return s.udp.NewBatch() }
	return s, nil
}

// Run joins the brewery and serves until ctx ends or the link or the port fails. Before it returns, every conference has ended.
func (s *Service) Run(ctx context.Context) error {
	nick, err := s.cfg.Brewery.WithResource(s.cfg.ID)
	if err != nil {
		return fmt.Errorf("bridge id: %w", err)
	}
	media, stopMedia := context.WithCancel(context.WithoutCancel(ctx))
	mediaErr := make(chan error, 1)
	var port sync.WaitGroup
	port.Go(func() { mediaErr <- s.udp.Run(media, s.mux) })
	defer port.Wait()
	defer stopMedia()
	defer s.stop()

	ctx, cancel := context.WithCancel(ctx)
	in, receiver := s.receive(ctx)
	defer func() {
		cancel()
		for range in {
			// The receiver may hold one more stanza.
		}
		<-receiver.done
	}()
	seat := &seat{nick: nick}
	if err := s.join(seat); err != nil {
		return err
	}
	presence, sweep := time.NewTicker(presenceInterval), time.NewTicker(sweepInterval)
	defer presence.Stop()
	defer sweep.Stop()
	for {
		select {
		case st, ok := <-in:
			if !ok && ctx.Err() == nil {
				return fmt.Errorf("bridge: %w", receiver.err)
			} else if ok {
				s.handle(st, seat)
			}
		case err := <-mediaErr:
			return err
		case now := <-presence.C:
			s.announce(seat)
			s.each(func(c *conference) { c.tick(now) })
		case now := <-sweep.C:
			s.each(func(c *conference) { c.sweep(now) })
		case <-ctx.Done():
			s.send(xmpp.NewStanza(xmpp.Presence, "unavailable", s.link.JID(), nick))
			return nil
		}
	}
}

// receiver reads the link on a goroutine of its own.
type receiver struct {
	done chan struct{}
	err  error // set before done is closed
}

// receive yields what arrives on the link until ctx ends or the link breaks.
func (s *Service) receive(ctx context.Context) (<-chan xmpp.Stanza, *receiver) {
	in, r := make(chan xmpp.Stanza), &receiver{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer close(in)
		for {
			st, err := s.link.Receive(ctx)
			if err != nil {
				r.err = err
				return
			}
			in <- st
		}
	}()
	return in, r
}

// stop ends every conference and waits for them and for the WebSocket handlers.
func (s *Service) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	close(s.stopping)
	s.running.Wait()
	s.handlers.Wait()
}

// each has every conference do f.
func (s *Service) each(f func(*conference)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.byID {
		c.post(func() { f(c) })
	}
}
