package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// safeBuffer is a log that a test reads while the server writes it.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// freePort returns a port that was free a moment ago, for TCP and UDP alike.
func freePort(t *testing.T) int {
	t.Helper()
	for range 50 {
		// Below the range that the system takes ports for outgoing connections from: none of those can be in the way later.
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(18000)))
		if err != nil {
			continue
		}
		addr := l.Addr().String()
		c, err := net.ListenPacket("udp", addr)
		if err == nil {
			_ = c.Close()
		}
		_ = l.Close()
		if err == nil {
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no free port")
	return 0
}

// testServer is `stammtisch serve` in this process.
type testServer struct {
	config, base, metrics string
	log                   *safeBuffer
	stop                  context.CancelFunc
	code                  chan int
}

func startServer(t *testing.T) *testServer {
	t.Helper()
	web, metrics := freePort(t), freePort(t)
	s := &testServer{
		config: filepath.Join(t.TempDir(), "stammtisch.yaml"), log: new(safeBuffer), code: make(chan int, 1),
		base: fmt.Sprintf("https://localhost:%d", web), metrics: fmt.Sprintf("http://127.0.0.1:%d/metrics", metrics),
	}
	text := fmt.Sprintf("web: {listen: '127.0.0.1:%d'}\nxmpp: {listen: '127.0.0.1:%d'}\nbridge: {listen: '127.0.0.1:%d'}\nmetrics: {listen: '127.0.0.1:%d'}\n",
		web, freePort(t), freePort(t), metrics)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() {
		s.code <- run(ctx, []string{"serve", "--config", s.config}, streams{in: strings.NewReader(""), out: io.Discard, err: s.log})
	}()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(s.log.String(), "msg=running") {
		select {
		case code := <-s.code:
			t.Fatalf("the server ended with exit code %d:\n%s", code, s.log.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not running yet:\n%s", s.log.String())
		}
	}
	return s
}

// end stops the server as SIGTERM would and checks that it went well.
func (s *testServer) end(t *testing.T) {
	t.Helper()
	s.stop()
	select {
	case code := <-s.code:
		if code != exitOK {
			t.Errorf("exit code %d:\n%s", code, s.log.String())
		}
	case <-time.After(6 * time.Second):
		t.Errorf("the server did not stop within its 5 s:\n%s", s.log.String())
	}
}

// fetch gets a page without keeping a connection.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return r.StatusCode, string(text)
}

func (s *testServer) command(args ...string) (int, string) {
	var stderr bytes.Buffer
	code := run(context.Background(), append(args, "--config", s.config), streams{in: strings.NewReader(""), out: io.Discard, err: &stderr})
	return code, stderr.String()
}

func TestServe(t *testing.T) {
	t.Setenv("STAMMTISCH_CONFIG", "")
	s := startServer(t)
	defer s.end(t)
	for _, tt := range []struct{ url, want string }{
		{s.base + "/", "<html"},
		{s.base + "/standup", "<html"},
		{s.base + "/config.js", strings.Replace(s.base, "https:", "wss:", 1) + "/xmpp-websocket"},
		{s.base + "/about/health", `"ok"`},
		{s.metrics, "stammtisch_web_requests_total"},
	} {
		if code, text := fetch(t, tt.url); code != 200 || !strings.Contains(text, tt.want) {
			t.Errorf("GET %s: %d %.200q, want %q", tt.url, code, text, tt.want)
		}
	}
	// Stock clients' keep-alive asks the WebSocket's address by plain GET, and so may pages of other origins.
	if code, _ := fetch(t, s.base+"/xmpp-websocket"); code != 200 {
		t.Errorf("plain GET of /xmpp-websocket: %d, want 200", code)
	}
	secret, err := os.ReadFile(filepath.Join(filepath.Dir(s.config), "data", firstFile))
	if err != nil || !passwordForm.Match(secret) {
		t.Errorf("first password: %q, %v", secret, err)
	}
	if log := s.log.String(); !strings.Contains(log, firstFile) || strings.Contains(log, passwordForm.FindString(string(secret))) {
		t.Errorf("the log must name the password's file and not show it:\n%s", log)
	}
	for _, args := range [][]string{{"register", "alice", "localhost", "pw"}, {"passwd", "alice", "localhost", "other"}, {"deluser", "alice", "localhost"}} {
		if code, errs := s.command(args...); code != exitOK {
			t.Errorf("%v while the server runs: exit %d, %s", args, code, errs)
		}
	}
}

// A second instance with the same configuration says one thing and disturbs nobody.
func TestSecondInstance(t *testing.T) {
	t.Setenv("STAMMTISCH_CONFIG", "")
	s := startServer(t)
	defer s.end(t)
	code, errs := s.command("serve")
	var said []string
	for line := range strings.Lines(errs) {
		if strings.HasPrefix(line, "stammtisch: ") {
			said = append(said, line)
		}
	}
	if code != exitFailure || len(said) != 1 || !strings.Contains(said[0], "in use; is another stammtisch running?") || strings.Contains(errs, "msg=running") {
		t.Errorf("second instance: exit %d, it says\n%s", code, errs)
	}
	if code, _ := fetch(t, s.base+"/about/health"); code != 200 {
		t.Errorf("the first instance's health: %d", code)
	}
}
