package meetweb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics serves a registry at /metrics on a listener of its own, without TLS or login: what it tells is the operator's business.
type Metrics struct {
	listen  string
	handler http.Handler
	log     *slog.Logger
	ready   chan struct{} // closed when addr is set
	addr    net.Addr
}

// NewMetrics prepares the metrics listener; it opens no socket. listen is a TCP address and port.
func NewMetrics(listen string, registry prometheus.Gatherer, log *slog.Logger) *Metrics {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return &Metrics{listen: listen, handler: mux, log: log, ready: make(chan struct{})}
}

// Ready is closed when the listener accepts connections.
func (m *Metrics) Ready() <-chan struct{} { return m.ready }

// Addr returns the address listened on. It may be called once Ready is closed.
func (m *Metrics) Addr() net.Addr { return m.addr }

// Run serves until ctx ends. It may be called once.
func (m *Metrics) Run(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", m.listen)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	m.addr = listener.Addr()
	close(m.ready)
	srv := &http.Server{
		Handler: m.handler, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	select {
	case err = <-served:
		return fmt.Errorf("metrics: %w", err)
	case <-ctx.Done():
		err = srv.Close()
	}
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
