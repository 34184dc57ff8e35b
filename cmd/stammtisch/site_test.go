package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary builds the program once for all tests, without the race detector: what these tests kill, they also time.
var binary = sync.OnceValues(func() (string, error) {
	file := filepath.Join(binaryDir, "stammtisch")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// site is a place for servers: ports and a data directory of its own.
type site struct {
	domain, dir, config              string
	web, xmpp, http, bridge, metrics int
}

// newSite writes a configuration. more are lines of YAML after it.
func newSite(t *testing.T, domain string, more ...string) *site {
	t.Helper()
	s := &site{domain: domain, dir: t.TempDir(), web: freePort(t), xmpp: freePort(t), http: freePort(t), bridge: freePort(t), metrics: freePort(t)}
	s.config = filepath.Join(s.dir, "stammtisch.yaml")
	text := fmt.Sprintf("domain: %s\nweb: {listen: '127.0.0.1:%d'}\nxmpp: {listen: '127.0.0.1:%d', http: '127.0.0.1:%d', server: '127.0.0.1:%d', password_file: secret}\n"+
		"bridge: {listen: '127.0.0.1:%d', advertise: ['10.77.0.1:10000']}\nmetrics: {listen: '127.0.0.1:%d'}\n%s\n",
		domain, s.web, s.xmpp, s.http, s.xmpp, s.bridge, s.metrics, strings.Join(more, "\n"))
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) webSocketURL(room string) string {
	return fmt.Sprintf("wss://127.0.0.1:%d/xmpp-websocket?room=%s", s.web, room)
}

func (s *site) boshURL(room string) string {
	return fmt.Sprintf("https://127.0.0.1:%d/http-bind?room=%s", s.web, room)
}

func (s *site) tcpAddr() string { return fmt.Sprintf("127.0.0.1:%d", s.xmpp) }

func (s *site) room(name string) string { return name + "@conference." + s.domain }

// program is a command line of the built program at this site, in an environment without anybody's settings.
func (s *site) program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, append(args, "--config", s.config)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	return cmd
}

// do runs a command to its end.
func (s *site) do(t *testing.T, args ...string) (code int, errs string) {
	t.Helper()
	cmd := s.program(t, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// must runs a command that has to work.
func (s *site) must(t *testing.T, args ...string) {
	t.Helper()
	if code, errs := s.do(t, args...); code != exitOK {
		t.Fatalf("stammtisch %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
}

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	log  *safeBuffer
	done chan struct{} // closed when it has ended
}

// launch starts a process without waiting for it. The test's end kills it if it still runs.
func (s *site) launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: s.program(t, args...), log: new(safeBuffer), done: make(chan struct{})}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the state tells
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("log of stammtisch %s:\n%s", strings.Join(args, " "), p.log)
		}
	})
	return p
}

// start starts a server and waits until it runs.
func (s *site) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := s.launch(t, append([]string{"serve"}, args...)...)
	p.awaitLog(t, "msg=running")
	return p
}

// awaitLog waits for a text in the log.
func (p *process) awaitLog(t *testing.T, text string) {
	t.Helper()
	eventually(t, func() (string, bool) {
		select {
		case <-p.done:
			t.Fatalf("the process has ended (%s) before it logged %q:\n%s", p.cmd.ProcessState, text, p.log)
		default:
		}
		return fmt.Sprintf("no %q in the log:\n%s", text, p.log), strings.Contains(p.log.String(), text)
	})
}

// signal sends a signal and returns how long the process took to end, and its exit code.
func (p *process) signal(t *testing.T, sig syscall.Signal) (took time.Duration, code int) {
	t.Helper()
	start := time.Now()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatalf("the process does not end after %s:\n%s", sig, p.log)
	}
	return time.Since(start), p.cmd.ProcessState.ExitCode()
}

// eventually asks until the condition holds, and fails with what it says is missing.
func eventually(t *testing.T, ok func() (missing string, done bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, done := ok()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(missing)
		}
	}
}

// inProcess runs `serve` in this process, under the race detector if the tests are, until the test ends.
func (s *site) inProcess(t *testing.T) {
	t.Helper()
	log, code := new(safeBuffer), make(chan int, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		code <- run(ctx, []string{"serve", "--config", s.config}, streams{in: strings.NewReader(""), out: new(safeBuffer), err: log})
	}()
	t.Cleanup(func() {
		cancel()
		if c := <-code; c != exitOK {
			t.Errorf("serve: exit %d", c)
		}
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	eventually(t, func() (string, bool) {
		return "not running yet:\n" + log.String(), strings.Contains(log.String(), "msg=running")
	})
}

// account makes an account at the site with the command line.
func (s *site) account(t *testing.T, user, host, password string) {
	t.Helper()
	log := new(safeBuffer)
	if code := run(t.Context(), []string{"register", user, host, password, "--config", s.config}, streams{in: strings.NewReader(""), out: log, err: log}); code != exitOK {
		t.Fatalf("register %s: exit %d\n%s", user, code, log)
	}
}
