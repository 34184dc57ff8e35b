package meetweb

import (
	"net/http"
	"strings"
)

// Features of the browser that the client uses, for this origin only; all others that browsers know to forbid are off.
const permissions = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), fullscreen=(self), " +
	"autoplay=(self), picture-in-picture=(self), screen-wake-lock=(self), clipboard-write=(self), " +
	"accelerometer=(), geolocation=(), gyroscope=(), magnetometer=(), midi=(), payment=(), usb=(), browsing-topics=()"

// withHeaders sets what every answer carries.
func (s *Server) withHeaders(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Permissions-Policy", permissions)
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // pages set their own
		// With a self-signed certificate, or on localhost, it would lock people out of what else runs there.
		if s.certs != nil && s.certs.trusted() {
			head.Set("Strict-Transport-Security", "max-age=63072000")
		}
		h.ServeHTTP(w, r)
	})
}

// pageHeaders sets the policy of the client's page: only what this server serves runs, and it talks to this server only.
func (s *Server) pageHeaders(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"connect-src " + s.connectSources(r),
		"img-src 'self' data: blob:",
		"media-src 'self' blob:",
		"font-src 'self'",
		"manifest-src 'self'",
		"worker-src 'self'",
		"frame-ancestors 'self'",
		"base-uri 'none'",
		"form-action 'none'",
	}, "; "))
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
}

// stockHeaders is as strict as a stock front end bears: it has inline scripts and styles, workers from blobs and WebAssembly, and is
// meant to be framed by other sites. It still reaches nobody but this server.
func (s *Server) stockHeaders(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'self'",
		"script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
		"style-src 'self' 'unsafe-inline'",
		"connect-src " + s.connectSources(r) + " data: blob:",
		"img-src 'self' data: blob:",
		"media-src 'self' data: blob:",
		"font-src 'self' data:",
		"worker-src 'self' blob:",
		"base-uri 'self'",
		"object-src 'none'",
	}, "; "))
}

// connectSources lists the WebSockets by name: not every browser counts them in with 'self'.
func (s *Server) connectSources(r *http.Request) string {
	base := s.base(r)
	out := "'self' wss://" + base.Host
	if base.Scheme == "http" {
		out = "'self' ws://" + base.Host
	}
	if base.Host != r.Host {
		out += " " + base.Scheme + "://" + base.Host // BOSH, for a page opened under another name
	}
	return out
}
