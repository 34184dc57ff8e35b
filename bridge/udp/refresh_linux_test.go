package udp

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// TestDropsOfAnAddressThatIsGone: what the kernel has dropped on an address stays counted when the machine has lost it.
func TestDropsOfAnAddressThatIsGone(t *testing.T) {
	has := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
	s, err := Listen(Config{
		Listen: []string{":0"}, Log: slog.New(slog.DiscardHandler), local: func() ([]netip.Addr, error) { return has, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client := dial(t, s.Sockets()[1])
	waitFor(t, func() string { // nobody reads, so that it has no room soon
		for range 1000 {
			mustWrite(t, client, make([]byte, MaxDatagram))
		}
		return map[uint64]string{0: "a drop"}[s.Stats().DroppedKernel]
	})
	before := s.Stats().DroppedKernel
	has = has[:1]
	s.mu.Lock()
	now := time.Now()
	s.followLocked(now)
	s.followLocked(now.Add(goneAfter))
	s.mu.Unlock()
	if n := len(s.Sockets()) + len(s.gone); n != 1 {
		t.Fatalf("%d sockets are open", n)
	}
	if after := s.Stats().DroppedKernel; after < before {
		t.Errorf("%d drops are left of %d", after, before)
	}
}
