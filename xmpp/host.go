package xmpp

import (
	"sync"
	"time"
)

// host is a local domain as the router sees it: it answers for itself, for bare addresses, and for sessions that are gone.
type host struct {
	srv *Server
	cfg Host

	mu        sync.Mutex
	announced []Identity // guarded by mu
}

func newHost(srv *Server, cfg Host) *host {
	if cfg.Hibernation == 0 {
		cfg.Hibernation = 60 * time.Second
	}
	return &host{srv: srv, cfg: cfg}
}

// query answers one kind of IQ request.
type query func(h *host, st Stanza) (*Element, error)

// Queries to the host itself, and to an account of it (a bare address), by the payload's name.
var (
	hostQueries = map[Name]query{
		{NSPing, "ping"}:          (*host).empty,
		{NSDiscoInfo, "query"}:    (*host).discoInfo,
		{NSDiscoItems, "query"}:   (*host).discoItems,
		{NSVersion, "query"}:      (*host).version,
		{NSExtDisco, "services"}:  (*host).services,
		{NSExtDisco1, "services"}: (*host).services,
		{NSSession, "session"}:    (*host).empty,
	}
	accountQueries = map[Name]query{
		{NSPing, "ping"}:        (*host).empty,
		{NSDiscoInfo, "query"}:  (*host).accountInfo,
		{NSDiscoItems, "query"}: (*host).noItems,
		{NSRoster, "query"}:     (*host).roster,
		{NSSession, "session"}:  (*host).empty,
	}
)

// Deliver implements Entity for what no session has taken.
func (h *host) Deliver(st Stanza) error {
	switch {
	case st.To.local != "" && st.To.resource != "":
		return h.toMissing(st)
	case st.To.local != "" && st.Kind != IQ:
		return h.toAccount(st)
	case st.To.local == "" && st.To.resource != "" && st.Kind == IQ:
		return errNoSuchSession
	case st.Kind == Message:
		return errNoSuchSession
	case st.Kind != IQ || !st.IsRequest():
		return nil // presence for a host, and answers to what the host asked, such as pings
	}
	queries := hostQueries
	if st.To.local != "" {
		queries = accountQueries
	}
	return h.ask(queries, st)
}

// ask answers an IQ request from a table.
func (h *host) ask(queries map[Name]query, st Stanza) error {
	q := queries[st.Child]
	if q == nil {
		return &Error{Type: Cancel, Condition: ServiceUnavailable}
	}
	el, err := q(h, st)
	if err != nil {
		return err
	}
	return h.srv.answer(st, el)
}

// answer routes the result of st; a nil payload makes it empty.
func (s *Server) answer(st Stanza, payload *Element) error {
	reply := st.Result()
	if payload != nil {
		reply = reply.WithPayload(payload)
	}
	s.router.route(reply)
	return nil
}

// toMissing answers for a full address that nobody is bound to (RFC 6121 §8.5.3.2).
func (h *host) toMissing(st Stanza) error {
	if st.Kind == Presence {
		return nil
	}
	return errNoSuchSession
}

// toAccount hands a message for a bare address to all of its sessions (RFC 6121 §8.5.2). Presence is for contacts, which there are
// none of.
func (h *host) toAccount(st Stanza) error {
	if st.Kind == Presence {
		return nil
	}
	if st.Type == "groupchat" || st.Type == "error" {
		return errNoSuchSession
	}
	delivered := false
	for _, r := range h.srv.router.sessionsOf(st.To) {
		delivered = r.Deliver(st) == nil || delivered
	}
	if !delivered {
		return errNoSuchSession
	}
	return nil
}

func (h *host) empty(Stanza) (*Element, error) { return nil, nil }

func (h *host) noItems(Stanza) (*Element, error) { return NewElement(NSDiscoItems, "query"), nil }

// roster answers with an empty one: contacts are no part of a conference. Some clients insist on asking.
func (h *host) roster(st Stanza) (*Element, error) {
	if st.Type != "get" || st.From.Bare() != st.To {
		return nil, &Error{Type: Auth, Condition: Forbidden}
	}
	return NewElement(NSRoster, "query"), nil
}

func (h *host) version(Stanza) (*Element, error) {
	el := NewElement(NSVersion, "query").With(NewElement(NSVersion, "name").WithText(h.srv.cfg.Software))
	if v := h.srv.cfg.Version; v != "" {
		el.With(NewElement(NSVersion, "version").WithText(v))
	}
	return el, nil
}
