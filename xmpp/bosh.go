package xmpp

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// What the server offers to BOSH clients (XEP-0124 §7.2).
const (
	boshWait       = 60 * time.Second
	boshInactivity = 60 * time.Second
	boshHold       = 1
	boshRequests   = boshHold + 1
	boshKept       = 3 // responses that are kept for clients that ask again
	boshRemembered = 10 * time.Second
)

// BOSH returns the handler for XMPP over HTTP (XEP-0124, XEP-0206), for every host.
func (s *Server) BOSH() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			plainAnswer(w, r, "This is the XMPP over BOSH end point.\n")
			return
		}
		allowOrigins(w)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(2*s.cfg.Limits.StanzaBytes)))
		if err != nil {
			http.Error(w, "the body could not be read", http.StatusBadRequest)
			return
		}
		if reply := s.boshRequest(r, data); reply != nil {
			_, _ = w.Write(reply)
		}
	})
}

// boshRequest handles one request and returns its answer; nil if the client has gone.
func (s *Server) boshRequest(r *http.Request, data []byte) []byte {
	b, err := parseBoshBody(data)
	if err != nil {
		return boshTerminate("bad-request", nil)
	}
	if b.sid == "" {
		return s.boshCreate(r, b)
	}
	t, ok := s.bosh.load(b.sid)
	if !ok {
		return boshTerminate("item-not-found", nil)
	}
	return t.request(r.Context(), b)
}

// boshCreate begins a session (XEP-0124 §7.1).
func (s *Server) boshCreate(r *http.Request, b boshBody) []byte {
	if s.hosts[b.to] == nil {
		return boshTerminate("host-unknown", nil)
	}
	t := &boshTransport{
		srv: s, sid: newUUID(), wait: min(boshWait, max(b.wait, time.Second)), hold: min(boshHold, max(0, b.hold)), tls: r.TLS != nil,
		turns: make(map[uint64]chan struct{}), kept: make(map[uint64][]byte), ready: make(chan struct{}, 1), done: make(chan struct{}), told: make(chan struct{}),
		processed: b.rid - 1, created: true, from: b.to,
	}
	if err := t.open(s.addrOfRequest(r)); err != nil {
		return boshTerminate("policy-violation", nil)
	}
	s.bosh.store(t.sid, t)
	b.restart = true // what XEP-0206 calls a restart is how each stream begins
	return t.request(r.Context(), b)
}

// boshBody is what a request says.
type boshBody struct {
	sid, to, version   string
	rid                uint64
	wait               time.Duration
	hold               int
	restart, terminate bool
	elements           [][]byte
}

const maxRID = 1 << 53 // XEP-0124 §7.1

// parseBoshBody checks a request's body and splits it into its elements.
func parseBoshBody(data []byte) (boshBody, error) {
	s := newScanner(data)
	defer s.release()
	var b boshBody
	if t, err := s.next(); err != nil || t != tokenStart {
		return b, errors.Join(err, ErrNotWellFormed)
	}
	space, local, _ := s.resolve(s.name, false)
	if string(space) != NSBOSH || string(local) != "body" {
		return b, ErrInvalidXMLNS
	}
	if err := b.attributes(s); err != nil {
		return b, err
	}
	start := 0
	for s.depth > 0 {
		before := s.pos
		t, err := s.next()
		switch {
		case err != nil:
			return b, err
		case t == tokenStart && s.depth == 2:
			start = before
		case t == tokenClose && s.depth == 1:
			b.elements = append(b.elements, data[start:s.pos:s.pos])
		}
	}
	return b, s.atEnd()
}

func (b *boshBody) attributes(s *scanner) (err error) {
	for _, a := range s.attrs {
		space, local, _ := s.resolve(a.name, true)
		value := unescape(a.value)
		switch string(local) {
		case "sid":
			b.sid = value
		case "to":
			b.to = value
		case "type":
			b.terminate = value == "terminate"
		case "rid":
			if b.rid, err = strconv.ParseUint(value, 10, 64); err != nil || b.rid == 0 || b.rid > maxRID {
				return ErrNotWellFormed
			}
		case "wait":
			n, _ := strconv.ParseUint(value, 10, 16)
			b.wait = time.Duration(n) * time.Second
		case "hold":
			b.hold, _ = strconv.Atoi(value)
		case "version":
			if string(space) == NSXBOSH {
				b.version = value
			}
		case "restart":
			b.restart = string(space) == NSXBOSH && (value == "true" || value == "1")
		}
	}
	if b.rid == 0 {
		return ErrNotWellFormed
	}
	return nil
}

// boshTerminate builds the body that ends a session (XEP-0124 §17).
func boshTerminate(condition string, tell *StreamError) []byte {
	dst := []byte(`<body xmlns="` + NSBOSH + `" xmlns:stream="` + NSStream + `" type="terminate"`)
	dst = append(appendAttr(dst, "condition", condition), '>')
	if tell != nil {
		dst = tell.append(dst)
	}
	return append(dst, "</body>"...)
}

// body builds an ordinary answer; the first one of a session says what was agreed on.
func (t *boshTransport) bodyLocked(content []byte) []byte {
	dst := make([]byte, 0, len(content)+600)
	dst = append(dst, `<body xmlns="`+NSBOSH+`" xmlns:stream="`+NSStream+`" sid="`+t.sid+`"`...)
	if t.created {
		t.created = false
		dst = append(dst, ` xmlns:xmpp="`+NSXBOSH+`" xmpp:version="1.0" ver="1.6" secure="true" authid="`+rand.Text()+`"`...)
		dst = appendAttr(dst, "from", t.from)
		for name, n := range map[string]int{"wait": int(t.wait / time.Second), "inactivity": int(boshInactivity / time.Second),
			"hold": t.hold, "requests": t.hold + 1, "polling": 5} {
			dst = appendAttrAlways(dst, name, strconv.Itoa(n))
		}
	}
	if len(content) == 0 {
		return append(dst, "/>"...)
	}
	return append(append(append(dst, '>'), content...), "</body>"...)
}
