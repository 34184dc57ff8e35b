package meetweb

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"stammtisch/configs/datadir"
	"stammtisch/configs/redact"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func dataDir(t *testing.T) *datadir.Dir {
	t.Helper()
	d, err := datadir.Open(t.TempDir())
	must(t, err)
	return d
}

// page is a client as the bundler builds it.
var page = fstest.MapFS{
	"index.html":           {Data: []byte("<!doctype html><title>client</title>" + strings.Repeat(" ", 200))},
	"assets/main-abc12.js": {Data: []byte(strings.Repeat("console.log('stammtisch');\n", 100))},
	"favicon.svg":          {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
}

// newServer returns a server of that client behind a proxy, changed by edit.
func newServer(t *testing.T, edit func(*Config, *Deps)) *Server {
	t.Helper()
	cfg := Config{Domain: "meet.example", Listen: "127.0.0.1:0", TLS: TLSOff}
	deps := Deps{Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if edit != nil {
		edit(&cfg, &deps)
	}
	s, err := New(cfg, deps)
	must(t, err)
	s.files = newFileSet(page)
	return s
}

// get asks s and returns the answer; headers come in pairs.
func get(t *testing.T, s *Server, target string, headers ...string) *http.Response {
	t.Helper()
	return do(t, s, httptest.NewRequest(http.MethodGet, target, nil), headers...)
}

func do(t *testing.T, s *Server, r *http.Request, headers ...string) *http.Response {
	t.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	must(t, err)
	must(t, r.Body.Close())
	return string(data)
}

func TestRoutes(t *testing.T) {
	said := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	s := newServer(t, func(_ *Config, d *Deps) {
		d.XMPPWebSocket, d.BOSH, d.ColibriWebSocket, d.ConferenceRequest = said("websocket"), said("bosh"), said("colibri"), said("request")
	})
	const client, missing = "<title>client</title>", "There is no table here."
	for _, tt := range []struct {
		path string
		code int
		want string
	}{
		{"/", 200, client},
		{"/standup", 200, client},
		{"/M%C3%BCnchner%20Runde", 200, client},
		{"/v1.2", 200, client},
		{"/assets/main-abc12.js", 200, "console.log"},
		{"/favicon.svg", 200, "<svg"},
		{"/config.js", 200, "var config = {"},
		{"/config.js?room=standup", 200, "var config = {"},
		{"/robots.txt", 200, "Disallow: /"},
		{"/about/health", 200, `"ok"`},
		{"/xmpp-websocket", 200, "websocket"},
		{"/http-bind?room=x", 200, "bosh"},
		{"/colibri-ws/default/conf/ep?pwd=x", 200, "colibri"},
		{"/conference-request/v1", 200, "request"},
		{"/interface_config.js", 404, missing},
		{"/index.php", 404, missing},
		{"/.env", 404, missing},
		{"/assets/", 404, missing},
		{"/assets/gone.js", 404, missing},
		{"/tenant/room", 404, missing},
		{"/a%3Ab", 404, missing},
		{"/index.html", 404, missing},
	} {
		r := get(t, s, tt.path)
		if got := body(t, r); r.StatusCode != tt.code || !strings.Contains(got, tt.want) {
			t.Errorf("GET %s: %d %.80q, want %d and %q", tt.path, r.StatusCode, got, tt.code, tt.want)
		}
	}
	for _, path := range []string{"/", "/config.js", "/robots.txt"} {
		if r := do(t, s, httptest.NewRequest(http.MethodPost, path, nil)); r.StatusCode != 405 || r.Header.Get("Allow") == "" {
			t.Errorf("POST %s: %d, Allow %q; want 405", path, r.StatusCode, r.Header.Get("Allow"))
		}
	}
}

func TestMissingHandlersAnswer404(t *testing.T) {
	s := newServer(t, nil)
	for _, path := range []string{"/xmpp-websocket", "/http-bind", "/colibri-ws/x", "/conference-request/v1"} {
		if r := get(t, s, path); r.StatusCode != 404 {
			t.Errorf("GET %s without a handler: %d, want 404", path, r.StatusCode)
		}
	}
}

// config reads the object out of config.js as the mobile apps do: as JSON.
func config(t *testing.T, script string) map[string]any {
	t.Helper()
	text, ok := strings.CutPrefix(script, "var config = ")
	if !ok {
		t.Fatalf("config.js is %.60q", script)
	}
	var out map[string]any
	must(t, json.Unmarshal([]byte(strings.TrimSuffix(text, ";\n")), &out))
	return out
}

func TestConfigJS(t *testing.T) {
	s := newServer(t, func(c *Config, _ *Deps) { c.URL = &url.URL{Scheme: "https", Host: "video.example:8443"} })
	r := get(t, s, "/config.js?room=x")
	if ct := r.Header.Get("Content-Type"); ct != "application/javascript; charset=utf-8" {
		t.Errorf("Content-Type %q", ct)
	}
	if o := r.Header.Get("Access-Control-Allow-Origin"); o != "*" {
		t.Errorf("Access-Control-Allow-Origin %q, want *: embedding pages load it", o)
	}
	c := config(t, body(t, r))
	want := map[string]string{
		"hosts":            `{"anonymousdomain":"guest.meet.example","authdomain":"meet.example","domain":"meet.example","focus":"focus.meet.example","muc":"conference.meet.example"}`,
		"p2p":              `{"enabled":false,"stunServers":[]}`,
		"bridgeChannel":    `{"preferSctp":true}`,
		"videoQuality":     `{"codecPreferenceOrder":["VP8"],"mobileCodecPreferenceOrder":["VP8"]}`,
		"websocket":        `"wss://video.example:8443/xmpp-websocket"`,
		"serviceUrl":       `"wss://video.example:8443/xmpp-websocket"`,
		"bosh":             `"https://video.example:8443/http-bind"`,
		"focusUserJid":     `"focus@auth.meet.example"`,
		"resolution":       `720`,
		"defaultLanguage":  `"en"`,
		"recordingService": `{"enabled":false}`,
	}
	for key, value := range want {
		got, err := json.Marshal(c[key])
		must(t, err)
		if string(got) != value {
			t.Errorf("config.%s is %s, want %s", key, got, value)
		}
	}
}

// A server that is reached by its address or another name sends browsers back there, unless web.url says where it is.
func TestConfigFollowsHost(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*Config, *Deps)
		host string
		want string
	}{
		{"own TLS", func(c *Config, _ *Deps) { c.TLS, c.Dir = TLSSelfSigned, dataDir(t) }, "192.0.2.7:8443", "wss://192.0.2.7:8443/xmpp-websocket"},
		{"IPv6", func(c *Config, _ *Deps) { c.TLS, c.Dir = TLSSelfSigned, dataDir(t) }, "[2001:db8::7]:8443", "wss://[2001:db8::7]:8443/xmpp-websocket"},
		{"url is set", func(c *Config, _ *Deps) {
			c.TLS, c.Dir, c.URL = TLSSelfSigned, dataDir(t), &url.URL{Scheme: "https", Host: "video.example"}
		}, "192.0.2.7", "wss://video.example/xmpp-websocket"},
		{"behind a proxy", nil, "127.0.0.1:8000", "wss://meet.example/xmpp-websocket"},
		{"nonsense", func(c *Config, _ *Deps) { c.TLS, c.Dir = TLSSelfSigned, dataDir(t) }, "x';alert(1)", "wss://meet.example/xmpp-websocket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.edit)
			r := httptest.NewRequest(http.MethodGet, "/config.js", nil)
			r.Host = tt.host
			if got := config(t, body(t, do(t, s, r)))["websocket"]; got != tt.want {
				t.Errorf("websocket is %v, want %s", got, tt.want)
			}
		})
	}
}

