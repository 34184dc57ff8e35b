package ice

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"stammtisch/bridge/ice/pionlog"
	"stammtisch/bridge/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

type noFlow struct{ _ byte } // not empty: flows are told apart by their addresses

func (*noFlow) HandleDTLS(*udp.Remote, []byte)                        {}
func (*noFlow) HandleRTP(*udp.Batch, *udp.Remote, []byte, time.Time)  {}
func (*noFlow) HandleRTCP(*udp.Batch, *udp.Remote, []byte, time.Time) {}

func newMux(t testing.TB, listen string, cfg Config) *Mux {
	t.Helper()
	server, err := udp.Listen(udp.Config{Listen: []string{listen}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMux(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Run(ctx, m); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return m
}

func newPath(t testing.TB, m *Mux) (*Path, chan State) {
	t.Helper()
	states := make(chan State, 16)
	p := m.NewPath(&noFlow{}, func(s State) { states <- s }, quiet)
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, states
}

func waitFor(t testing.TB, missing func() string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		m := missing()
		if m == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still missing after 10 s: %s", m)
		}
	}
}

func dial(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsRefusedIsCounted(t *testing.T) {
	m := newMux(t, "127.0.0.1:0", Config{})
	p, _ := newPath(t, m)
	ufrag, _ := p.Credentials()
	c := dial(t, m.server.Sockets()[0].Addr())
	for _, packet := range [][]byte{
		check(t, "nobody:x", "p"),
		check(t, ufrag+":x", "wrong password"),
		stun.MustBuild(stun.BindingSuccess, stun.TransactionID).Raw,
	} {
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() string {
		if got, want := m.Stats(), (Stats{UnknownUfrag: 1, Unauthenticated: 1, Unsolicited: 1}); got != want {
			return fmt.Sprintf("%+v, got %+v", want, got)
		}
		return ""
	})
}

func TestOneAddressManyPaths(t *testing.T) {
	m := newMux(t, "127.0.0.1:0", Config{})
	c := dial(t, m.server.Sockets()[0].Addr())
	// By ufrag, not by address: two endpoints' checks from one address are answered each with its own password.
	for range 2 {
		p, _ := newPath(t, m)
		ufrag, password := p.Credentials()
		if _, err := c.Write(check(t, ufrag+":x", password)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1500)
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := authenticated(buf[:n], password); err != nil || messageType(buf) != bindingSuccess {
			t.Errorf("answer of type %04x: %v", messageType(buf), err)
		}
	}
}

// needAddress skips a test whose address this machine does not have: many, containers among them, are without IPv6.
func needAddress(t *testing.T, listen string) {
	t.Helper()
	c, err := net.ListenPacket("udp", listen)
	if err != nil {
		t.Skip(err)
	}
	_ = c.Close()
}

// TestAgentsMeet has pion's agent as the client.
func TestAgentsMeet(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(listen, func(t *testing.T) {
			needAddress(t, listen)
			m := newMux(t, listen, Config{})
			p, states := newPath(t, m)
			// By a mux, as pion's agent gathers no ::1 by itself.
			socket, err := net.ListenPacket("udp", listen)
			if err != nil {
				t.Fatal(err)
			}
			theirs := pion.NewUDPMuxDefault(pion.UDPMuxParams{UDPConn: socket, Logger: pionlog.New(quiet).NewLogger("ice")})
			defer func() { _ = theirs.Close() }()
			remote, err := pion.NewAgentWithOptions(pion.WithUDPMux(theirs),
				pion.WithCandidateTypes([]pion.CandidateType{pion.CandidateTypeHost}),
				pion.WithNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4, pion.NetworkTypeUDP6}),
				pion.WithIncludeLoopback(),
				pion.WithMulticastDNSMode(pion.MulticastDNSModeDisabled), pion.WithLoggerFactory(pionlog.New(quiet)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = remote.GracefulClose() }()
			gathered := make(chan struct{})
			_ = remote.OnCandidate(func(c pion.Candidate) {
				if c == nil {
					close(gathered)
				}
			})
			if err := remote.GatherCandidates(); err != nil {
				t.Fatal(err)
			}
			<-gathered
			for _, c := range p.Candidates() {
				host, err := pion.NewCandidateHost(&pion.CandidateHostConfig{Network: "udp", Address: c.Address, Port: c.Port, Component: 1, Priority: c.Priority})
				if err != nil {
					t.Fatal(err)
				}
				if err := remote.AddRemoteCandidate(host); err != nil {
					t.Fatal(err)
				}
			}
			if p.Remote() != nil {
				t.Error("there is a remote before anything was sent")
			}
			theirUfrag, theirPassword, err := remote.GetLocalUserCredentials()
			if err != nil {
				t.Fatal(err)
			}
			ufrag, password := p.Credentials()
			if _, err := remote.StartAccept(ufrag, password); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := p.SetRemote(theirUfrag, theirPassword, nil); err != nil {
				t.Fatal(err)
			}
			if s := <-states; s != Connected || p.State() != Connected || p.Remote() == nil {
				t.Errorf("path is %v, %v, want connected with a remote", s, p.State())
			}
			t.Logf("connected after %v", time.Since(begin))
			if took := time.Since(begin); took > 500*time.Millisecond {
				t.Errorf("connected after %v, want no acceptance wait", took)
			}
		})
	}
}

