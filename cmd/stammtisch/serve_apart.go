package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"stammtisch/xmpp"

	"github.com/prometheus/client_golang/prometheus"
)

// Roles in processes of their own: focus and bridge log in over TCP as a stock jicofo or jitsi-videobridge would, and a web server
// without XMPP passes WebSocket and BOSH on.

// redialPause is how long an entity waits before it logs in again.
const redialPause = 2 * time.Second

// addRemote adds an entity that logs in to xmpp.server, and again whenever the stream breaks.
func (a *assembly) addRemote(name string, full xmpp.JID, build func(xmpp.Link) (entity, error)) error {
	if a.cfg.XMPP.PasswordFile == "" {
		return fmt.Errorf("xmpp.password_file: is needed for the role %s without the role xmpp: the password of %s", name, full.Bare())
	}
	secret, err := os.ReadFile(a.cfg.XMPP.PasswordFile)
	if err != nil {
		return fmt.Errorf("xmpp.password_file: %w", err)
	}
	now := new(current)
	a.registry.MustRegister(now)
	dial := xmpp.DialConfig{Address: a.cfg.XMPP.Server, JID: full, Password: string(bytes.TrimRight(secret, "\r\n"))}
	a.add(component{name: name, run: func(ctx context.Context) error {
		for ctx.Err() == nil {
			err := a.runRemote(ctx, dial, build, now)
			if why, ok := errors.AsType[*xmpp.StreamError](err); ok && why.Condition == "conflict" {
				return fmt.Errorf("another process has logged in as %s", full)
			}
			if ctx.Err() == nil {
				a.log.Warn("not connected to xmpp.server, trying again", "role", name, "err", err)
			}
			select {
			case <-time.After(redialPause):
			case <-ctx.Done():
			}
		}
		return nil
	}})
	return nil
}

// runRemote runs an entity for as long as one stream lasts.
func (a *assembly) runRemote(ctx context.Context, dial xmpp.DialConfig, build func(xmpp.Link) (entity, error), now *current) error {
	link, err := xmpp.Dial(ctx, dial)
	if err != nil {
		return err
	}
	defer link.Close()
	e, err := build(link)
	if err != nil {
		return err
	}
	now.Store(&e.metrics)
	defer now.Store(nil)
	a.log.Info("connected to xmpp.server", "account", dial.JID.Bare().String())
	return e.run(ctx)
}

// current is the collector of the entity that runs now, if one does.
type current struct {
	atomic.Pointer[prometheus.Collector]
}

// Describe implements prometheus.Collector.
func (*current) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *current) Collect(out chan<- prometheus.Metric) {
	if now := c.Load(); now != nil {
		(*now).Collect(out)
	}
}

// addStreamsOverHTTP serves WebSocket and BOSH on xmpp.http, for a web server in another process.
func (a *assembly) addStreamsOverHTTP() {
	mux := http.NewServeMux()
	mux.Handle("/xmpp-websocket", a.web.xmppWebSocket)
	mux.Handle("/http-bind", a.web.bosh)
	ready := make(chan struct{})
	a.add(component{name: "xmpp.http", ready: ready, last: true, run: func(ctx context.Context) error {
		ln, err := net.Listen("tcp", a.cfg.XMPP.HTTP)
		if err != nil {
			return err
		}
		close(ready)
		srv := &http.Server{Handler: forwarded(mux), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
		parted := make(chan error, 1)
		stop := context.AfterFunc(ctx, func() { parted <- a.endHTTP(srv) })
		defer stop()
		if err := srv.Serve(ln); ctx.Err() == nil {
			return err
		}
		return <-parted
	}})
}

// endHTTP lets the requests that are under way end, within the time for goodbyes.
func (a *assembly) endHTTP(srv *http.Server) error {
	grace, cancel := context.WithTimeout(context.Background(), a.cfg.Grace)
	defer cancel()
	if srv.Shutdown(grace) != nil {
		return srv.Close()
	}
	return nil
}

// forwarded takes clients' addresses from the web server, the only one that speaks to xmpp.http.
func forwarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chain := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if addr, err := netip.ParseAddr(strings.TrimSpace(chain[len(chain)-1])); err == nil {
			r = r.WithContext(xmpp.WithRemoteAddr(r.Context(), addr))
		}
		h.ServeHTTP(w, r)
	})
}

// passStreamsOn makes the web server pass WebSocket and BOSH on to the process that serves xmpp.http.
func (a *assembly) passStreamsOn() {
	to := &url.URL{Scheme: "http", Host: a.cfg.XMPP.HTTP}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			a.log.Warn("xmpp.http does not answer", "err", err)
			http.Error(w, "the XMPP server cannot be reached", http.StatusBadGateway)
		},
	}
	a.web.xmppWebSocket, a.web.bosh = proxy, proxy
}
