package udp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo returns what it is sent, through the batch, and notes what else it got.
type echo struct {
	copies int
	dtls   chan []byte
	rtcp   chan []byte
}

func newEcho(copies int) *echo {
	return &echo{copies: copies, dtls: make(chan []byte, 8), rtcp: make(chan []byte, 8)}
}

func (e *echo) HandleDTLS(_ *Remote, packet []byte) { e.dtls <- bytes.Clone(packet) }

func (e *echo) HandleRTCP(_ *Batch, _ *Remote, packet []byte, _ time.Time) {
	e.rtcp <- bytes.Clone(packet)
}

func (e *echo) HandleRTP(b *Batch, from *Remote, packet []byte, _ time.Time) {
	for range e.copies {
		if room := b.Reserve(from, len(packet)); room != nil {
			b.Commit(copy(room, packet))
		}
	}
}

type stunFunc func(s *Socket, from netip.AddrPort, packet []byte)

func (f stunFunc) HandleSTUN(s *Socket, from netip.AddrPort, packet []byte, _ time.Time) {
	if f != nil {
		f(s, from, packet)
	}
}

// start opens a server on loopback and runs it until the test ends.
func start(t testing.TB, cfg Config, stun stunFunc) *Server {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx, stun); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s
}

func dial(t testing.TB, s *Socket) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadBuffer(4 << 20)
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func local(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func rtpPacket(sequence, size int) []byte {
	p := make([]byte, size)
	p[0], p[1], p[2], p[3] = 0x80, 96, byte(sequence>>8), byte(sequence)
	return p
}

// waitFor polls until what reports "", and fails with what it last reported.
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

func TestDatagramsReachTheirFlow(t *testing.T) {
	for _, tc := range []struct {
		name     string
		listen   string
		portable bool
	}{
		{"IPv4, batched", "127.0.0.1:0", false},
		{"IPv4, portable", "127.0.0.1:0", true},
		{"IPv6, batched", "[::1]:0", false},
		{"IPv6, portable", "[::1]:0", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			needAddress(t, tc.listen)
			stun := make(chan string, 1)
			s := start(t, Config{Listen: []string{tc.listen}, portable: tc.portable}, func(s *Socket, from netip.AddrPort, p []byte) {
				stun <- fmt.Sprint(s.Addr(), from, len(p))
			})
			socket := s.Sockets()[0]
			client := dial(t, socket)
			flow := newEcho(1)
			if r := socket.Associate(local(client), flow, false); r == nil || r.Addr() != local(client) {
				t.Fatalf("Associate = %v", r)
			}

			message := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
			mustWrite(t, client, message)
			if got, want := <-stun, fmt.Sprint(socket.Addr(), local(client), 20); got != want {
				t.Errorf("STUN came as %s, want %s", got, want)
			}
			record := append([]byte{22, 0xfe, 0xff}, make([]byte, 20)...)
			mustWrite(t, client, record)
			if got := <-flow.dtls; !bytes.Equal(got, record) {
				t.Errorf("DTLS came as %x, want %x", got, record)
			}
			report := append([]byte{0x80, 201, 0, 1}, make([]byte, 4)...)
			mustWrite(t, client, report)
			if got := <-flow.rtcp; !bytes.Equal(got, report) {
				t.Errorf("RTCP came as %x, want %x", got, report)
			}
			packet := rtpPacket(7, 1100)
			mustWrite(t, client, packet)
			back := make([]byte, 2000)
			n, err := client.Read(back)
			if err != nil || !bytes.Equal(back[:n], packet) {
				t.Errorf("RTP came back as %d bytes, %v, want the %d sent", n, err, len(packet))
			}
		})
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

func mustWrite(t testing.TB, c *net.UDPConn, p []byte) {
	t.Helper()
	if _, err := c.Write(p); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsDroppedIsCounted(t *testing.T) {
	s := start(t, Config{Listen: []string{"127.0.0.1:0"}}, nil)
	socket := s.Sockets()[0]
	client := dial(t, socket)
	mustWrite(t, client, rtpPacket(1, 100))         // nobody knows this address
	mustWrite(t, client, []byte("neither of them")) // 'n' is in no range
	mustWrite(t, client, rtpPacket(2, MaxDatagram+1))
	waitFor(t, func() string {
		got := s.Stats()
		if got.DroppedStranger == 1 && got.DroppedUnknown == 1 && got.DroppedTruncated == 1 && got.Received == 3 {
			return ""
		}
		return fmt.Sprintf("one drop of each kind, got %+v", got)
	})
}

func TestDissociatedRemoteIsAStranger(t *testing.T) {
	s := start(t, Config{Listen: []string{"127.0.0.1:0"}}, nil)
	socket := s.Sockets()[0]
	client := dial(t, socket)
	flow := newEcho(1)
	r := socket.Associate(local(client), flow, false)
	if again := socket.Associate(local(client), flow, false); again != r {
		t.Errorf("associating again gave another Remote")
	}
	other := newEcho(1)
	if got := socket.Associate(local(client), other, false); got != nil {
		t.Errorf("another flow took the address without takeOver")
	}
	taken := socket.Associate(local(client), other, true)
	if taken == nil || taken == r {
		t.Fatalf("takeOver gave %v", taken)
	}
	r.Dissociate() // of the old owner: must not undo the new
	mustWrite(t, client, append([]byte{22}, make([]byte, 20)...))
	<-other.dtls
	taken.Dissociate()
	mustWrite(t, client, rtpPacket(1, 100))
	waitFor(t, func() string {
		if n := s.Stats().DroppedStranger; n != 1 {
			return fmt.Sprintf("1 stranger's packet, got %d", n)
		}
		return ""
	})
}

// TestBatchKeepsOrderAndSizes sends what runs are cut from, the kernel's segmentation included.
func TestBatchKeepsOrderAndSizes(t *testing.T) {
	for _, portable := range []bool{false, true} {
		t.Run(fmt.Sprintf("portable=%v", portable), func(t *testing.T) {
			s := start(t, Config{Listen: []string{"127.0.0.1:0"}, portable: portable}, nil)
			socket := s.Sockets()[0]
			sizes := [][]int{
				{1000, 1000, 1000, 400, 400, 900, 900},
				{12},
				{200, 300, 300, 300, 300, 13},
				repeat(1200, 100), // more than one run may hold
			}
			clients := make([]*net.UDPConn, len(sizes))
			remotes := make([]*Remote, len(sizes))
			for i := range sizes {
				clients[i] = dial(t, socket)
				remotes[i] = socket.Associate(local(clients[i]), newEcho(1), false)
			}
			b := s.newBatch(batchPackets)
			for k := range 100 {
				for i := range sizes {
					if k < len(sizes[i]) {
						b.Commit(copy(b.Reserve(remotes[i], sizes[i][k]), rtpPacket(k, sizes[i][k])))
					}
				}
			}
			b.Flush()
			for i := range sizes {
				for k, size := range sizes[i] {
					buf := make([]byte, 2000)
					n, err := clients[i].Read(buf)
					if err != nil || !bytes.Equal(buf[:n], rtpPacket(k, size)) {
						t.Fatalf("destination %d, datagram %d: %d bytes, %v, want %d", i, k, n, err, size)
					}
				}
			}
			if got := s.Stats(); got.Sent != 114 || got.DroppedSend+got.DroppedFull != 0 {
				t.Errorf("stats %+v, want 114 sent and none dropped", got)
			}
		})
	}
}

func repeat(size, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = size
	}
	return out
}

// A destination for which the kernel once refused to segment gets its datagrams one by one.
func TestBatchFallsBackToSingleDatagrams(t *testing.T) {
	s := start(t, Config{Listen: []string{"127.0.0.1:0"}}, nil)
	socket := s.Sockets()[0]
	client := dial(t, socket)
	r := socket.Associate(local(client), newEcho(1), false)
	r.single.Store(true)
	b := s.NewBatch()
	for k := range 10 {
		b.Commit(copy(b.Reserve(r, 500), rtpPacket(k, 500)))
	}
	b.Flush()
	for k := range 10 {
		buf := make([]byte, 2000)
		if n, err := client.Read(buf); err != nil || !bytes.Equal(buf[:n], rtpPacket(k, 500)) {
			t.Fatalf("datagram %d: %d bytes, %v", k, n, err)
		}
	}
}

func TestFullBatchFlushesItself(t *testing.T) {
	s := start(t, Config{Listen: []string{"127.0.0.1:0"}}, nil)
	socket := s.Sockets()[0]
	client := dial(t, socket)
	r := socket.Associate(local(client), newEcho(1), false)
	b := s.NewBatch()
	for k := range 3*smallBatchPackets + 1 {
		b.Commit(copy(b.Reserve(r, 1400), rtpPacket(k, 1400)))
	}
	b.Flush()
	for k := range 3*smallBatchPackets + 1 {
		buf := make([]byte, 2000)
		if n, err := client.Read(buf); err != nil || !bytes.Equal(buf[:n], rtpPacket(k, 1400)) {
			t.Fatalf("datagram %d: %d bytes, %v", k, n, err)
		}
	}
	if b.Reserve(r, MaxDatagram+1) != nil {
		t.Error("Reserve gives room for more than MaxDatagram")
	}
}

func TestSecondInstanceFailsClearly(t *testing.T) {
	s := start(t, Config{Listen: []string{"127.0.0.1:0"}}, nil)
	port := s.Sockets()[0].Addr().Port()
	for _, listen := range []string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf(":%d", port)} {
		_, err := Listen(Config{Listen: []string{listen}, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("UDP port %d is in use", port)) {
			t.Errorf("Listen(%s) = %v, want an error that names the port", listen, err)
		}
	}
}

func TestListenOnEveryAddress(t *testing.T) {
	s := start(t, Config{Listen: []string{":0"}}, nil)
	ports := map[uint16]bool{}
	var loopback4, multicast bool
	for _, socket := range s.Sockets() {
		ports[socket.Addr().Port()] = true
		loopback4 = loopback4 || socket.Addr().Addr() == netip.MustParseAddr("127.0.0.1")
		multicast = multicast || socket.Addr().Addr().IsUnspecified() || socket.Addr().Addr().IsLinkLocalUnicast()
	}
	if len(ports) != 1 || !loopback4 || multicast {
		t.Errorf("sockets on %d ports, loopback %v, unusable ones %v; want one port, loopback, none", len(ports), loopback4, multicast)
	}
}

func TestListenAddresses(t *testing.T) {
	fake := func() ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	for _, tc := range []struct {
		listen []string
		want   string
	}{
		{[]string{":10000"}, "192.0.2.1:10000 [2001:db8::1]:10000 127.0.0.1:10000"},
		{[]string{"0.0.0.0:1"}, "192.0.2.1:1 127.0.0.1:1"},
		{[]string{"[::]:1"}, "[2001:db8::1]:1"},
		{[]string{"192.0.2.9:5", ":5", "192.0.2.1:5"}, "192.0.2.9:5 192.0.2.1:5 [2001:db8::1]:5 127.0.0.1:5"},
		{[]string{"10000"}, `listen address "10000": want [IP]:port`},
		{[]string{"bridge.example:1"}, `listen address "bridge.example:1": host is not an IP address`},
		{[]string{"127.0.0.1:70000"}, `listen address "127.0.0.1:70000": port is not a number from 0 to 65535`},
		{nil, "no local address to listen on"},
	} {
		got := ""
		list, err := bindings(tc.listen, fake)
		if err != nil {
			got = err.Error()
		}
		for i, b := range list {
			if i > 0 {
				got += " "
			}
			got += b.addr.String()
		}
		if got != tc.want {
			t.Errorf("listen %q: %s, want %s", tc.listen, got, tc.want)
		}
	}
}
