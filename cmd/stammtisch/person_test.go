package main

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xdg-go/scram"
)

// patience is how long a test waits for what has to come: long, for slow machines. Nobody waits it out unless something is missing.
const patience = 40 * time.Second

const (
	nsMUC     = "http://jabber.org/protocol/muc"
	nsClient  = "jabber:client"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsFraming = "urn:ietf:params:xml:ns:xmpp-framing"
	nsSM      = "urn:xmpp:sm:3"
	nsDisco   = "http://jabber.org/protocol/disco#info"
)

// wire is one transport of XMPP, from the client's side.
type wire interface {
	// open starts a stream, or starts it anew after authentication.
	open(host string) error
	send(raw string) error
	// cut ends the connection without any goodbye.
	cut()
}

// person is a scripted client: what arrives is kept until a test takes it.
type person struct {
	name string
	wire wire
	jid  string // full, once bound
	nick string // in the room

	out sync.Mutex // held while something is sent

	mu      sync.Mutex
	inbox   []*node
	changed chan struct{} // closed and replaced whenever the inbox grows or the stream ends
	ended   error         // why there is nothing more to come
	asked   int           // <r/> that came
	counts  bool          // after <enable/>
	sent    int           // stanzas since then
	got     int
}

func newPerson(name string) *person { return &person{name: name, changed: make(chan struct{})} }

// isStanza says what stream management counts (XEP-0198 §4).
func isStanza(name string) bool { return name == "iq" || name == "presence" || name == "message" }

// stockFeatures are what a stock client has (its version of the recordings): the focus asks for them before it offers a session.
var stockFeatures = []string{
	"http://jabber.org/protocol/caps", "http://jitsi.org/json-encoded-sources",
	"http://jitsi.org/receive-multiple-video-streams", "http://jitsi.org/remb",
	"http://jitsi.org/source-name", "http://jitsi.org/start-muted-room-metadata",
	"http://jitsi.org/tcc", "http://jitsi.org/visitors-1",
	"urn:ietf:rfc:4588", "urn:xmpp:jingle:1",
	"urn:xmpp:jingle:apps:dtls:0", "urn:xmpp:jingle:apps:rtp:1",
	"urn:xmpp:jingle:apps:rtp:audio", "urn:xmpp:jingle:apps:rtp:video",
	"urn:xmpp:jingle:transports:dtls-sctp:1", "urn:xmpp:jingle:transports:ice-udp:1",
	"urn:xmpp:rayo:client:1",
}

// features answers a disco#info request as a stock client does.
func features(n *node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<iq xmlns='%s' type='result' to='%s' id='%s'><query xmlns='%s'", nsClient, n.attr("from"), n.attr("id"), nsDisco)
	if at := n.at("query").attr("node"); at != "" {
		fmt.Fprintf(&b, " node='%s'", at)
	}
	b.WriteString(">")
	for _, f := range stockFeatures {
		fmt.Fprintf(&b, "<feature var='%s'/>", f)
	}
	return b.String() + "</query></iq>"
}

// deliver is called by the transport, in order. Requests for acknowledgements and features are answered at once.
func (p *person) deliver(n *node) {
	p.mu.Lock()
	if p.counts && isStanza(n.name) {
		p.got++
	}
	answer := ""
	switch {
	case n.space == nsSM && n.name == "r":
		p.asked++
		answer = fmt.Sprintf("<a xmlns='%s' h='%d'/>", nsSM, p.got)
	case n.is("iq", "get") && n.at("query") != nil && n.at("query").space == nsDisco:
		answer = features(n)
	default:
		p.inbox = append(p.inbox, n)
	}
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	if answer != "" {
		_, _ = p.transmit(answer) // a broken connection shows in reading
	}
}

// finish is called by the transport when nothing more will come.
func (p *person) finish(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		p.ended = err
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// transmit sends one element and returns how many stanzas were sent so far.
func (p *person) transmit(raw string) (sent int, err error) {
	p.out.Lock() // what is counted and what is written have one order
	defer p.out.Unlock()
	name := strings.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune("< />", r) })[0]
	p.mu.Lock()
	if p.counts && isStanza(name) {
		p.sent++
	}
	sent = p.sent
	p.mu.Unlock()
	return sent, p.wire.send(raw)
}

// send sends a stanza or other element.
func (p *person) send(t *testing.T, format string, args ...any) {
	t.Helper()
	raw := fmt.Sprintf(format, args...)
	if _, err := p.transmit(raw); err != nil {
		t.Fatalf("%s sends %.200s: %v", p.name, raw, err)
	}
}

// take removes the first element that fits from the inbox. Without one it returns what to wait for, and the end if there is one.
func (p *person) take(fits func(*node) bool) (n *node, changed <-chan struct{}, ended error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.inbox, fits)
	if i < 0 {
		return nil, p.changed, p.ended
	}
	n = p.inbox[i]
	p.inbox = slices.Delete(p.inbox, i, i+1)
	return n, nil, nil
}

// within waits for an element and takes it; nil when it has not come in time.
func (p *person) within(limit time.Duration, fits func(*node) bool) *node {
	late := time.After(limit)
	for {
		n, changed, ended := p.take(fits)
		if n != nil || ended != nil {
			return n
		}
		select {
		case <-changed:
		case <-late:
			n, _, _ := p.take(fits)
			return n
		}
	}
}

// await waits for an element, takes it, and fails the test with all that did come.
func (p *person) await(t *testing.T, what string, fits func(*node) bool) *node {
	t.Helper()
	if n := p.within(patience, fits); n != nil {
		return n
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.Fatalf("%s waits for %s; the stream's end: %v; has %d elements:\n%s", p.name, what, p.ended, len(p.inbox), listNodes(p.inbox))
	return nil
}

func listNodes(list []*node) string {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "  %.600s\n", n)
	}
	return b.String()
}

