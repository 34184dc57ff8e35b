package muc

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"stammtisch/xmpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	confDomain = xmpp.MustJID("conference.meet.example")
	focusJID   = xmpp.MustJID("focus@auth.meet.example/focus")
)

// fakeRouter keeps what the service sends, by addressee.
type fakeRouter struct {
	mu   sync.Mutex
	sent map[xmpp.JID][]xmpp.Stanza
	// refuse makes Send fail for an addressee.
	refuse map[xmpp.JID]error
}

func (f *fakeRouter) Send(st xmpp.Stanza) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refuse[st.To]; err != nil {
		return err
	}
	if f.sent == nil {
		f.sent = make(map[xmpp.JID][]xmpp.Stanza)
	}
	f.sent[st.To] = append(f.sent[st.To], st)
	return nil
}

func (f *fakeRouter) SendState(to xmpp.JID, all []*xmpp.Stanza) { sendEach(f, to, all) }

// sendEach sends a state stanza by stanza.
func sendEach(by xmpp.Sender, to xmpp.JID, all []*xmpp.Stanza) {
	for _, shared := range all {
		st := *shared
		st.To = to
		_ = by.Send(st)
	}
}

func (f *fakeRouter) next(j xmpp.JID) (xmpp.Stanza, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.sent[j]
	if len(q) == 0 {
		return xmpp.Stanza{}, false
	}
	f.sent[j] = q[1:]
	return q[0], true
}

// ourStage plays scripts on a Service inside a synctest bubble.
type ourStage struct {
	svc    *Service
	router *fakeRouter
	jids   map[string]xmpp.JID
}

// inService runs f with a running service; afterwards nothing of it may be left.
func inService(t *testing.T, change func(*Config, *Deps), f func(t *testing.T, s *ourStage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		router := &fakeRouter{}
		cfg := ConferenceConfig(confDomain)
		deps := Deps{Router: router, Admins: []xmpp.JID{focusJID.Bare()}}
		if change != nil {
			change(&cfg, &deps)
		}
		svc, err := New(cfg, deps)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- svc.Run(ctx) }()
		f(t, &ourStage{svc: svc, router: router, jids: make(map[string]xmpp.JID)})
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if st := svc.Stats(); st.Rooms != 0 || st.Occupants != 0 {
			t.Errorf("left behind: %+v", st)
		}
	})
}

func (s *ourStage) enter(_ *testing.T, who string, j xmpp.JID) { s.jids[who] = j }
func (s *ourStage) leave(*testing.T, string)                   {}

func (s *ourStage) send(_ *testing.T, who string, st xmpp.Stanza) {
	st.From = s.jids[who]
	if err := s.svc.Deliver(st); err != nil {
		if reply, ok := st.ErrorReply(err); ok { // as the router does
			_ = s.router.Send(reply)
		}
	}
	synctest.Wait()
}

func (s *ourStage) next(_ *testing.T, who string) (xmpp.Stanza, bool) {
	return s.router.next(s.jids[who])
}

// do sends one stanza, given as text.
func (s *ourStage) do(t *testing.T, from xmpp.JID, text string) {
	t.Helper()
	st, err := xmpp.ParseStanza([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	s.jids[from.String()] = from
	s.send(t, from.String(), st)
}

func scripts(t *testing.T, dirs ...string) []*script {
	t.Helper()
	var all []*script
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no scripts in testdata/%s: %v", dir, err)
		}
		for _, f := range files {
			all = append(all, readScript(t, f))
		}
	}
	return all
}

func TestScripts(t *testing.T) {
	for _, s := range scripts(t, "scripts", "own") {
		t.Run(s.name, func(t *testing.T) {
			inService(t, nil, func(t *testing.T, st *ourStage) {
				s.play(t, st)
			})
		})
	}
}
