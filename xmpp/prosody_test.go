package xmpp

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const prosodyConfig = `
run_as_root = true
daemonize = false
pidfile = "%[1]s/prosody.pid"
data_path = "%[1]s/data"
log = { info = "%[1]s/prosody.log" }
interfaces = { "127.0.0.1" }
c2s_ports = { %[2]d }
s2s_ports = {}
http_ports = {}
https_ports = {}
modules_enabled = { "saslauth", "disco", "presence", "message", "iq", "ping", "c2s" }
modules_disabled = { "s2s", "tls", "offline", "posix" }
c2s_require_encryption = false
authentication = "internal_plain"
storage = "internal"
VirtualHost "auth.meet.example"
`

// startProsody runs a Prosody with the accounts focus and jvb for the test and returns its address.
func startProsody(t *testing.T) *net.TCPAddr {
	t.Helper()
	path, err := exec.LookPath("prosody")
	if err != nil {
		t.Fatal("this test needs Debian's prosody (apt-get install prosody): ", err)
	}
	dir := t.TempDir()
	store := filepath.Join(dir, "data", "auth%2emeet%2eexample", "accounts")
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"focus", "jvb"} {
		if err := os.WriteFile(filepath.Join(store, u+".dat"), []byte(`return { ["password"] = "pw"; };`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().(*net.TCPAddr)
	_ = ln.Close()
	config := filepath.Join(dir, "prosody.cfg.lua")
	if err := os.WriteFile(config, fmt.Appendf(nil, prosodyConfig, dir, addr.Port), 0o600); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	cmd := exec.Command(path, "-F", "--config", config)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "prosody.log"))
			t.Logf("prosody said: %s\n%s", output.Bytes(), log)
		}
	})
	return addr
}

// A role in another process can use a server that is not ours.
func TestDialProsody(t *testing.T) {
	addr := startProsody(t)
	dial := func(jid string) Link {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		l, err := Dial(ctx, DialConfig{Address: addr.String(), JID: MustJID(jid), Password: "pw"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	eventually(t, func() string {
		conn, err := net.Dial("tcp", addr.String())
		if err != nil {
			return "prosody does not listen"
		}
		_ = conn.Close()
		return ""
	})
	focus, jvb := dial("focus@auth.meet.example/focus"), dial("jvb@auth.meet.example/b1")
	if err := focus.Send(NewStanza(IQ, "get", JID{}, jvb.JID(), NewElement("urn:x", "x").WithText("<&>")).WithID("q1")); err != nil {
		t.Fatal(err)
	}
	st := receive(t, jvb)
	for st.Kind == Presence { // its own initial presence
		st = receive(t, jvb)
	}
	if st.From != focus.JID() || st.Find("urn:x", "x").Text != "<&>" {
		t.Errorf("received %s", st)
	}
	if err := jvb.Send(st.Result()); err != nil {
		t.Fatal(err)
	}
	for st = receive(t, focus); st.Kind == Presence; {
		st = receive(t, focus)
	}
	if st.ID != "q1" || st.Type != "result" {
		t.Errorf("received %s", st)
	}
}
