package xmpp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"mellium.im/sasl"
	mellium "mellium.im/xmpp"
	melliumjid "mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// listen serves TCP streams on loopback and returns the address.
func (s *testServer) listen() *net.TCPAddr {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.ServeTCP(ctx, ln); err != nil {
			s.t.Errorf("ServeTCP: %v", err)
		}
	})
	s.t.Cleanup(func() { cancel(); wg.Wait() })
	return ln.Addr().(*net.TCPAddr)
}

// selfSigned returns a server's TLS configuration, and a client's that trusts it.
func selfSigned(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"meet.example", "auth.meet.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: pool}
}

// pythonWithSlixmpp returns an interpreter that has Debian's python3-slixmpp, which the gates install.
func pythonWithSlixmpp(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import slixmpp").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 with slixmpp: install python3-slixmpp")
	return ""
}

// A client that nobody here wrote logs in, by SCRAM and anonymously.
func TestSlixmpp(t *testing.T) {
	python := pythonWithSlixmpp(t)
	s := newTestServer(t)
	addr := s.listen()
	l := s.link("peer@auth.meet.example/x")
	for _, c := range []struct{ name, jid, password, want string }{
		{"SCRAM", "host@meet.example/desk", "hostpw", "bound host@meet.example/desk"},
		{"anonymous", "guest.meet.example", "", "bound "},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, python, "testdata/slixmpp_login.py", big.NewInt(int64(addr.Port)).String(), c.jid, c.password, l.JID().String())
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) || !strings.Contains(string(out), "polls") {
				t.Fatalf("slixmpp: %v\n%s", err, out)
			}
			if st := receive(t, l); st.Find("", "body").Text != "from slixmpp" {
				t.Errorf("its message arrives as %s", st)
			}
		})
	}
}

// The sessions of mellium.im/xmpp log in over STARTTLS.
func TestMelliumClient(t *testing.T) {
	serverTLS, clientTLS := selfSigned(t)
	s := newTestServer(t, func(c *Config) { c.TLS, c.RequireTLS = serverTLS, true })
	clientTLS.ServerName = "meet.example"
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, mech := range []sasl.Mechanism{sasl.ScramSha256, sasl.ScramSha1, sasl.Plain} {
		t.Run(mech.Name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.listen().String())
			if err != nil {
				t.Fatal(err)
			}
			j := melliumjid.MustParse("host@meet.example/desk")
			session, err := mellium.NewClientSession(ctx, j, conn, mellium.StartTLS(clientTLS), mellium.SASL("", "hostpw", mech), mellium.BindResource())
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() { _ = session.Serve(nil) })
			reply, err := session.SendIQElement(ctx, nil, stanza.IQ{Type: stanza.GetIQ, To: melliumjid.MustParse("meet.example")})
			if err == nil {
				_ = reply.Close()
			}
			if err != nil || !session.LocalAddr().Bare().Equal(j.Bare()) {
				t.Errorf("bound %s, %v", session.LocalAddr(), err)
			}
			_ = session.Close()
			_ = conn.Close()
			wg.Wait()
		})
	}
}

func dialLink(t *testing.T, addr net.Addr, jid, password string, tlsCfg *tls.Config) (Link, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return Dial(ctx, DialConfig{Address: addr.String(), JID: MustJID(jid), Password: password, TLS: tlsCfg})
}

func TestDial(t *testing.T) {
	serverTLS, clientTLS := selfSigned(t)
	s := newTestServer(t, func(c *Config) { c.TLS = serverTLS })
	addr := s.listen()
	near := s.link("focus@auth.meet.example/focus")
	for _, tlsCfg := range []*tls.Config{nil, clientTLS} {
		far, err := dialLink(t, addr, "jvb@auth.meet.example/b1", "jvbpw", tlsCfg)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			st := NewStanza(Message, "", JID{}, near.JID(), NewElement(NSClient, "body")).WithID(string(rune('a' + i)))
			if err := far.Send(st); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 100 {
			if st := receive(t, near); st.ID != string(rune('a'+i)) || st.From != far.JID() {
				t.Fatalf("message %d arrives as %s", i, st)
			}
		}
		if err := near.Send(NewStanza(Presence, "", JID{}, far.JID())); err != nil {
			t.Fatal(err)
		}
		if st := receive(t, far); st.Kind != Presence || st.From != near.JID() {
			t.Errorf("the far link receives %s", st)
		}
		if err := far.Send(NewStanza(Presence, "", JID{}, near.JID())); err != nil {
			t.Fatal(err)
		}
		if err := far.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"", "unavailable"} {
			if st := receive(t, near); st.Type != want {
				t.Errorf("received %s, want presence %s", st, want)
			}
		}
		if err := far.Send(NewStanza(Presence, "", JID{}, near.JID())); err != ErrClosed {
			t.Errorf("Send on a closed link: %v", err)
		}
	}
	if _, err := dialLink(t, addr, "jvb@auth.meet.example/b1", "wrong", nil); err == nil || !strings.Contains(err.Error(), "not-authorized") {
		t.Errorf("wrong password: %v", err)
	}
}

func TestDialedLinkBreaks(t *testing.T) {
	s := newTestServer(t)
	far, err := dialLink(t, s.listen(), "jvb@auth.meet.example/b1", "jvbpw", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.accounts.set("jvb@auth.meet.example", "another")
	s.EndAccount(MustJID("jvb@auth.meet.example"), "the password was changed")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if st, err := far.Receive(ctx); !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "not-authorized") {
		t.Errorf("a broken link receives %v, %v", st, err)
	}
	_ = far.Close()
}

// Whoever does not take what it receives can still close, and does not make the server wait.
func TestDialedLinkThatTakesNothing(t *testing.T) {
	s := newTestServer(t)
	near := s.link("focus@auth.meet.example/focus")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	far, err := Dial(ctx, DialConfig{Address: s.listen().String(), JID: MustJID("jvb@auth.meet.example/b1"), Password: "jvbpw", Limits: Limits{LinkStanzas: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := near.Send(NewStanza(Message, "", JID{}, far.JID(), body("x"))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() string {
		in := far.(*clientLink).in
		in.mu.Lock()
		defer in.mu.Unlock()
		if len(in.queue) < 2 {
			return "the link's queue does not fill"
		}
		return ""
	})
	_ = far.Close()
	if _, err := far.Receive(ctx); err != ErrClosed {
		t.Errorf("Receive: %v", err)
	}
}