// awaitEnd waits for the end of the stream and returns how it ended.
func (p *person) awaitEnd(t *testing.T) error {
	t.Helper()
	p.within(patience, func(*node) bool { return false })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		t.Fatalf("%s: the stream does not end", p.name)
	}
	return p.ended
}

// ask sends an IQ and waits for its answer.
func (p *person) ask(t *testing.T, id, format string, args ...any) *node {
	t.Helper()
	p.send(t, format, args...)
	return p.await(t, "the answer to "+id, func(n *node) bool { return n.is("iq", "") && n.attr("id") == id && n.attr("type") != "set" })
}

func named(names ...string) func(*node) bool {
	return func(n *node) bool { return slices.Contains(names, n.name) }
}

// logIn authenticates, binds, and enables stream management where the transport can; an empty user is anonymous. It returns the
// SASL failure, or nil.
func (p *person) logIn(t *testing.T, host, user, password string) *node {
	t.Helper()
	if failed := p.authenticate(t, host, user, password); failed != nil {
		return failed
	}
	bound := p.ask(t, "bind", "<iq xmlns='%s' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", nsClient)
	jid := bound.at("bind", "jid")
	if jid == nil {
		t.Fatalf("%s: bind answered %s", p.name, bound)
	}
	p.jid = jid.text
	return nil
}

// authenticate opens the stream and authenticates, and opens it anew; what comes next is bind or resumption.
func (p *person) authenticate(t *testing.T, host, user, password string) (failed *node) {
	t.Helper()
	p.reopen(t, host)
	if user == "" {
		p.send(t, "<auth xmlns='%s' mechanism='ANONYMOUS'/>", nsSASL)
	} else if failed := p.scram(t, user, password); failed != nil {
		return failed
	}
	if user == "" {
		if end := p.await(t, "success", named("success", "failure")); end.name != "success" {
			return end
		}
	}
	p.reopen(t, host)
	return nil
}

func (p *person) reopen(t *testing.T, host string) {
	t.Helper()
	if err := p.wire.open(host); err != nil {
		t.Fatalf("%s opens a stream: %v", p.name, err)
	}
	p.await(t, "stream features", named("features"))
}

// scram logs in by SCRAM-SHA-1, the one that stock clients know, and checks the server's signature.
func (p *person) scram(t *testing.T, user, password string) (failed *node) {
	t.Helper()
	client, err := scram.SHA1.NewClient(user, password, "")
	if err != nil {
		t.Fatal(err)
	}
	talk := client.NewConversation()
	first, err := talk.Step("")
	if err != nil {
		t.Fatal(err)
	}
	p.send(t, "<auth xmlns='%s' mechanism='SCRAM-SHA-1'>%s</auth>", nsSASL, base64.StdEncoding.EncodeToString([]byte(first)))
	for {
		n := p.await(t, "the next step of SCRAM", named("challenge", "success", "failure"))
		if n.name == "failure" {
			return n
		}
		text, err := base64.StdEncoding.DecodeString(n.text)
		if err != nil {
			t.Fatalf("%s: %v", n, err)
		}
		next, err := talk.Step(string(text))
		if err != nil {
			t.Fatalf("%s: SCRAM: %v", p.name, err)
		}
		if n.name == "success" {
			return nil
		}
		p.send(t, "<response xmlns='%s'>%s</response>", nsSASL, base64.StdEncoding.EncodeToString([]byte(next)))
	}
}

// enableResumption turns stream management on and returns the id to resume with.
func (p *person) enableResumption(t *testing.T) string {
	t.Helper()
	p.send(t, "<enable xmlns='%s' resume='true'/>", nsSM)
	p.mu.Lock()
	p.counts = true // what comes after <enabled/> counts; before it nothing comes here
	p.mu.Unlock()
	return p.await(t, "enabled", named("enabled")).attr("id")
}

// counters returns how many stanzas went each way since stream management began.
func (p *person) counters() (sent, got int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, p.got
}

// requestConference asks the focus for the room and returns its answer.
func (p *person) requestConference(t *testing.T, domain, room string) *node {
	t.Helper()
	return p.ask(t, "conf-"+p.name, "<iq xmlns='%s' type='set' id='conf-%s' to='focus.%s'><conference xmlns='http://jitsi.org/protocol/focus' "+
		"room='%s' machine-uid='uid-%s'><property name='startVideoMuted' value='10'/></conference></iq>", nsClient, p.name, domain, room, p.name)
}

// enter joins the room and waits until it is in.
func (p *person) enter(t *testing.T, room, nick string) {
	t.Helper()
	p.nick = nick
	p.send(t, "<presence xmlns='%s' to='%s/%s'><x xmlns='%s'/><nick xmlns='http://jabber.org/protocol/nick'>%s</nick><SourceInfo>{}</SourceInfo></presence>",
		nsClient, room, nick, nsMUC, p.name)
	p.await(t, "its own presence", func(n *node) bool { return n.is("presence", "") && n.attr("from") == room+"/"+nick && n.has("110") })
}

// say sends a message to the room.
func (p *person) say(t *testing.T, room, text string) {
	t.Helper()
	p.send(t, "<message xmlns='%s' to='%s' type='groupchat'><body>%s</body></message>", nsClient, room, text)
}

// says is a message of that text from an occupant.
func says(from, text string) func(*node) bool {
	return func(n *node) bool { return n.is("message", "") && n.attr("from") == from && n.body("body") == text }
}

// leaves is an occupant's last presence.
func leaves(from string) func(*node) bool {
	return func(n *node) bool { return n.is("presence", "unavailable") && n.attr("from") == from }
}
