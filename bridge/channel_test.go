package bridge

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// socket is a client's bridge channel over a WebSocket.
type socket struct {
	*websocket.Conn
	messages chan string
	closed   chan error
}

func dial(t testing.TB, url string) *socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, nil)
	must(t, err)
	s := &socket{Conn: conn, messages: make(chan string, 1000), closed: make(chan error, 1)}
	go func() {
		for {
			_, data, err := conn.Read(context.Background())
			if err != nil {
				s.closed <- err
				return
			}
			s.messages <- string(data)
		}
	}()
	t.Cleanup(func() { _ = conn.CloseNow() })
	return s
}

func (s *socket) tell(t testing.TB, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(t, s.Write(ctx, websocket.MessageText, []byte(text)))
}

// awaitClose returns with what code and reason the bridge closed the channel.
func (s *socket) awaitClose(t testing.TB) (websocket.StatusCode, string) {
	t.Helper()
	select {
	case err := <-s.closed:
		var c websocket.CloseError
		if !errors.As(err, &c) {
			t.Fatalf("closed without a close frame: %v", err)
		}
		return c.Code, c.Reason
	case <-time.After(patience):
		t.Fatal("the channel is not closed")
		panic("unreachable")
	}
}

// Messages between clients, over the data channel and over the WebSocket.
func TestEndpointMessages(t *testing.T) {
	w := newWorld(t)
	transports := w.create(t, "sock") // has a WebSocket only
	people := w.call(t, "ana", "ben")
	ana, ben := people[0], people[1]
	sock := dial(t, transports["sock"].ICE.WebSockets[0])
	nextMessage(t, sock.messages, "ServerHello")

	ana.tell(`{"colibriClass":"EndpointMessage","to":"ben","from":"cleo","msgPayload":{"n":1}}`)
	want := map[string]any{"colibriClass": "EndpointMessage", "to": "ben", "from": "ana", "msgPayload": map[string]any{"n": 1.0}}
	if got := ben.message("EndpointMessage"); !reflect.DeepEqual(got, want) {
		t.Errorf("ben got %v, want %v", got, want)
	}
	sock.tell(t, `{"colibriClass":"EndpointMessage","to":"","msgPayload":{"n":2}}`)
	for _, p := range people {
		if got := p.message("EndpointMessage"); got["from"] != "sock" || got["msgPayload"].(map[string]any)["n"] != 2.0 {
			t.Errorf("%s got %v", p.id, got)
		}
	}
	ben.tell(`{"colibriClass":"EndpointStats","bitrate":5}`)
	for _, from := range []<-chan string{ana.messages, sock.messages} {
		if got := nextMessage(t, from, "EndpointStats"); got["from"] != "ben" || got["bitrate"] != 5.0 {
			t.Errorf("statistics %v", got)
		}
	}
	ben.tell(`no JSON`)
	ben.tell(`{"colibriClass":"Unheard"}`)
	ben.tell(`{"colibriClass":"EndpointMessage","to":"ana","msgPayload":{"n":3}}`)
	if got := ana.message("EndpointMessage"); got["msgPayload"].(map[string]any)["n"] != 3.0 {
		t.Errorf("after nonsense %v", got)
	}
	if st := w.Stats(); st.MessagesRefused != 1 || st.ChannelReceived < 4 || st.SocketReceived != 1 || st.SocketSent < 2 {
		t.Errorf("counted %+v", st)
	}
}

// Who wants what is told to who sends, and who gets what to who receives.
func TestConstraints(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben")
	ana, ben := people[0], people[1]
	ben.awaitMedia(ana, "seen", true, true)
	ben.tell(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"defaultConstraints":{"maxHeight":0},"constraints":{"ana-v0":{"maxHeight":720}},"selectedSources":["ana-v0"],"onStageSources":[]}`)
	for m := ana.message("SenderSourceConstraints"); m["sourceName"] != "ana-v0" || m["maxHeight"] != 720.0; {
		m = ana.message("SenderSourceConstraints")
	}
	for m := ben.message("ForwardedSources"); !reflect.DeepEqual(m["forwardedSources"], []any{"ana-v0"}); {
		m = ben.message("ForwardedSources")
	}
	ben.tell(`{"colibriClass":"LastNChangedEvent","lastN":0}`)
	for m := ben.message("ForwardedSources"); !reflect.DeepEqual(m["forwardedSources"], []any{}); {
		m = ben.message("ForwardedSources")
	}
	ben.tell(`{"colibriClass":"ReceiverAudioSubscription","all":false,"include":[],"exclude":[]}`)
	ben.tell(`{"colibriClass":"ClientHello"}`)
	ben.message("ServerHello") // the subscription is known now
	until(t, "ana is not heard", func() bool {
		before := w.Stats().Media.Totals
		ana.say("unheard")
		until(t, "the bridge has it", func() bool { return w.Stats().Media.Totals.PacketsIn >= before.PacketsIn+2 })
		return w.Stats().Media.Totals.PacketsOut == before.PacketsOut
	})
}

// Whoever is loud becomes the dominant speaker; a channel that is opened again begins with what counts, in the order that clients
// rely on, and takes the place of the old one.
func TestSpeakerAndGreeting(t *testing.T) {
	w := newWorld(t)
	transports := w.create(t, "sock")
	people := w.call(t, "ana", "ben")
	url := transports["sock"].ICE.WebSockets[0]
	first := dial(t, url)
	nextMessage(t, first.messages, "ServerHello")
	people[1].awaitMedia(people[0], "hello", true, true)
	spoken := make(chan map[string]any, 1)
	go func() { spoken <- people[1].message("DominantSpeakerEndpointChangeEvent") }()
	var m map[string]any
	until(t, "ana is the dominant speaker", func() bool {
		people[0].say("blah")
		select {
		case m = <-spoken:
			return true
		default:
			return false
		}
	})
	if m["dominantSpeakerEndpoint"] != "ana" || m["silence"] != false {
		t.Errorf("told %v", m)
	}

	second := dial(t, url)
	if code, reason := first.awaitClose(t); code != websocket.StatusNormalClosure || reason != "replaced" {
		t.Errorf("the replaced channel is closed with %d %q, want 1000 replaced", code, reason)
	}
	var order []string
	for range 3 {
		select {
		case text := <-second.messages:
			_, text, _ = strings.Cut(text, `"colibriClass":"`)
			class, _, _ := strings.Cut(text, `"`)
			order = append(order, class)
		case <-time.After(patience):
			t.Fatalf("greeted with %q only", order)
		}
	}
	if want := []string{"ServerHello", "ForwardedSources", "DominantSpeakerEndpointChangeEvent"}; !reflect.DeepEqual(order, want) {
		t.Errorf("greeted with %q, want %q", order, want)
	}
	w.modify(t, one(jingle.ColibriEndpoint{ID: "sock", Expire: true}))
	if code, _ := second.awaitClose(t); code != websocket.StatusGoingAway {
		t.Errorf("an expired endpoint's channel is closed with %d, want 1001", code)
	}
}

