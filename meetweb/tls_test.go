package meetweb

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

// leaf makes a handshake as a browser would that offers protocols, and returns the certificate and the chosen protocol.
func leaf(t *testing.T, addr string, protocols ...string) (*x509.Certificate, string) {
	t.Helper()
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	must(t, err)
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0], c.ConnectionState().NegotiatedProtocol
}

func TestSelfSignedCertificate(t *testing.T) {
	dir, now := dataDir(t), time.Now()
	fresh := func(domain string) *x509.Certificate {
		s := newServer(t, func(c *Config, d *Deps) {
			c.Domain, c.TLS, c.Dir, d.Now = domain, TLSSelfSigned, dir, func() time.Time { return now }
		})
		cert, err := s.certs.certificate()
		must(t, err)
		return cert.Leaf
	}
	first := fresh("meet.example")
	for _, name := range []string{"meet.example", "localhost", "127.0.0.1", "::1"} {
		if err := first.VerifyHostname(name); err != nil {
			t.Errorf("certificate does not name %s: %v", name, err)
		}
	}
	info, err := os.Stat(dir.Path(certName))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
	if !fresh("meet.example").Equal(first) {
		t.Error("the next start has another certificate: browsers would ask again")
	}
	if fresh("other.example").Equal(first) {
		t.Error("another domain has the same certificate")
	}
	second := fresh("other.example")
	now = now.Add(certLife - renewLeft)
	if third := fresh("other.example"); third.Equal(second) || third.NotAfter.Before(now.Add(renewLeft)) {
		t.Error("the certificate is not renewed before it expires")
	}
	must(t, dir.Write(certName, []byte("broken")))
	fresh("other.example") // made anew
}

func TestHTTP2AndWebSocketShareThePort(t *testing.T) {
	s := newServer(t, func(c *Config, d *Deps) {
		c.TLS, c.Dir = TLSSelfSigned, dataDir(t)
		d.Metrics = prometheus.NewRegistry() // counting must not get in the way of the upgrade
		d.XMPPWebSocket = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{"xmpp"}})
			if err != nil {
				t.Error(err)
				return
			}
			_ = ws.Write(r.Context(), websocket.MessageText, []byte("<open/>"))
			_ = ws.Close(websocket.StatusNormalClosure, "")
		})
	})
	addr := start(t, s)
	if _, proto := leaf(t, addr, "h2", "http/1.1"); proto != "h2" {
		t.Errorf("pages come by %q, want h2", proto)
	}
	if _, proto := leaf(t, addr, "http/1.1"); proto != "http/1.1" {
		t.Errorf("a browser's WebSocket connection gets %q, want http/1.1", proto)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(t.Context(), "wss://"+addr+"/xmpp-websocket", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{"xmpp"}, HTTPHeader: http.Header{"Origin": {"https://other.example"}},
	})
	must(t, err)
	_, msg, err := ws.Read(t.Context())
	if err != nil || string(msg) != "<open/>" {
		t.Errorf("over the WebSocket came %q, %v", msg, err)
	}
	_ = ws.CloseNow()
}

// Who types an address without https:// is sent to the right one.
func TestPlainHTTPIsRedirected(t *testing.T) {
	s := newServer(t, func(c *Config, _ *Deps) { c.TLS, c.Dir = TLSSelfSigned, dataDir(t) })
	addr := start(t, s)
	for request, want := range map[string]string{
		"GET /standup?x=1 HTTP/1.1\r\nHost: " + addr + "\r\n\r\n": "Location: https://" + addr + "/standup?x=1\r\n",
		"GET / HTTP/1.1\r\nHost: evil\"x\r\n\r\n":                 "",
		"SSH-2.0-probe\r\n": "",
		"\x00\x01":          "",
	} {
		c, err := net.Dial("tcp", addr)
		must(t, err)
		must(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(c, request)
		must(t, err)
		answer, _ := io.ReadAll(c) // a reset is an end like others
		if !strings.Contains(string(answer), want) || want == "" && len(answer) > 0 {
			t.Errorf("%q is answered with %q, want %q", request, answer, want)
		}
		must(t, c.Close())
	}
}

func TestCertificateFilesAreReloaded(t *testing.T) {
	dir := t.TempDir()
	certPath, keyPath := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	put := func(name string) {
		both, err := makeCert([]string{name}, time.Now())
		must(t, err)
		must(t, os.WriteFile(certPath, both, 0o600)) // each reader takes its own part of the file
		must(t, os.WriteFile(keyPath, both, 0o600))
	}
	put("one.example")
	now := time.Now()
	var log strings.Builder
	s := newServer(t, func(c *Config, d *Deps) {
		c.Domain, c.TLS, c.CertFile, c.KeyFile, d.Now = "one.example", TLSFiles, certPath, keyPath, func() time.Time { return now }
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	name := func() string {
		c, err := s.certs.certificate()
		must(t, err)
		return c.Leaf.Subject.CommonName
	}
	if got := name(); got != "one.example" {
		t.Errorf("certificate of %s, want one.example", got)
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("a warning of a good certificate: %s", log.String())
	}
	put("two.example")
	now = now.Add(lookEvery)
	if got := name(); got != "two.example" {
		t.Errorf("after the renewal the certificate is of %s, want two.example", got)
	}
	if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "not one.example") {
		t.Errorf("nothing says that the certificate is somebody else's: %s", text)
	}
	must(t, os.WriteFile(keyPath, []byte("half a ren"), 0o600))
	now = now.Add(lookEvery)
	if got := name(); got != "two.example" {
		t.Errorf("with a broken file the certificate is of %s, want the old one", got)
	}
	if s.certs.trusted() {
		t.Error("a certificate that signed itself counts as trusted")
	}
	if _, err := New(Config{Domain: "meet.example", TLS: TLSFiles, CertFile: certPath, KeyFile: filepath.Join(dir, "none")}, Deps{}); err == nil || !strings.Contains(err.Error(), "web.key") {
		t.Errorf("missing key: %v", err)
	}
}

func TestHandshakeErrorsHideAddresses(t *testing.T) {
	var log strings.Builder
	l := slog.NewLogLogger(quiet{slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})}, slog.LevelDebug)
	l.Print("http: TLS handshake error from 192.0.2.7:4711: EOF")
	l.Print("http: TLS handshake error from [2001:db8::7]:4711: EOF")
	if text := log.String(); strings.Contains(text, "192.0.2.7") || strings.Contains(text, "2001:db8") || !strings.Contains(text, "from a client: EOF") {
		t.Errorf("log: %s", text)
	}
}

// At the end, a request that is held open (as BOSH's are) gets its answer; what is new is refused.
func TestShutdownLetsRequestsFinish(t *testing.T) {
	goodbye, held := make(chan struct{}), make(chan struct{})
	s := newServer(t, func(_ *Config, d *Deps) {
		d.BOSH = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(held)
			<-goodbye
			_, _ = io.WriteString(w, "<body type='terminate'/>")
		})
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	<-s.Ready()
	c, err := net.Dial("tcp", s.Addr().String())
	must(t, err)
	defer c.Close()
	fmt.Fprintf(c, "POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	<-held
	cancel()
	for {
		probe, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			break // the listener is closed
		}
		must(t, probe.Close())
	}
	close(goodbye)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)
	if got := body(t, r); !strings.Contains(got, "terminate") {
		t.Errorf("the held request was answered with %q", got)
	}
	must(t, <-ended)
}