// TestEarliestCheckIsNotLost sends a check as soon as there are credentials, and no second one: a client that is answered, as pion,
// waits for ours.
func TestEarliestCheckIsNotLost(t *testing.T) {
	m := newMux(t, "127.0.0.1:0", Config{})
	socket := m.server.Sockets()[0]
	for range 100 {
		p := m.NewPath(&noFlow{}, func(State) {}, quiet)
		client := dial(t, socket.Addr())
		from := client.LocalAddr().(*net.UDPAddr).AddrPort()
		if err := p.Open(); err != nil {
			t.Fatal(err)
		}
		ufrag, password := p.Credentials()
		m.HandleSTUN(socket, from, check(t, ufrag+":theirs", password), time.Now())
		if err := p.SetRemote("theirs", strings.Repeat("p", 22), nil); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1500)
		for messageType(buf) != bindingRequest {
			if _, err := client.Read(buf); err != nil {
				t.Fatalf("no check of ours: %v", err)
			}
		}
		p.Close()
	}
}

func TestRemotesAreBounded(t *testing.T) {
	m := newMux(t, "127.0.0.1:0", Config{})
	p, _ := newPath(t, m)
	now := time.Now()
	for i := range maxRemotes + 10 {
		p.current.note(m.server.Sockets()[0], netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1000+i)), now.Add(time.Duration(i)))
	}
	if n := len(p.current.remotes); n != maxRemotes {
		t.Errorf("%d addresses are listened to, want %d", n, maxRemotes)
	}
}

func TestClosedPathForgetsItself(t *testing.T) {
	m := newMux(t, "127.0.0.1:0", Config{})
	p, _ := newPath(t, m)
	p.Close()
	p.Close()
	if len(m.byUfrag) != 0 || len(m.transactions.owner) != 0 {
		t.Errorf("%d ufrags and %d checks are left", len(m.byUfrag), len(m.transactions.owner))
	}
	if err := p.SetRemote("abcd", strings.Repeat("p", 22), nil); err == nil {
		t.Error("a closed path starts checks")
	}
}

func TestTransactions(t *testing.T) {
	table := transactions{owner: make(map[transactionID]*conn)}
	var h history
	c := &conn{}
	id := func(i int) transactionID { return transactionID{byte(i >> 8), byte(i), 1} }
	for i := range maxTransactions + 5 {
		table.add(id(i), c, &h)
	}
	if len(table.owner) != maxTransactions {
		t.Errorf("%d are remembered, want %d", len(table.owner), maxTransactions)
	}
	if table.take(id(4)) != nil || table.take(id(5)) != c || table.take(id(5)) != nil {
		t.Error("want the oldest forgotten, others answered once")
	}
	table.forget(&h)
	if len(table.owner) != 0 {
		t.Errorf("%d are left after forget", len(table.owner))
	}
}

func FuzzHandleSTUN(f *testing.F) {
	server, err := udp.Listen(udp.Config{Listen: []string{"127.0.0.1:0"}, Log: quiet})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = server.Close() })
	m, err := NewMux(server, Config{})
	if err != nil {
		f.Fatal(err)
	}
	p := m.NewPath(&noFlow{}, func(State) {}, quiet)
	if err := p.Open(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(p.Close)
	ufrag, password := p.Credentials()
	f.Add(check(f, ufrag+":x", password))
	f.Add(check(f, ufrag+":x", "wrong"))
	f.Add(stun.MustBuild(stun.BindingError, stun.TransactionID).Raw)
	f.Add([]byte{0, 1})
	from := netip.MustParseAddrPort("127.0.0.1:9")
	f.Fuzz(func(_ *testing.T, packet []byte) {
		m.HandleSTUN(m.server.Sockets()[0], from, packet, time.Now())
	})
}

// Checks go to whatever addresses a client names: it names so many and no more, however often it speaks.
func TestCandidatesAreBounded(t *testing.T) {
	p := &Path{}
	taken := 0
	for i := range 5 {
		list := []Candidate{{Address: "hidden.local", Port: 9, Type: "host"}}
		for j := range 10 {
			list = append(list, Candidate{Address: "192.0.2.1", Port: 1000 + 10*i + j, Type: "host", Priority: 1})
		}
		taken += len(p.takeLocked(list))
	}
	if taken != maxRemoteCandidates {
		t.Errorf("%d candidates are checked, want %d", taken, maxRemoteCandidates)
	}
}