func TestCustomConfigIsAppended(t *testing.T) {
	dir := dataDir(t)
	s := newServer(t, func(c *Config, _ *Deps) { c.Dir = dir })
	must(t, dir.Write("custom-config.js", []byte("config.defaultLanguage = 'de';\n")))
	if got := body(t, get(t, s, "/config.js")); !strings.HasSuffix(got, "};\n\n// custom-config.js\nconfig.defaultLanguage = 'de';\n") {
		t.Errorf("config.js ends with %q", got[max(0, len(got)-80):])
	}
}

func TestCompressionAndCaching(t *testing.T) {
	s := newServer(t, nil)
	asset := get(t, s, "/assets/main-abc12.js", "Accept-Encoding", "br, gzip;q=0.8")
	if asset.Header.Get("Content-Encoding") != "gzip" || asset.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("asset's headers: %v", asset.Header)
	}
	zr, err := gzip.NewReader(asset.Body)
	must(t, err)
	plain, err := io.ReadAll(zr)
	must(t, err)
	if !bytes.Equal(plain, page["assets/main-abc12.js"].Data) {
		t.Error("the compressed asset is another one")
	}
	for _, refuses := range []string{"", "identity", "gzip;q=0", "gzip; q=0.0"} {
		if r := get(t, s, "/assets/main-abc12.js", "Accept-Encoding", refuses); r.Header.Get("Content-Encoding") != "" || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: %v", refuses, r.Header)
		}
	}
	first := get(t, s, "/standup")
	if first.Header.Get("Cache-Control") != "no-cache" || first.Header.Get("ETag") == "" {
		t.Errorf("page's headers: %v", first.Header)
	}
	again := get(t, s, "/standup", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body(t, again) != "" {
		t.Errorf("page asked for again: %d, want 304", again.StatusCode)
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newServer(t, func(c *Config, _ *Deps) { c.URL = &url.URL{Scheme: "https", Host: "meet.example"} })
	for path, want := range map[string]map[string]string{
		"/standup": {
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' wss://meet.example https://meet.example; " +
				"img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
			"X-Content-Type-Options":    "nosniff",
			"Referrer-Policy":           "no-referrer",
			"Permissions-Policy":        permissions,
			"Strict-Transport-Security": "",
		},
		"/about/health": {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": ""},
	} {
		r := get(t, s, path)
		for name, value := range want {
			if got := r.Header.Get(name); got != value {
				t.Errorf("GET %s: %s is\n%q, want\n%q", path, name, got, value)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "meet.example"
	if csp := do(t, s, r).Header.Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' wss://meet.example;") {
		t.Errorf("under its own name: %s", csp)
	}
}

func TestPreflight(t *testing.T) {
	s := newServer(t, func(_ *Config, d *Deps) {
		d.BOSH = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a preflight reached BOSH") })
	})
	r := do(t, s, httptest.NewRequest(http.MethodOptions, "/http-bind", nil), "Origin", "https://other.example", "Access-Control-Request-Method", "POST")
	if r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "Content-Type") {
		t.Errorf("preflight: %d %v", r.StatusCode, r.Header)
	}
}

func TestNotFoundSpeaksGerman(t *testing.T) {
	s := newServer(t, nil)
	for header, want := range map[string]string{"de-AT,de;q=0.9": "Hier steht kein Tisch.", "en,de;q=0.9": "There is no table here.", "": "There is no table here."} {
		r := get(t, s, "/a/b", "Accept-Language", header)
		if got := body(t, r); !strings.Contains(got, want) || !strings.Contains(got, `href="/"`) {
			t.Errorf("Accept-Language %q: %.300q, want %q", header, got, want)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "style-src 'sha256-") {
			t.Errorf("policy %q", csp)
		}
	}
}

func TestHealth(t *testing.T) {
	s := newServer(t, func(_ *Config, d *Deps) {
		d.Health = func(context.Context) error { return errors.New("account database is damaged") }
	})
	r := get(t, s, "/about/health")
	if got := body(t, r); r.StatusCode != 503 || strings.Contains(got, "damaged") {
		t.Errorf("health: %d %s; want 503 without the reason", r.StatusCode, got)
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.1/32")}
	for _, tt := range []struct{ name, peer, header, addr, remote string }{
		{"no proxy", "192.0.2.1:4711", "", "192.0.2.1", "192.0.2.1:4711"},
		{"stranger's header", "192.0.2.1:4711", "198.51.100.9", "192.0.2.1", "192.0.2.1:4711"},
		{"proxy", "127.0.0.1:4711", "198.51.100.9", "198.51.100.9", "198.51.100.9:0"},
		{"proxies in a row", "10.1.1.1:1", "198.51.100.9, 10.2.2.2", "198.51.100.9", "198.51.100.9:0"},
		{"forged by the client", "10.1.1.1:1", "1.2.3.4, 198.51.100.9, 10.2.2.2", "198.51.100.9", "198.51.100.9:0"},
		{"all trusted", "10.1.1.1:1", "10.3.3.3, 10.2.2.2", "10.3.3.3", "10.3.3.3:0"},
		{"IPv6 with port", "[::1]:1", "[2001:db8::9]:5555", "2001:db8::9", "[2001:db8::9]:0"},
		{"nonsense", "10.1.1.1:1", "198.51.100.9, unknown", "10.1.1.1", "10.1.1.1:1"},
		{"proxy without header", "10.1.1.1:1", "", "10.1.1.1", "10.1.1.1:1"},
		{"mapped", "[::ffff:10.1.1.1]:1", "::ffff:198.51.100.9", "198.51.100.9", "198.51.100.9:0"},
	} {
		var addr redact.Addr
		var remote string
		s := newServer(t, func(c *Config, d *Deps) {
			c.TrustedProxies = trusted
			d.BOSH = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { addr, remote = ClientAddr(r.Context()), r.RemoteAddr })
		})
		r := httptest.NewRequest(http.MethodPost, "/http-bind", nil)
		r.RemoteAddr = tt.peer
		if tt.header != "" {
			r.Header.Set("X-Forwarded-For", tt.header)
		}
		do(t, s, r)
		if addr.Reveal() != tt.addr || remote != tt.remote {
			t.Errorf("%s: address %q, remote %q; want %q, %q", tt.name, addr.Reveal(), remote, tt.addr, tt.remote)
		}
	}
}

func TestPanicIsOneAnswer(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(_ *Config, d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.BOSH = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })
	})
	if r := do(t, s, httptest.NewRequest(http.MethodPost, "/http-bind", nil)); r.StatusCode != 500 {
		t.Errorf("status %d, want 500", r.StatusCode)
	}
	if !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log: %s", log.String())
	}
}

func TestRequestsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := newServer(t, func(_ *Config, d *Deps) { d.Metrics = registry })
	get(t, s, "/standup")
	get(t, s, "/a/b")
	families, err := registry.Gather()
	must(t, err)
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			got = append(got, fmt.Sprintf("%s %s %s %v", f.GetName(), m.GetLabel()[1].GetValue(), m.GetLabel()[0].GetValue(), m.GetCounter().GetValue()))
		}
	}
	want := []string{"stammtisch_web_requests_total page 200 1", "stammtisch_web_requests_total page 404 1"}
	if !slices.Equal(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
	}
}

func TestBuiltWithoutClient(t *testing.T) {
	files, built := clientFiles()
	f := files.get("index.html")
	if f == nil {
		t.Fatal("there is no page at all")
	}
	if !built && !strings.Contains(string(f.plain), "make") {
		t.Errorf("the page in the client's stead does not say what to do: %s", f.plain)
	}
}

// start runs s until the end of the test and returns its address.
func start(t *testing.T, s *Server) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-s.Ready():
	case err := <-ended:
		ended <- nil
		t.Fatalf("Run: %v", err)
	}
	return s.Addr().String()
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	s := newServer(t, func(c *Config, _ *Deps) { c.Listen = l.Addr().String() })
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Run: %v, want an error that says the port is in use", err)
	}
}

func TestMetricsListener(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "stammtisch_test", Help: "x"}, func() float64 { return 42 }))
	m := NewMetrics("127.0.0.1:0", registry, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	<-m.Ready()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + m.Addr().String() + "/metrics")
	must(t, err)
	if got := body(t, r); !strings.Contains(got, "stammtisch_test 42") {
		t.Errorf("metrics: %s", got)
	}
	cancel()
	must(t, <-ended)
}

func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"", ",", "1.2.3.4", "[::1]:80, fe80::1%eth0", "unknown, \"x\""} {
		f.Add(s)
	}
	peer, trusted := netip.MustParseAddr("10.0.0.1"), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, header string) {
		if got := forwardedFor(peer, []string{header}, trusted); !got.IsValid() || got.Zone() != "" {
			t.Errorf("forwardedFor(%q) = %v", header, got)
		}
	})
}
