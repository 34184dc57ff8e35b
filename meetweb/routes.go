package meetweb

import (
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strings"

	"stammtisch/configs/redact"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// routes builds the site.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	count, held := s.counter(), &bodies{}
	handle := func(pattern, name string, h http.Handler) { mux.Handle(pattern, count(name, h)) }

	handle("/config.js", "config", crossOrigin(getOnly(s.configJS)))
	handle("/robots.txt", "page", getOnly(robots))
	handle("/about/health", "health", getOnly(s.health))
	for pattern, h := range map[string]http.Handler{
		"/xmpp-websocket": s.deps.XMPPWebSocket, "/http-bind": s.deps.BOSH, "/conference-request/v1": s.deps.ConferenceRequest,
	} {
		if h != nil {
			handle(pattern, strings.Trim(pattern, "/"), crossOrigin(limitRead(held, h)))
		} else {
			handle(pattern, "missing", http.HandlerFunc(s.notFound))
		}
	}
	if s.deps.ColibriWebSocket != nil {
		handle("/colibri-ws/", "colibri-ws", s.deps.ColibriWebSocket)
	} else {
		handle("/colibri-ws/", "missing", http.HandlerFunc(s.notFound))
	}
	if s.stock != nil {
		handle("/", "page", getOnly(s.serveStock))
	} else {
		handle("/", "page", getOnly(s.serveClient))
	}
	return s.withClientAddr(s.withRecover(s.withHeaders(mux)))
}

// counter returns a wrapper that counts requests by route and status.
func (s *Server) counter() func(string, http.Handler) http.Handler {
	if s.deps.Metrics == nil {
		return func(_ string, h http.Handler) http.Handler { return h }
	}
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "stammtisch_web_requests_total", Help: "HTTP requests by route and status code.",
	}, []string{"route", "code"})
	s.deps.Metrics.MustRegister(requests)
	return func(name string, h http.Handler) http.Handler {
		return promhttp.InstrumentHandlerCounter(requests.MustCurryWith(prometheus.Labels{"route": name}), h)
	}
}

// serveClient answers with a file of the client, or with its page for a room.
func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	limitWrite(w)
	name := strings.TrimPrefix(r.URL.Path, "/")
	switch f := s.files.get(name); {
	case f != nil && name != "index.html":
		f.serve(w, r)
	case name == "" || isRoom(name):
		s.pageHeaders(w, r)
		s.files.get("index.html").serve(w, r)
	default:
		s.notFound(w, r)
	}
}

// isRoom reports whether a path of one segment is a room's link. Links are what stock deployments take for one
// (docker-jitsi-meet's web server does so), less what only probes for files ask for.
func isRoom(name string) bool {
	if name == "" || strings.ContainsAny(name, `/?&:'"`) || strings.HasPrefix(name, ".") {
		return false
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		switch strings.ToLower(name[dot+1:]) {
		case "js", "mjs", "css", "map", "json", "xml", "txt", "html", "htm", "php", "asp", "aspx", "env", "ico", "png", "jpg", "svg",
			"gif", "webp", "woff", "woff2", "webmanifest", "zip", "gz", "sql", "wasm":
			return false
		}
	}
	return true
}

// getOnly lets GET and HEAD through.
func getOnly(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h(w, r)
	})
}

// crossOrigin lets pages of other origins use h. Stock deployments do the same for these routes, and Jitsi's mobile and embedding
// clients rely on it. It gives nothing away: none of them reads cookies or other credentials that a browser adds by itself, so a
// foreign page can do with them what any program can. For the same reason WebSocket handshakes of any Origin are accepted.
func crossOrigin(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions {
			head.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
			head.Set("Access-Control-Allow-Headers", "Content-Type, Authorization")
			head.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// withRecover turns a panic into an answer and a log entry, so that one request's bug is one request's.
func (s *Server) withRecover(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil || p == http.ErrAbortHandler {
				if p != nil {
					panic(p)
				}
				return
			}
			s.log.Error("panic in a web handler", "method", r.Method, "panic", p, "stack", string(debug.Stack()))
			http.Error(w, "internal server error", http.StatusInternalServerError)
		}()
		s.log.Debug("request", "method", r.Method, "path", r.URL.Path, "address", redact.Addr(r.RemoteAddr))
		h.ServeHTTP(w, r)
	})
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	answer := map[string]string{"status": "ok"}
	if s.deps.Health != nil {
		if err := s.deps.Health(r.Context()); err != nil {
			s.log.Error("health check failed", "err", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			answer["status"] = "failing" // the reason is in the log; this page is public
		}
	}
	_ = json.NewEncoder(w).Encode(answer) // the client is gone when this fails
}

// robots keeps rooms out of search engines; the front page may be found.
func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nAllow: /$\nDisallow: /\n"))
}
