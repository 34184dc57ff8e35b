package muc

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stammtisch/xmpp"
)

// TestScriptsOnProsody plays the scripts that Prosody is the oracle for on Debian's Prosody, so that what they demand of us is what a
// real server does.
func TestScriptsOnProsody(t *testing.T) {
	p := startProsody(t)
	for _, s := range scripts(t, "scripts") {
		t.Run(s.name, func(t *testing.T) {
			stage := &prosodyStage{addr: p, clients: make(map[string]*client)}
			s.play(t, stage)
		})
	}
}

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
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
admins = { "focus@auth.meet.example" }
component_admins_as_room_owners = true
VirtualHost "meet.example"
VirtualHost "auth.meet.example"
Component "conference.meet.example" "muc"
	restrict_room_creation = true
	muc_room_locking = false
	muc_room_default_public = false
	muc_room_default_public_jids = true
	muc_tombstones = false
`

// accountsHere are those of the scripts.
var accountsHere = map[string][]string{"meet.example": {"ana", "ben", "cleo", "host"}, "auth.meet.example": {"focus", "jvb"}}

// startProsody runs a Prosody of its own for the test and returns its address.
func startProsody(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("prosody")
	if err != nil {
		t.Fatal("this test needs Debian's prosody (apt-get install prosody), against which the scripts are checked: ", err)
	}
	dir := t.TempDir()
	for host, users := range accountsHere {
		store := filepath.Join(dir, "data", strings.ReplaceAll(host, ".", "%2e"), "accounts")
		if err := os.MkdirAll(store, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			if err := os.WriteFile(filepath.Join(store, u+".dat"), []byte(`return { ["password"] = "pw"; };`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	port := freePort(t)
	config := filepath.Join(dir, "prosody.cfg.lua")
	if err := os.WriteFile(config, fmt.Appendf(nil, prosodyConfig, dir, port), 0o600); err != nil {
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
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatalf("prosody does not listen on %s: %v", addr, err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// prosodyStage plays scripts on a Prosody with a connection for each party.
type prosodyStage struct {
	addr    string
	clients map[string]*client
	pings   int
}

func (s *prosodyStage) enter(t *testing.T, who string, j xmpp.JID) {
	t.Helper()
	c, err := dial(s.addr, j)
	if err != nil {
		t.Fatalf("%s logs in to prosody: %v", who, err)
	}
	s.clients[who] = c
}

func (s *prosodyStage) leave(_ *testing.T, who string) {
	if c := s.clients[who]; c != nil {
		c.conn.Close()
	}
}

// send returns when the server has worked off the stanza and what it sent to everybody has arrived.
func (s *prosodyStage) send(t *testing.T, who string, st xmpp.Stanza) {
	t.Helper()
	if err := s.clients[who].write(st); err != nil {
		t.Fatal(err)
	}
	s.sync(t, who)
	for other := range s.clients {
		s.sync(t, other)
	}
}

// sync has the server answer a ping: everything sent before it has arrived then.
func (s *prosodyStage) sync(t *testing.T, who string) {
	t.Helper()
	c := s.clients[who]
	s.pings++
	id := fmt.Sprintf("sync-%d", s.pings)
	ping := xmpp.NewStanza(xmpp.IQ, "get", xmpp.JID{}, c.jid.DomainJID(), xmpp.NewElement(xmpp.NSPing, "ping")).WithID(id)
	if err := c.write(ping); err != nil {
		t.Fatal(err)
	}
	for {
		st, err := c.read()
		if err != nil {
			t.Fatalf("%s waits for the answer to a ping: %v", who, err)
		}
		if st.ID == id {
			return
		}
		c.inbox = append(c.inbox, st)
	}
}

func (s *prosodyStage) next(_ *testing.T, who string) (xmpp.Stanza, bool) {
	c := s.clients[who]
	if len(c.inbox) == 0 {
		return xmpp.Stanza{}, false
	}
	st := c.inbox[0]
	c.inbox = c.inbox[1:]
	return st, true
}

// client is a plain XMPP client over TCP, written for these tests (RFC 6120).
type client struct {
	jid   xmpp.JID
	conn  net.Conn
	raw   *bytes.Buffer
	dec   *xml.Decoder
	inbox []xmpp.Stanza
}

func dial(addr string, j xmpp.JID) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{jid: j, conn: conn}
	if err := errors.Join(conn.SetDeadline(time.Now().Add(time.Minute)), c.login()); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *client) login() error {
	if err := c.open(); err != nil {
		return err
	}
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + c.jid.Local() + "\x00pw"))
	fmt.Fprintf(c.conn, `<auth xmlns="%s" mechanism="PLAIN">%s</auth>`, xmpp.NSSASL, plain)
	if answer, err := c.element(); err != nil || !bytes.HasPrefix(answer, []byte("<success")) {
		return fmt.Errorf("authentication: %s, %v", answer, err)
	}
	if err := c.open(); err != nil {
		return err
	}
	fmt.Fprintf(c.conn, `<iq type="set" id="bind"><bind xmlns="%s"><resource>%s</resource></bind></iq>`, xmpp.NSBind, c.jid.Resource())
	if answer, err := c.element(); err != nil || !bytes.Contains(answer, []byte(c.jid.String())) {
		return fmt.Errorf("bind: %s, %v", answer, err)
	}
	return nil
}

// open opens a stream and reads its features.
func (c *client) open() error {
	c.raw = new(bytes.Buffer)
	c.dec = xml.NewDecoder(io.TeeReader(c.conn, c.raw))
	fmt.Fprintf(c.conn, `<?xml version="1.0"?><stream:stream xmlns="jabber:client" xmlns:stream="%s" to="%s" version="1.0">`,
		xmpp.NSStream, c.jid.Domain())
	for {
		tok, err := c.dec.RawToken()
		if err != nil {
			return err
		}
		if _, ok := tok.(xml.StartElement); ok {
			break
		}
	}
	_, err := c.element()
	return err
}

// element returns the next whole element as it was sent.
func (c *client) element() ([]byte, error) {
	depth, start := 0, c.dec.InputOffset()
	for {
		before := c.dec.InputOffset()
		tok, err := c.dec.RawToken()
		if err != nil {
			return nil, err
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth == 0 {
				start = before
			}
			depth++
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil, io.EOF
			}
			if depth == 0 {
				return bytes.Clone(c.raw.Bytes()[start:c.dec.InputOffset()]), nil
			}
		}
	}
}

func (c *client) write(st xmpp.Stanza) error {
	_, err := c.conn.Write(st.Append(nil))
	return err
}

func (c *client) read() (xmpp.Stanza, error) {
	b, err := c.element()
	if err != nil {
		return xmpp.Stanza{}, err
	}
	return xmpp.ParseStanza(b)
}
