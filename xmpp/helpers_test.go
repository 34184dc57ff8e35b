package xmpp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/xdg-go/scram"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testAccounts knows passwords by address.
type testAccounts struct {
	mu        sync.Mutex
	passwords map[string]string // guarded by mu
}

// set changes a password; "" deletes the account.
func (a *testAccounts) set(account, password string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.passwords[account] = password; password == "" {
		delete(a.passwords, account)
	}
}

func (a *testAccounts) of(account string) (password string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	password, ok = a.passwords[account]
	return password, ok
}

func (a *testAccounts) Credentials(_ context.Context, user, host string, hash ScramHash) (scram.StoredCredentials, PasswordID, error) {
	password, ok := a.of(user + "@" + host)
	id := PasswordID(password)
	if !ok {
		password = "nobody's"
	}
	h := scram.SHA1
	if hash == SHA256 {
		h = scram.SHA256
	}
	client, err := h.NewClient(user, password, "")
	if err != nil {
		return scram.StoredCredentials{}, "", err
	}
	keys, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt of " + user, Iters: 4096})
	if !ok {
		keys.StoredKey = make([]byte, len(keys.StoredKey))
	}
	return keys, id, err
}

func (a *testAccounts) Verify(_ context.Context, user, host, password string) (PasswordID, bool, error) {
	p, ok := a.of(user + "@" + host)
	return PasswordID(p), ok && p == password, nil
}

// testServer is a running server for meet.example, guest.meet.example and auth.meet.example.
type testServer struct {
	*Server
	t        *testing.T
	http     *httptest.Server
	accounts *testAccounts
	patience time.Duration // of clients; 20 s if zero
}

func newTestServer(t *testing.T, change ...func(*Config)) *testServer {
	t.Helper()
	cfg := Config{Hosts: []Host{
		{Name: "meet.example", Auth: AuthAccounts, Identities: []Identity{{"component", "polls", "polls.meet.example"}}},
		{Name: "guest.meet.example", Auth: AuthAnonymous},
		{Name: "auth.meet.example", Auth: AuthAccounts, Hibernation: 2 * time.Second},
	}}
	for _, f := range change {
		f(&cfg)
	}
	accounts := &testAccounts{passwords: map[string]string{"host@meet.example": "hostpw", "focus@auth.meet.example": "focuspw", "jvb@auth.meet.example": "jvbpw"}}
	srv, err := New(cfg, Deps{Accounts: accounts})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/xmpp-websocket", srv.WebSocket())
	mux.Handle("/http-bind", srv.BOSH())
	s := &testServer{Server: srv, t: t, http: httptest.NewServer(mux), accounts: accounts}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := srv.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		s.http.Close()
	})
	return s
}

// in returns the server as a sub-test sees it.
func (s *testServer) in(t *testing.T) *testServer {
	return &testServer{Server: s.Server, t: t, http: s.http}
}

// link binds an in-process link.
func (s *testServer) link(jid string) Link {
	s.t.Helper()
	l, err := s.NewLink(MustJID(jid))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = l.Close() })
	return l
}

// receive returns the next stanza of a link.
func receive(t *testing.T, l Link) Stanza {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	st, err := l.Receive(ctx)
	if err != nil {
		t.Fatalf("%s receives nothing: %v", l.JID(), err)
	}
	return st
}

// eventually polls until f returns "", and otherwise fails with what f says is missing.
func eventually(t *testing.T, f func() string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		missing := f()
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(missing)
		}
		<-time.After(5 * time.Millisecond)
	}
}
