package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

var (
	selfJID  = xmpp.MustJID("jvb@auth.meet.example/here")
	brewJID  = xmpp.MustJID("jvbbrewery@internal.auth.meet.example")
	seatJID  = xmpp.MustJID("jvbbrewery@internal.auth.meet.example/b1")
	focusJID = xmpp.MustJID("jvbbrewery@internal.auth.meet.example/focus")
)

// fakeLink is the bridge's link: what the bridge sends is kept, what it receives is put in.
type fakeLink struct {
	in     chan xmpp.Stanza
	broken chan struct{}

	mu     sync.Mutex
	sent   []xmpp.Stanza // guarded by mu
	change chan struct{} // closed and replaced with each stanza; guarded by mu
	closed bool          // the brewery does not let anybody in; guarded by mu
	taken  int           // by take; guarded by mu
}

func newFakeLink() *fakeLink {
	return &fakeLink{in: make(chan xmpp.Stanza, 100_000), broken: make(chan struct{}), change: make(chan struct{})}
}

func (l *fakeLink) JID() xmpp.JID { return selfJID }
func (l *fakeLink) Close() error  { close(l.broken); return nil }

func (l *fakeLink) Send(st xmpp.Stanza) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, st)
	close(l.change)
	l.change = make(chan struct{})
	if st.Kind == xmpp.Presence && st.To == seatJID && st.Type == "" && !l.closed {
		l.in <- xmpp.NewStanza(xmpp.Presence, "", seatJID, selfJID)
	}
	return nil
}

func (l *fakeLink) Receive(ctx context.Context) (xmpp.Stanza, error) {
	select {
	case st := <-l.in:
		return st, nil
	case <-l.broken:
		return xmpp.Stanza{}, xmpp.ErrClosed
	case <-ctx.Done():
		return xmpp.Stanza{}, ctx.Err()
	}
}

// await returns the first stanza not returned before that is wanted, and forgets those before it.
func (l *fakeLink) await(t testing.TB, what string, wanted func(xmpp.Stanza) bool) xmpp.Stanza {
	t.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		for l.taken < len(l.sent) {
			st := l.sent[l.taken]
			l.taken++
			if wanted(st) {
				l.mu.Unlock()
				return st
			}
		}
		l.sent, l.taken = l.sent[:0], 0
		change := l.change
		l.mu.Unlock()
		select {
		case <-change:
		case <-deadline:
			t.Fatalf("still missing after %v: %s", patience, what)
		}
	}
}

// world is a bridge with its brewery and focus.
type world struct {
	*Service
	link *fakeLink
	ids  int
	ws   *httptest.Server // serves the bridge channel
	stop func() error
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{link: newFakeLink()}
	w.ws = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.ColibriWebSocket().ServeHTTP(rw, r)
	}))
	var err error
	w.Service, err = New(Config{
		ID: "b1", Brewery: brewJID, PublicURL: "ws" + strings.TrimPrefix(w.ws.URL, "http"), Region: "here", Version: "1.2",
		Listen: []string{"127.0.0.1:0"}, Loopback: true,
	}, w.link, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		defer w.ws.Close()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return errors.New("Run does not return")
		}
	})
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	w.link.await(t, "presence in the brewery", func(st xmpp.Stanza) bool { return st.Find(xmpp.NSMUC, "x") != nil })
	return w
}

// post sends a request of the focus and returns its id.
func (w *world) post(typ string, from xmpp.JID, payload *xmpp.Element) string {
	w.ids++
	id := fmt.Sprintf("q%d", w.ids)
	w.link.in <- xmpp.NewStanza(xmpp.IQ, typ, from, selfJID, payload).WithID(id)
	return id
}

// ask sends a request of the focus and returns the answer.
func (w *world) ask(t testing.TB, typ string, payload *xmpp.Element) xmpp.Stanza {
	t.Helper()
	id := w.post(typ, focusJID, payload)
	return w.link.await(t, "an answer to "+payload.String(), func(st xmpp.Stanza) bool { return st.IsReply() && st.ID == id })
}

// modify sends req, which must succeed.
func (w *world) modify(t testing.TB, req *jingle.ConferenceModify) *jingle.ConferenceModified {
	t.Helper()
	st := w.ask(t, "get", req.Element())
	if st.Type != "result" {
		t.Fatalf("%s is answered with %s", req.Element(), st)
	}
	answer, err := jingle.ParseConferenceModified(st.Find(jingle.NSColibri2, "conference-modified"))
	if err != nil {
		t.Fatalf("%s: %v", st, err)
	}
	return answer
}

// one is a request about one endpoint of the meeting that most tests are about.
func one(e jingle.ColibriEndpoint) *jingle.ConferenceModify {
	return &jingle.ConferenceModify{MeetingID: meeting, Endpoints: []jingle.ColibriEndpoint{e}}
}

const meeting = "dc433439"

// newEndpoint is what a focus asks for when somebody comes.
func newEndpoint(id jingle.EndpointID) jingle.ColibriEndpoint {
	return jingle.ColibriEndpoint{
		ID: id, Create: true, StatsID: "Ana-" + string(id), Capabilities: []string{jingle.CapSourceNames},
		Media: []jingle.ColibriMedia{
			{Type: jingle.Audio, PayloadTypes: []jingle.PayloadType{{ID: 111, Name: "opus", ClockRate: 48000, Channels: 2}},
				HeaderExtensions: []jingle.HeaderExtension{{ID: 1, URI: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}}},
			{Type: jingle.Video, PayloadTypes: []jingle.PayloadType{{ID: 100, Name: "VP8", ClockRate: 90000}}},
		},
		Transport: &jingle.ColibriTransport{ICEControlling: true, SCTP: &jingle.ColibriSCTP{}},
	}
}

// create makes a conference with the endpoints.
func (w *world) create(t testing.TB, ids ...jingle.EndpointID) map[jingle.EndpointID]*jingle.ColibriTransport {
	t.Helper()
	out := map[jingle.EndpointID]*jingle.ColibriTransport{}
	for i, id := range ids {
		req := one(newEndpoint(id))
		if i == 0 && w.Stats().Conferences == 0 {
			req.Create, req.Name = true, "standup@conference.meet.example"
		}
		answer := w.modify(t, req)
		if len(answer.Endpoints) != 1 || answer.Endpoints[0].Transport == nil || len(answer.Sources) != 2 {
			t.Fatalf("creating %s gave %+v", id, answer)
		}
		out[id] = answer.Endpoints[0].Transport
	}
	return out
}

// until polls for what has to come about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("still waiting: ", what)
		}
	}
}
