package xmpp

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// hostileLines are things that no peer may send, with the stream error that answers them. The table is W7's of the anchors.
var hostileLines = []struct{ name, line, want string }{
	{"mismatched tags", `<message xmlns="jabber:client"><a></b></message>`, "not-well-formed"},
	{"duplicate attribute", `<iq id="1" id="2" type="get"/>`, "not-well-formed"},
	{"control character", "<message xmlns='jabber:client'><body>\x01</body></message>", "not-well-formed"},
	{"character that is in no name", "<message xmlns='jabber:client'><b\u00d7c/></message>", "not-well-formed"},
	{"&#0;", `<message xmlns="jabber:client"><body>&#0;</body></message>`, "not-well-formed"},
	{"undefined entity", `<message xmlns="jabber:client"><body>&lol;</body></message>`, "restricted-xml"},
	{"DTD", `<!DOCTYPE x [<!ENTITY a "b">]>`, "restricted-xml"},
	{"comment", `<message xmlns="jabber:client"><!-- x --></message>`, "restricted-xml"},
	{"processing instruction", `<message xmlns="jabber:client"><?x y?></message>`, "restricted-xml"},
	{"undeclared prefix", `<message xmlns="jabber:client"><x:y/></message>`, "bad-namespace-prefix"},
	{"nesting", `<message xmlns="jabber:client">` + strings.Repeat("<a>", 10000) + strings.Repeat("</a>", 10000) + `</message>`, "policy-violation"},
	{"attributes", `<message xmlns="jabber:client"><a ` + manyAttrs(200) + `/></message>`, "policy-violation"},
	{"too long", `<message xmlns="jabber:client"><body>` + strings.Repeat("x", 300<<10) + `</body></message>`, "policy-violation"},
	{"unknown element", `<unknown xmlns="urn:x"/>`, "unsupported-stanza-type"},
	{"foreign namespace", `<message xmlns="jabber:server"/>`, "unsupported-stanza-type"},
	{"text between stanzas", `hello <presence/>`, "not-well-formed"},
	{"authenticating twice", `<auth mechanism="PLAIN" xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`, "not-authorized"},
}

func manyAttrs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + strings.Repeat("b", i) + `="1"`)
	}
	return b.String()
}

// Whatever a bound client sends, it ends its own stream only, and it hears why.
func TestHostileAfterBinding(t *testing.T) {
	s := newTestServer(t)
	bystander := s.guest()
	for _, c := range hostileLines {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			ws := s.guest()
			ws.send(c.line)
			ws.expect("<stream:error", "<"+c.want)
			ws.expectEnd()
			tcp := s.account("host", "meet.example", "hostpw", "")
			go tcp.send(c.line) // the pipe has no buffer, and the server stops reading
			tcp.expect("<stream:error", "<"+c.want)
			tcp.expectEnd()
		})
	}
	bystander.send(`<iq id="p" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`)
	bystander.expect(`id="p"`, "result")
}

func TestHostileBeforeAuthentication(t *testing.T) {
	s := newTestServer(t)
	open := strings.Replace(tcpOpen, "%s", "meet.example", 1)
	for _, c := range []struct{ name, line, want string }{
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", "not-well-formed"},
		{"no header", `<presence/>`, "not-well-formed"},
		{"unknown host", strings.Replace(tcpOpen, "%s", "other.example", 1), "host-unknown"},
		{"other version", strings.Replace(open, "'1.0'>", "'2.0'>", 1), "unsupported-version"},
		{"stanza", open + `<iq type="get" id="1"><ping xmlns="urn:xmpp:ping"/></iq>`, "not-authorized"},
		{"binding", open + `<iq type="set" id="1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`, "not-authorized"},
		{"too long", open + `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">` + strings.Repeat("A", 20<<10), "policy-violation"},
		{"never ending tag", open + `<auth ` + strings.Repeat("a", 20<<10), "policy-violation"},
		{"response without auth", open + `<response xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`, "not-authorized"},
		{"acknowledgement", open + `<a h="1" xmlns="urn:xmpp:sm:3"/>`, "unsupported-stanza-type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			tcp := s.dialTCP()
			go tcp.send(c.line)
			tcp.expect("<stream:error", "<"+c.want)
			tcp.expectEnd()
		})
	}
}