func TestChannelIsRefused(t *testing.T) {
	w := newWorld(t)
	url := w.create(t, "a")["a"].ICE.WebSockets[0]
	for name, tt := range map[string]struct {
		url  string
		want int
	}{
		"wrong password":     {url[:strings.Index(url, "?")] + "?pwd=wrong", http.StatusForbidden},
		"no password":        {url[:strings.Index(url, "?")], http.StatusForbidden},
		"unknown endpoint":   {strings.Replace(url, "/a?", "/b?", 1), http.StatusForbidden},
		"unknown conference": {strings.Replace(url, "/b1/", "/b1/x", 1), http.StatusForbidden},
		"another server":     {strings.Replace(url, "/b1/", "/b2/", 1), http.StatusNotFound},
		"malformed":          {strings.Replace(url, "/b1/", "/", 1), http.StatusNotFound},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		conn, resp, err := websocket.Dial(ctx, tt.url, nil)
		cancel()
		if err == nil {
			_ = conn.CloseNow()
		}
		if resp == nil || resp.StatusCode != tt.want {
			t.Errorf("%s: %v, %v, want %d", name, resp, err, tt.want)
		}
	}
}

func TestSocketLimits(t *testing.T) {
	w := newWorld(t)
	url := w.create(t, "a")["a"].ICE.WebSockets[0]
	s := dial(t, url)
	nextMessage(t, s.messages, "ServerHello")
	s.tell(t, strings.Repeat("x", 3*maxChannelMessage))
	if code, _ := s.awaitClose(t); code != websocket.StatusMessageTooBig {
		t.Errorf("closed with %d, want 1009", code)
	}
	s = dial(t, url)
	nextMessage(t, s.messages, "ServerHello")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(t, s.Ping(ctx))
	must(t, s.Close(websocket.StatusNormalClosure, "bye"))
}

// A client that floods the others costs nobody else anything: the focus is answered, and a receiver that reads slowly keeps its channel.
func TestFloodOfMessages(t *testing.T) {
	w := newWorld(t)
	transports := w.create(t, "bad", "good")
	good := dial(t, transports["good"].ICE.WebSockets[0])
	nextMessage(t, good.messages, "ServerHello")
	w.mu.Lock()
	c := w.byID[meeting]
	w.mu.Unlock()
	found, busy, release := make(chan *endpoint, 1), make(chan struct{}), make(chan struct{})
	c.post(func() { found <- c.endpoints["bad"]; close(busy); <-release })
	bad := <-found
	<-busy
	for range 10 * conferenceQueue {
		bad.channelMessage([]byte(`{"colibriClass":"EndpointMessage","to":"","msgPayload":{}}`), false)
	}
	id := w.post("get", focusJID, one(jingle.ColibriEndpoint{ID: "good", ForceMute: &jingle.ForceMute{}}).Element())
	until(t, "the request waits for the conference", func() bool { return len(c.work) > maxWaiting })
	close(release)
	if st := w.link.await(t, "an answer", func(st xmpp.Stanza) bool { return st.ID == id }); st.Type != "result" {
		t.Errorf("the focus is answered %s", st)
	}
	if n := w.Stats().MessagesDropped; n < 10*conferenceQueue-maxWaiting { // more where the bridge's own work waits too
		t.Errorf("%d messages dropped, want %d at least", n, 10*conferenceQueue-maxWaiting)
	}
	slow := newSocketChannel(nil) // nobody reads
	for range 10 * socketQueue {
		slow.pass([]byte("{}"))
	}
	select {
	case <-slow.closing:
		t.Error("others' messages close a slow channel")
	default:
	}
	if !slow.send([]byte("{}")) {
		t.Error("the bridge's own message finds no room")
	}
	w.modify(t, one(jingle.ColibriEndpoint{ID: "bad", Expire: true}))
	good.tell(t, `{"colibriClass":"ClientHello"}`)
	nextMessage(t, good.messages, "ServerHello")
}
