package muc

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/xmpp"
	"stammtisch/xmpp/contain"
)

// Service is the rooms of one domain, an [xmpp.Entity]. Its methods are safe for concurrent use.
type Service struct {
	// Set at construction, read-only afterwards.
	cfg    Config
	deps   Deps
	admins map[xmpp.JID]bool
	front  *queue        // stanzas to the domain itself, worked off by Run
	stop   chan struct{} // closed when the service is to end; meetings say goodbye then
	wg     sync.WaitGroup

	mu       sync.RWMutex
	closed   bool                  // guarded by mu
	meetings map[xmpp.JID]*meeting // by the address of each of their rooms; guarded by mu
	stats    struct {
		rooms, occupants, refused, lost, created, panics atomic.Int64
	}
}

// Stats are counts of the service's state and work.
type Stats struct {
	Rooms, Occupants int64 // now
	RoomsCreated     int64 // ever
	Refused          int64 // stanzas that a full queue or a rate did not take
	Lost             int64 // occupants removed because their own queue took no more
	Panics           int64 // each of which ended a meeting
}

// New checks cfg and returns a Service that takes stanzas at once. It must be Run, which ends what Deliver starts.
func New(cfg Config, deps Deps) (*Service, error) {
	err := cfg.validate()
	if deps.Router == nil {
		err = errors.Join(err, errors.New("a router is needed"))
	}
	if err != nil {
		return nil, fmt.Errorf("rooms service: %w", err)
	}
	s := &Service{
		cfg: cfg, deps: deps.withDefaults(),
		admins: make(map[xmpp.JID]bool), stop: make(chan struct{}), meetings: make(map[xmpp.JID]*meeting),
	}
	for _, a := range deps.Admins {
		s.admins[a.Bare()] = true
	}
	s.front = newQueue(cfg.Limits)
	return s, nil
}

// Stats returns the counts of now.
func (s *Service) Stats() Stats {
	return Stats{
		Rooms: s.stats.rooms.Load(), Occupants: s.stats.occupants.Load(), RoomsCreated: s.stats.created.Load(),
		Refused: s.stats.refused.Load(), Lost: s.stats.lost.Load(), Panics: s.stats.panics.Load(),
	}
}

// shutdownGrace bounds how long Run waits for meetings to say goodbye. They never block, so this is for a starved machine only.
const shutdownGrace = 5 * time.Second

// Run answers what concerns the service as a whole until ctx ends, then tells all occupants (status 332) and ends all rooms.
func (s *Service) Run(ctx context.Context) error {
	for {
		for {
			st, ok := s.front.take()
			if !ok {
				break
			}
			if !contain.Do(s.deps.Log, func() { s.handle(st) }) {
				s.stats.panics.Add(1)
				s.refuse(st, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.InternalServerError})
			}
		}
		select {
		case <-s.front.ready:
			continue
		case <-ctx.Done():
		}
		break
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.front.close()
	close(s.stop)
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(shutdownGrace):
		return fmt.Errorf("rooms service %s: rooms did not end within %v", s.cfg.Domain, shutdownGrace)
	}
}

// Deliver posts st to the meeting that it is for, or opens one for who may create a room. It implements [xmpp.Entity].
func (s *Service) Deliver(st xmpp.Stanza) error {
	admin := s.isAdmin(st.From)
	if !admin && st.Size() > s.cfg.Limits.StanzaBytes {
		s.stats.refused.Add(1)
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.PolicyViolation, Text: "This stanza is too large for the room"}
	}
	if st.To.Local() == "" {
		if err := s.front.put(st, admin); err != errMeetingOver {
			return s.counted(err)
		}
		return xmpp.ErrClosed
	}
	for {
		m, err := s.meetingFor(st)
		if m == nil {
			return err
		}
		if err := m.queue.put(st, admin); err != errMeetingOver {
			return s.counted(err)
		}
	}
}

func (s *Service) counted(err error) error {
	if err != nil {
		s.stats.refused.Add(1)
	}
	return err
}

// meetingFor finds the meeting that st belongs to. Without one it opens a meeting if st is the presence of somebody who may
// create the room; otherwise it returns nil and what to tell the sender.
func (s *Service) meetingFor(st xmpp.Stanza) (*meeting, error) {
	addr := st.To.Bare()
	s.mu.RLock()
	m, closed := s.meetings[addr], s.closed
	s.mu.RUnlock()
	if closed {
		return nil, xmpp.ErrClosed
	}
	if m != nil {
		return m, nil
	}
	if err := s.mayCreate(st); err != nil || !isJoin(st) {
		return nil, err
	}
	return s.open(addr)
}

func (s *Service) open(addr xmpp.JID) (*meeting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, xmpp.ErrClosed
	}
	if m := s.meetings[addr]; m != nil {
		return m, nil
	}
	if s.cfg.MaxRooms > 0 && len(s.meetings) >= s.cfg.MaxRooms {
		return nil, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.ResourceConstraint, Text: "There are as many rooms as this service allows"}
	}
	m := newMeeting(s, addr)
	s.meetings[addr] = m
	s.wg.Go(m.run)
	return m, nil
}

// forget takes an ended meeting out of the table, unless something was posted to it meanwhile.
func (s *Service) forget(m *meeting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !m.queue.closeIfEmpty() {
		return false
	}
	delete(s.meetings, m.main)
	return true
}

// drop takes a meeting that has broken down out of the table.
func (s *Service) drop(m *meeting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.meetings, func(_ xmpp.JID, other *meeting) bool { return other == m })
}

func (s *Service) isAdmin(j xmpp.JID) bool { return s.admins[j.Bare()] }

func (s *Service) allowedDomain(j xmpp.JID) bool {
	return len(s.cfg.AllowedDomains) == 0 || s.isAdmin(j) || slices.Contains(s.cfg.AllowedDomains, j.Domain())
}

// uuid returns a random UUID (RFC 9562 §5.4).
func (s *Service) uuid() string {
	var b [16]byte
	if _, err := io.ReadFull(s.deps.Rand, b[:]); err != nil {
		panic(fmt.Errorf("read random bytes: %w", err)) // the source is the operating system's or a test's
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (s *Service) send(st xmpp.Stanza) {
	if err := s.deps.Router.Send(st); err != nil {
		s.deps.Log.Debug("answer not sent", "err", err)
	}
}

// refuse answers st with err, where an answer is due.
func (s *Service) refuse(st xmpp.Stanza, err error) {
	e := xmpp.AsError(err)
	if e.Condition == xmpp.InternalServerError {
		s.deps.Log.Error("stanza failed", "kind", st.Kind.String(), "err", err)
	}
	reply, ok := st.ErrorReply(e)
	if !ok {
		return
	}
	if st.Kind == xmpp.Presence && st.Type == "" {
		// XEP-0045 §7.2: clients such as slixmpp know by it that the error is a room's.
		reply = reply.WithPayload(xmpp.NewElement(xmpp.NSMUC, "x"), e.Element())
	}
	s.send(reply)
}
