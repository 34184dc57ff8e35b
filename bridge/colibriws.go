package bridge

import (
	"crypto/subtle"
	"io"
	"net/http"
	"time"

	"github.com/gobwas/ws"

	"stammtisch/jingle"
)

// ColibriWebSocket serves /colibri-ws/<server>/<conference>/<endpoint>?pwd=…: 404 for another server or a malformed path, 403 for an
// unknown conference or endpoint or a wrong password, as JVB answers.
func (s *Service) ColibriWebSocket() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /colibri-ws/{server}/{conference}/{endpoint}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("server") != s.cfg.ID {
			http.NotFound(w, r)
			return
		}
		ep := s.channelEndpoint(r.PathValue("conference"), r.PathValue("endpoint"), r.URL.Query().Get("pwd"))
		if ep == nil {
			http.Error(w, "no such endpoint", http.StatusForbidden)
			return
		}
		if !s.enter() {
			http.Error(w, "bridge is stopping", http.StatusServiceUnavailable)
			return
		}
		defer s.handlers.Done()
		conn, rw, _, err := ws.HTTPUpgrader{Timeout: socketWrite}.Upgrade(r, w)
		if err != nil {
			return // answered by the upgrader
		}
		_ = conn.SetDeadline(time.Time{}) // the HTTP server's limits are for requests
		// What the client sent right behind its request is in the server's buffer.
		early := io.LimitReader(rw.Reader, int64(rw.Reader.Buffered()))
		newSocketChannel(conn).serve(ep, io.MultiReader(early, conn))
	})
	return mux
}

// channelEndpoint finds the endpoint that a WebSocket is for; nil unless the password is right.
func (s *Service) channelEndpoint(publicID, endpointID, password string) *endpoint {
	s.mu.Lock()
	c := s.byPublic[publicID]
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	found := make(chan *endpoint, 1)
	if !c.post(func() { found <- c.endpoints[jingle.EndpointID(endpointID)] }) {
		return nil
	}
	select {
	case ep := <-found:
		if ep == nil || subtle.ConstantTimeCompare([]byte(ep.password), []byte(password)) != 1 {
			return nil
		}
		return ep
	case <-c.done:
		return nil
	}
}

// enter counts a running handler in; false once the service has stopped.
func (s *Service) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.handlers.Add(1)
	return true
}
