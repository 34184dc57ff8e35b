package xmpp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// boshClient speaks BOSH as Strophe does: one request is always there, a second one brings stanzas.
type boshClient struct {
	t   *testing.T
	url string
	sid string

	mu  sync.Mutex
	rid uint64
}

func (b *boshClient) nextRID() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rid++
	return b.rid
}

func (b *boshClient) body(rid uint64, attrs, content string) string {
	sid := ""
	if b.sid != "" {
		sid = ` sid="` + b.sid + `"`
	}
	return fmt.Sprintf(`<body rid="%d"%s %s xmlns="http://jabber.org/protocol/httpbind" xmlns:xmpp="urn:xmpp:xbosh">%s</body>`, rid, sid, attrs, content)
}

func (b *boshClient) post(body string) (*Element, error) {
	resp, err := http.Post(b.url, "text/xml; charset=utf-8", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		return nil, errors.New("pages of other origins may not read the answer")
	}
	return ParseElement(data)
}

func (b *boshClient) do(attrs, content string) *Element {
	b.t.Helper()
	el, err := b.post(b.body(b.nextRID(), attrs, content))
	if err != nil {
		b.t.Fatal(err)
	}
	return el
}

// poll asks until an answer has the text.
func (b *boshClient) poll(el *Element, text string) *Element {
	b.t.Helper()
	for range 20 {
		if strings.Contains(el.String(), text) {
			return el
		}
		if el.Attr("type") == "terminate" {
			break
		}
		el = b.do("", "")
	}
	b.t.Fatalf("%q does not come; the last answer is %s", text, el)
	return nil
}

func (s *testServer) boshGuest() (*boshClient, JID) {
	s.t.Helper()
	b := &boshClient{t: s.t, url: s.http.URL + "/http-bind", rid: 3099114658}
	el := b.do(`content="text/xml; charset=utf-8" hold="1" to="guest.meet.example" ver="1.6" wait="60" xml:lang="en" xmpp:version="1.0"`, "")
	b.sid = el.Attr("sid")
	for _, want := range []string{"wait", "requests", "inactivity", "hold"} {
		if el.Attr(want) == "" {
			s.t.Errorf("the session's answer lacks %s: %s", want, el)
		}
	}
	b.poll(el, "ANONYMOUS")
	b.poll(b.do("", `<auth mechanism="ANONYMOUS" xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`), "success")
	b.poll(b.do(`to="guest.meet.example" xml:lang="en" xmpp:restart="true"`, ""), "xmpp-bind")
	el = b.poll(b.do("", `<iq id="_bind_auth_2" type="set" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`), "<jid>")
	jid := el.Child(NSClient, "iq").Child(NSBind, "bind").ChildText(NSBind, "jid")
	return b, MustJID(jid)
}

func TestBOSH(t *testing.T) {
	s := newTestServer(t)
	b, jid := s.boshGuest()
	l := s.link("room@auth.meet.example/x")
	ping := func(id string) string {
		return `<iq id="` + id + `" to="meet.example" type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/></iq>`
	}
	b.poll(b.do("", ping("1")+ping("2")), `id="2"`)

	// A request that waits gets what comes.
	held := make(chan *Element, 1)
	rid := b.nextRID()
	go func() { el, _ := b.post(b.body(rid, "", "")); held <- el }()
	eventually(t, func() string {
		tr, _ := s.bosh.load(b.sid)
		tr.mu.Lock()
		defer tr.mu.Unlock()
		if len(tr.held) == 0 {
			return "the request is not held"
		}
		return ""
	})
	if err := l.Send(NewStanza(Message, "", JID{}, jid, NewElement(NSClient, "body").WithText("for you"))); err != nil {
		t.Fatal(err)
	}
	first := <-held
	if !strings.Contains(first.String(), "for you") {
		t.Errorf("the waiting request gets %s", first)
	}
	// An answer that got lost is given again.
	if again, err := b.post(b.body(rid, "", "")); err != nil || again.String() != first.String() {
		t.Errorf("asked again: %s, %v; want %s", again, err, first)
	}

	// Requests that overtake each other are handled in their order.
	one, two := b.nextRID(), b.nextRID()
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = b.post(b.body(two, "", msg("room@auth.meet.example/x", "second"))) })
	eventually(t, func() string {
		tr, _ := s.bosh.load(b.sid)
		tr.mu.Lock()
		defer tr.mu.Unlock()
		if tr.turns[two] == nil {
			return "the second request does not wait for the first"
		}
		return ""
	})
	wg.Go(func() { _, _ = b.post(b.body(one, "", msg("room@auth.meet.example/x", "first"))) })
	for _, want := range []string{"first", "second"} {
		if got := receive(t, l).Find("", "body").Text; got != want {
			t.Errorf("received %q, want %q", got, want)
		}
	}
	presence := `<presence to="room@auth.meet.example/x"/>`
	b.do(`type="terminate"`, presence)
	wg.Wait()
	for _, want := range []string{"", "unavailable"} {
		if st := receive(t, l); st.Kind != Presence || st.Type != want {
			t.Errorf("received %s, want presence %s", st, want)
		}
	}
	if el := b.do("", ""); el.Attr("type") != "terminate" {
		t.Errorf("after the end: %s", el)
	}
}

func msg(to, text string) string {
	return `<message to="` + to + `" xmlns="jabber:client"><body>` + text + `</body></message>`
}

func TestBOSHRefuses(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.PreAuthBytes = 1000 })
	b := &boshClient{t: t, url: s.http.URL + "/http-bind"}
	for _, c := range []struct{ name, body, want string }{
		{"no XML", "x", "bad-request"},
		{"no rid", `<body xmlns="http://jabber.org/protocol/httpbind"/>`, "bad-request"},
		{"unknown host", `<body rid="1" to="other.example" xmlns="http://jabber.org/protocol/httpbind"/>`, "host-unknown"},
		{"unknown session", `<body rid="1" sid="x" xmlns="http://jabber.org/protocol/httpbind"/>`, "item-not-found"},
	} {
		if el, err := b.post(c.body); err != nil || el.Attr("type") != "terminate" || el.Attr("condition") != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, el, err, c.want)
		}
	}
	b.rid = 10
	b.sid = b.do(`to="guest.meet.example"`, "").Attr("sid")
	el := b.do("", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"+strings.Repeat("x", 2000)+"</auth>")
	if el.Attr("condition") != "remote-stream-error" || el.Child(NSStream, "error").Child(NSStreams, "policy-violation") == nil {
		t.Errorf("too long: %s", el)
	}
	resp, err := http.Get(s.http.URL + "/http-bind")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("GET: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
}

func FuzzBoshBody(f *testing.F) {
	f.Add([]byte(`<body rid="1" sid="a" xmlns="http://jabber.org/protocol/httpbind"><iq/><presence><x/></presence></body>`))
	f.Add([]byte(`<body rid='3099114659' to='guest.meet.example' xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parseBoshBody(data)
		if err != nil {
			return
		}
		for _, el := range b.elements {
			if !bytes.HasPrefix(el, []byte("<")) || !bytes.HasSuffix(el, []byte(">")) {
				t.Errorf("%q has an element %q", data, el)
			}
		}
	})
}

func TestBOSHInactivity(t *testing.T) {
	s := newTestServer(t)
	b, jid := s.boshGuest()
	tr, _ := s.bosh.load(b.sid)
	tr.mu.Lock()
	tr.idle.Reset(time.Millisecond)
	tr.mu.Unlock()
	eventually(t, func() string {
		if len(s.Sessions(jid)) > 0 {
			return "the session of a client that does not ask is still there"
		}
		return ""
	})
}
