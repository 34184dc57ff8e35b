package udp

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// TestSocketsFollowTheMachine gives the machine another address, takes it away, gives it back, and takes it for good.
func TestSocketsFollowTheMachine(t *testing.T) {
	first, second := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	var has atomic.Pointer[[]netip.Addr]
	has.Store(&[]netip.Addr{first})
	s := start(t, Config{Listen: []string{":0"}, local: func() ([]netip.Addr, error) { return *has.Load(), nil }}, func(s *Socket, from netip.AddrPort, p []byte) {
		if err := s.SendTo(from, p); err != nil {
			t.Errorf("answer: %v", err)
		}
	})
	now := time.Now()
	follow := func(after time.Duration, addresses ...netip.Addr) {
		has.Store(&addresses)
		now = now.Add(after)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.followLocked(now)
	}
	expect := func(when string, want ...netip.Addr) {
		t.Helper()
		got := s.Sockets()
		if len(got) != len(want) {
			t.Fatalf("%s: %d sockets, want %v", when, len(got), want)
		}
		for i, socket := range got {
			if socket.Addr().Addr() != want[i] || socket.Addr().Port() != got[0].Addr().Port() {
				t.Errorf("%s: socket %d has %v, want %v with one port", when, i, socket.Addr(), want[i])
			}
		}
	}
	expect("at first", first)
	follow(0, second, first)
	expect("with another address", second, first)
	other := s.Sockets()[0]
	// The client is connected: it takes nothing from an address that it did not speak to.
	client := dial(t, other)
	message := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
	answers := func(when string) {
		t.Helper()
		mustWrite(t, client, message)
		if n, err := client.Read(make([]byte, 100)); err != nil || n != len(message) {
			t.Fatalf("%s: %d bytes come back, %v", when, n, err)
		}
	}
	answers("with another address")
	follow(0, first)
	expect("while it is gone", first)
	follow(goneAfter/2, second, first)
	expect("when it is back", second, first)
	if s.Sockets()[0] != other {
		t.Error("another socket for the address that came back")
	}
	answers("when it is back")
	waitFor(t, func() string { return map[bool]string{false: "two answers counted"}[s.Stats().Sent == 2] })
	follow(0, first)
	follow(goneAfter, first)
	expect("when it stays away", first)
	if got := s.Stats().Sent; got != 2 {
		t.Errorf("%d datagrams sent after the socket is closed, want 2", got)
	}
	taken, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(other.Addr()))
	if err != nil {
		t.Fatalf("the address that is gone is still in use: %v", err)
	}
	defer func() { _ = taken.Close() }()
	follow(0, first, second)
	expect("with a port that somebody else has", first)
	follow(0)
	expect("without any address", first)
}
