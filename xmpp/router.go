package xmpp

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// resident is what the router knows a full address for: a session or an in-process link.
type resident interface {
	Entity
	address() JID
}

// router finds the entity for an address. It holds its lock for look-ups only, never while delivering.
type router struct {
	srv *Server

	mu      sync.RWMutex
	full    map[JID]resident   // guarded by mu
	bare    map[JID][]resident // guarded by mu; in the order of binding
	domains map[string]Entity  // guarded by mu
}

func (r *router) init(srv *Server) {
	r.srv = srv
	r.full, r.bare, r.domains = make(map[JID]resident), make(map[JID][]resident), make(map[string]Entity)
}

func (r *router) addDomain(domain string, e Entity) error {
	j, err := ParseJID(domain)
	if err != nil || j != j.DomainJID() {
		return fmt.Errorf("component %q: not a domain", domain)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.domains[j.Domain()] != nil {
		return fmt.Errorf("component %q: the domain is taken", domain)
	}
	r.domains[j.Domain()] = e
	return nil
}

func (r *router) removeDomain(domain string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, isHost := r.domains[domain].(*host); !isHost {
		delete(r.domains, domain)
	}
}

// bind registers e under its address. If that is taken it returns who has it.
func (r *router) bind(e resident) (taken resident) {
	j := e.address()
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.full[j]; old != nil {
		return old
	}
	r.full[j] = e
	r.bare[j.Bare()] = append(r.bare[j.Bare()], e)
	return nil
}

func (r *router) unbind(e resident) {
	j := e.address()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full[j] != e {
		return
	}
	delete(r.full, j)
	// A new slice: sessionsOf hands out the old one.
	rest := slices.DeleteFunc(slices.Clone(r.bare[j.Bare()]), func(o resident) bool { return o == e })
	if len(rest) == 0 {
		delete(r.bare, j.Bare())
	} else {
		r.bare[j.Bare()] = rest
	}
}

// sessionsOf returns who is bound under a bare address, the oldest first. The slice must not be written to.
func (r *router) sessionsOf(bare JID) []resident {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := r.bare[bare]
	return all[:len(all):len(all)]
}

func (r *router) find(to JID) Entity {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if e := r.full[to]; e != nil {
		return e
	}
	return r.domains[to.domain]
}

// Errors that the router answers with, made once.
var (
	errNoSuchDomain  = &Error{Type: Cancel, Condition: RemoteServerNotFound}
	errNoSuchSession = &Error{Type: Cancel, Condition: ServiceUnavailable}
	errQueueIsFull   = &Error{Type: Wait, Condition: ResourceConstraint}
)

// route hands st to the entity that its address stands for, or bounces it.
func (r *router) route(st Stanza) {
	if err := r.deliver(st); err != nil {
		r.bounce(st, err)
	}
}

func (r *router) deliver(st Stanza) error {
	e := r.find(st.To)
	if e == nil {
		return errNoSuchDomain
	}
	err := e.Deliver(st)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrQueueFull):
		r.srv.count.queueFull.add(entityKind(e))
		return errQueueIsFull
	case errors.Is(err, ErrClosed):
		return errNoSuchSession
	}
	return err
}

func entityKind(e Entity) string {
	switch e.(type) {
	case *session:
		return "session"
	case *localLink:
		return "link"
	}
	return "component"
}

// bounce answers st with an error (RFC 6120 §8.3). Errors, results and presence that says goodbye are not answered; neither is an
// answer that cannot be delivered.
func (r *router) bounce(st Stanza, cause error) {
	if st.From.IsZero() || st.Kind == Presence && st.Type != "" {
		return
	}
	if e := AsError(cause); e.Condition == InternalServerError {
		r.srv.log.Error("deliver stanza", "kind", st.Kind.String(), "err", cause)
	}
	reply, ok := st.ErrorReply(cause)
	if !ok {
		return
	}
	r.srv.count.bounced.Add(1)
	_ = r.deliver(reply)
}