func TestSASLMistakes(t *testing.T) {
	s := newTestServer(t)
	for _, c := range []struct{ name, line, want string }{
		{"unknown mechanism", `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="X-FOO"/>`, "invalid-mechanism"},
		{"anonymous on a host of accounts", `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>`, "invalid-mechanism"},
		{"PLAIN in the clear", `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">AGhvc3QAaG9zdHB3</auth>`, "invalid-mechanism"},
		{"no base64", `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="SCRAM-SHA-1">*</auth>`, "incorrect-encoding"},
		{"no SCRAM", `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="SCRAM-SHA-1">eHh4</auth>`, "malformed-request"},
		{"abort", `<abort xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`, "aborted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			tcp := s.dialTCP()
			tcp.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
			tcp.expect("SCRAM-SHA-1")
			tcp.send(c.line)
			tcp.expect("<failure", "<"+c.want)
			if a := tcp.scram("SCRAM-SHA-1", "host", "hostpw"); !strings.HasPrefix(a, "<success") {
				t.Errorf("the next attempt: %s", a)
			}
		})
	}
	tcp := s.dialTCP()
	tcp.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
	tcp.expect("SCRAM-SHA-1")
	for range attempts {
		tcp.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="X-FOO"/>`)
	}
	tcp.expect("<policy-violation", "too many attempts")
	tcp.expectEnd()
}

func TestLimitsBeforeAuthentication(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Limits.PreAuthTime, c.Limits.PreAuthPerAddress = 150*time.Millisecond, 2
	})
	first := s.dialTCP()
	first.send(strings.Replace(tcpOpen, "%s", "meet.example", 1))
	first.expect("mechanisms")
	second := s.dialTCP()
	s.dialTCP().expectEnd() // one too many
	first.expect("<connection-timeout")
	first.expectEnd()
	second.expect("<connection-timeout")
	second.expectEnd()
	eventually(t, func() string {
		if s.Stats().Streams > 0 {
			return "streams are left"
		}
		return ""
	})
	c := s.guest() // there is room again
	c.send(`<iq id="p" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`)
	c.expect(`id="p"`)
}

func TestWebSocketFrames(t *testing.T) {
	s := newTestServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	url := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/xmpp-websocket"
	if _, resp, err := websocket.Dial(ctx, url, nil); err == nil || resp == nil || resp.StatusCode != 400 {
		t.Errorf("without subprotocol: %v, %v", resp, err)
	}
	dial := func() *websocket.Conn {
		conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"xmpp"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
	fragmented := dial()
	w, err := fragmented.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	open := strings.Replace(wsOpen, "%s", "guest.meet.example", 1)
	for _, part := range []string{open[:10], open[10:30], open[30:]} { // each leaves as a frame of its own
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	if _, b, err := fragmented.Read(ctx); err != nil || !strings.HasPrefix(string(b), "<open ") {
		t.Errorf("a fragmented opening is answered with %s, %v", b, err)
	}
	binary := dial()
	_ = binary.Write(ctx, websocket.MessageBinary, []byte(open))
	if _, _, err := binary.Read(ctx); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Errorf("a binary message is answered with %v", err)
	}
}

// A stranger that announces much and sends little is cut off by what it announces, and so is one whose message never ends.
func TestAnnouncedLength(t *testing.T) {
	for name, frames := range map[string]string{
		"length":                     "\x81\xff\x00\x00\x00\x00\x00\xa0\x00\x00abcd",
		"length of a later fragment": "\x01\x81abcdx" + "\x80\xff\x7f\xff\xff\xff\xff\xff\xff\xffabcd",
		"fragments":                  "\x01\x80abcd" + strings.Repeat("\x00\x80abcd", 1100),
	} {
		t.Run(name, func(t *testing.T) { ends(t, frames, "stanza-too-big") })
	}
}

// A stranger that does nothing but ping is not served for as long as it likes.
func TestPingFlood(t *testing.T) {
	ends(t, strings.Repeat("\x89\x80abcd", 20000), "too many control frames")
}

// ends opens a WebSocket, sends frames at once and waits for the reason why the stream ends.
func ends(t *testing.T, frames, reason string) {
	s := newTestServer(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.http.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write([]byte("GET /xmpp-websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n" + frames))
	buf := make([]byte, 4096)
	all := ""
	for !strings.Contains(all, reason) {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("the server answers %q, %v", all, err)
		}
		all += string(buf[:n])
	}
}
