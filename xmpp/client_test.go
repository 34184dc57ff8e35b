package xmpp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/xdg-go/scram"
)

// client is the other end of a stream.
type client struct {
	t    *testing.T
	send func(string)
	recv func() (string, error)
	end  func()
	id   string // of the session, once resumable
	jid  JID
}

// expect reads elements until one has all the parts, and fails if the stream ends before.
func (c *client) expect(parts ...string) string {
	c.t.Helper()
	var seen []string
	for {
		el, err := c.recv()
		if err != nil {
			c.t.Fatalf("waiting for %q: %v; received %q", parts, err, seen)
		}
		found := true
		for _, p := range parts {
			found = found && strings.Contains(el, p)
		}
		if found {
			return el
		}
		seen = append(seen, el)
	}
}

// expectEnd reads until the stream ends.
func (c *client) expectEnd() {
	c.t.Helper()
	for range 100 {
		if _, err := c.recv(); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				c.t.Fatalf("the stream does not end: %v", err)
			}
			return
		}
	}
	c.t.Fatal("the stream does not end")
}

// dialWS opens a WebSocket with the library that applications use.
func (s *testServer) dialWS(query string) *client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.http.URL, "http")+"/xmpp-websocket"+query, &websocket.DialOptions{Subprotocols: []string{"xmpp"}})
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 22)
	end := func() { cancel(); _ = conn.CloseNow() }
	s.t.Cleanup(end)
	return &client{t: s.t, end: end,
		send: func(x string) {
			if err := conn.Write(ctx, websocket.MessageText, []byte(x)); err != nil {
				s.t.Logf("write: %v", err)
			}
		},
		recv: func() (string, error) {
			_, b, err := conn.Read(ctx)
			return string(b), err
		}}
}

// dialTCP opens a stream over a pipe. Its reader is encoding/xml's, so that our own code does not judge itself.
func (s *testServer) dialTCP() *client {
	s.t.Helper()
	mine, theirs := net.Pipe()
	s.startTCP(theirs)
	return pipeClient(s.t, mine, max(s.patience, 20*time.Second))
}

func pipeClient(t *testing.T, conn net.Conn, patience time.Duration) *client {
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t: t, end: func() { _ = conn.Close() },
		// A server that ends the stream need not read the rest; what it answers is what counts.
		send: func(x string) { _, _ = io.WriteString(conn, x) },
		recv: elementReader(conn)}
}

// elementReader returns the text of each child of a stream; the stream's header comes as its start tag.
func elementReader(r io.Reader) func() (string, error) {
	var raw bytes.Buffer
	dec := xml.NewDecoder(io.TeeReader(oneByte{r}, &raw))
	depth := 0
	return func() (string, error) {
		for {
			tok, err := dec.RawToken()
			if err != nil {
				return "", err
			}
			switch el := tok.(type) {
			case xml.ProcInst:
				raw.Reset()
				depth = 0
			case xml.StartElement:
				if el.Name.Local == "stream" && el.Name.Space == "stream" {
					depth = 0
					return take(&raw), nil
				}
				depth++
			case xml.EndElement:
				if depth--; depth < 0 {
					return take(&raw), io.EOF
				}
			}
			if depth == 0 && strings.HasSuffix(strings.TrimSpace(raw.String()), ">") && raw.Len() > 0 {
				return take(&raw), nil
			}
		}
	}
}

type oneByte struct{ io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.Reader.Read(b[:1]) }

func take(b *bytes.Buffer) string {
	s := b.String()
	b.Reset()
	return s
}

const wsOpen = `<open to="%s" version="1.0" xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`

// guest opens, authenticates and binds an anonymous session over WebSocket as lib-jitsi-meet does.
func (s *testServer) guest() *client {
	c := s.dialWS("?room=standup")
	c.loginGuest()
	return c
}

func (c *client) loginGuest() {
	c.t.Helper()
	c.send(strings.Replace(wsOpen, "%s", "guest.meet.example", 1))
	c.expect("<mechanism>ANONYMOUS</mechanism>")
	c.send(`<auth mechanism="ANONYMOUS" xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`)
	c.expect("<success")
	c.send(strings.Replace(wsOpen, "%s", "guest.meet.example", 1))
	c.expect("<stream:features", "<bind")
	c.bind("")
}

func (c *client) bind(resource string) {
	c.t.Helper()
	child := ""
	if resource != "" {
		child = "<resource>" + resource + "</resource>"
	}
	c.send(`<iq id="_bind_auth_2" type="set" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">` + child + `</bind></iq>`)
	st, err := ParseStanza([]byte(c.expect("_bind_auth_2")))
	if err != nil || st.Type != "result" {
		c.t.Fatalf("bind: %v, %v", st, err)
	}
	c.jid = MustJID(st.Find(NSBind, "bind").ChildText(NSBind, "jid"))
}

// scramSHA1 logs in on an open stream.
func (c *client) scram(mech, user, password string) string {
	c.t.Helper()
	h := scram.SHA1
	if mech == "SCRAM-SHA-256" {
		h = scram.SHA256
	}
	sc, err := h.NewClient(user, password, "")
	if err != nil {
		c.t.Fatal(err)
	}
	conv := sc.NewConversation()
	first, _ := conv.Step("")
	c.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="` + mech + `">` + base64.StdEncoding.EncodeToString([]byte(first)) + `</auth>`)
	challenge := textOf(c.t, c.expect("challenge"))
	final, err := conv.Step(challenge)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(`<response xmlns="urn:ietf:params:xml:ns:xmpp-sasl">` + base64.StdEncoding.EncodeToString([]byte(final)) + `</response>`)
	answer := c.expect("xmpp-sasl")
	if strings.HasPrefix(answer, "<success") {
		if _, err := conv.Step(textOf(c.t, answer)); err != nil {
			c.t.Fatalf("the server's signature: %v", err)
		}
	}
	return answer
}

// textOf returns the decoded text of a SASL element.
func textOf(t *testing.T, el string) string {
	t.Helper()
	e, err := ParseElement([]byte(el))
	if err != nil {
		t.Fatal(err)
	}
	b, err := base64.StdEncoding.DecodeString(e.Text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const tcpOpen = `<?xml version='1.0'?><stream:stream to='%s' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`

// account logs in over TCP and binds a resource.
func (s *testServer) account(user, host, password, resource string) *client {
	s.t.Helper()
	c := s.login(user, host, password)
	c.bind(resource)
	return c
}

// login logs in over TCP.
func (s *testServer) login(user, host, password string) *client {
	s.t.Helper()
	c := s.dialTCP()
	c.send(strings.Replace(tcpOpen, "%s", host, 1))
	c.expect("SCRAM-SHA-1")
	if a := c.scram("SCRAM-SHA-1", user, password); !strings.HasPrefix(a, "<success") {
		s.t.Fatalf("login: %s", a)
	}
	c.send(strings.Replace(tcpOpen, "%s", host, 1))
	c.expect("<stream:features", "<bind")
	return c
}
