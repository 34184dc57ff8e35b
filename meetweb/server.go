// Package meetweb is the web server: the embedded web client or a stock Jitsi Meet front end, config.js, and the HTTP end points that
// other packages provide as handlers (XMPP over WebSocket and BOSH, the bridge's WebSocket, the conference request).
//
// It knows nothing of rooms, and makes no request to anybody. Read Config, Deps and Server first; docs/operation.md has the headers'
// reasons from an operator's side.
package meetweb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"stammtisch/configs/datadir"

	"github.com/prometheus/client_golang/prometheus"
)

// TLSMode says where the certificate comes from.
type TLSMode string

// The modes of TLS.
const (
	TLSSelfSigned TLSMode = "self-signed" // made by us, kept in Config.Dir
	TLSFiles      TLSMode = "files"       // Config.CertFile and Config.KeyFile
	TLSOff        TLSMode = "off"         // a proxy speaks TLS
)

// Config is what an operator decides. Only Domain and Listen are needed with TLSOff.
type Config struct {
	Domain string // the XMPP domain
	Listen string // TCP address and port; port 0 for any

	// URL is what people type, scheme and host only. With URLDefaulted and TLS here, a request's own Host stands for it, so that a
	// server reached by its address works too.
	URL          *url.URL
	URLDefaulted bool

	TLS               TLSMode
	CertFile, KeyFile string
	Dir               *datadir.Dir // keeps the self-signed certificate and custom-config.js; nil without either

	AccountsNeeded bool           // only account holders may start rooms; the client is told
	Root           string         // directory of a stock front end; empty for the embedded client
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	Grace          time.Duration  // for requests under way at the end; default 5 s
}

// Deps is what others provide. A nil handler's route answers 404.
type Deps struct {
	Log *slog.Logger

	XMPPWebSocket     http.Handler // /xmpp-websocket, RFC 7395; also answers the plain GET of the client's keep-alive
	BOSH              http.Handler // /http-bind, XEP-0124 and XEP-0206
	ColibriWebSocket  http.Handler // /colibri-ws/…, the bridge channel's fallback
	ConferenceRequest http.Handler // /conference-request/v1

	// Health says whether the server works, for /about/health; nil means it does.
	Health func(context.Context) error
	// Metrics registers the web server's metrics; nil for none.
	Metrics prometheus.Registerer
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Server is the web server.
type Server struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
	now  func() time.Time

	files   *fileSet // the embedded client
	stock   *stock   // the stock front end, or nil
	certs   certSource
	handler http.Handler

	ready chan struct{} // closed when addr is set and connections are accepted
	addr  net.Addr
}

// New prepares a server; it opens no socket. It fails when the certificate or the stock front end cannot be read.
func New(cfg Config, deps Deps) (*Server, error) {
	if cfg.Grace == 0 {
		cfg.Grace = 5 * time.Second
	}
	if cfg.URL == nil {
		cfg.URL, cfg.URLDefaulted = &url.URL{Scheme: "https", Host: cfg.Domain}, true
	}
	s := &Server{cfg: cfg, deps: deps, log: deps.Log, now: deps.Now, ready: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	files, built := clientFiles()
	if !built && cfg.Root == "" {
		s.log.Warn("this program was built without its web client; build it with make")
	}
	s.files = files
	var err error
	if s.certs, err = newCertSource(cfg, s.log, s.now); err != nil {
		return nil, err
	}
	if cfg.Root != "" {
		if s.stock, err = openStock(cfg.Root); err != nil {
			return nil, err
		}
	}
	s.handler = s.routes()
	return s, nil
}

// Handler returns the whole site, for tests and for embedding.
func (s *Server) Handler() http.Handler { return s.handler }

// Ready is closed when the server accepts connections.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr returns the address listened on. It may be called once Ready is closed.
func (s *Server) Addr() net.Addr { return s.addr }

// Certificate returns the certificate that the web server shows, for others that serve the same domain. It fits
// tls.Config.GetCertificate. It fails with TLS off.
func (s *Server) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.certs == nil {
		return nil, errors.New("web server: no certificate with TLS off")
	}
	return s.certs.certificate()
}

// Run serves until ctx ends; then it accepts nothing new, lets the requests under way finish within the grace time and returns nil.
// Upgraded connections (WebSockets) belong to their handlers and are not waited for. Run may be called once.
func (s *Server) Run(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("web server: %w", err)
	}
	srv := &http.Server{
		Handler: s.handler,
		// A header must arrive at once; bodies and answers have limits per route, because BOSH holds requests open.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(quiet{s.log.Handler()}, slog.LevelDebug),
	}
	s.addr = listener.Addr()
	close(s.ready)
	served := make(chan error, 1)
	go func() { served <- s.serve(srv, listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("web server: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Grace)
	defer cancel()
	err = srv.Shutdown(grace)
	if err != nil { // somebody held a request open for longer: cut it
		err = srv.Close()
	}
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if s.stock != nil {
		err = errors.Join(err, s.stock.close())
	}
	return err
}

// serve speaks TLS unless that is off.
//
// HTTP/2 is offered and no harm to WebSockets: browsers open them on a connection of their own that offers HTTP/1.1 only by ALPN, as
// we do not announce extended CONNECT (RFC 8441).
func (s *Server) serve(srv *http.Server, listener net.Listener) error {
	if s.certs == nil {
		return srv.Serve(listener)
	}
	srv.TLSConfig = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: s.Certificate,
	}
	return srv.ServeTLS(redirecting{listener}, "", "")
}
