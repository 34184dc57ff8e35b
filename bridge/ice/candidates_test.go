package ice

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"stammtisch/bridge/udp"
)

func TestLocalCandidates(t *testing.T) {
	needAddress(t, "[::1]:0")
	server, err := udp.Listen(udp.Config{Listen: []string{"127.0.0.1:0", "[::1]:0"}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	sockets := server.Sockets()
	port := sockets[0].Addr().Port()
	addresses, err := ParseAdvertise([]string{"203.0.113.5", "203.0.113.5:443", "2001:db8::5", "[2001:db8::5]:444"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name      string
		advertise Advertise
		want      string
	}{
		{"loopback if there is nothing else", Advertise{}, fmt.Sprintf("127.0.0.1:%d [::1]:%d", port, sockets[1].Addr().Port())},
		{"configured addresses instead", Advertise{Addresses: addresses},
			fmt.Sprintf("203.0.113.5:%d 203.0.113.5:443 [2001:db8::5]:%d [2001:db8::5]:444", port, port)},
	} {
		var got []string
		last := uint32(1 << 31)
		for _, c := range localCandidates(sockets, tc.advertise) {
			got = append(got, netip.AddrPortFrom(netip.MustParseAddr(c.Address), uint16(c.Port)).String())
			if c.Priority >= last || c.Type != "host" || c.Foundation == "" {
				t.Errorf("%s: %+v after priority %d", tc.name, c, last)
			}
			last = c.Priority
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, got, tc.want)
		}
	}
	if first := localCandidates(sockets, Advertise{})[0].Priority; first != 2130706431 {
		t.Errorf("first priority %d, want 2130706431 as every ICE stack gives", first)
	}
	if _, err := ParseAdvertise([]string{"bridge.example"}); err == nil {
		t.Error("ParseAdvertise takes a name")
	}
}

func TestRemoteCandidates(t *testing.T) {
	for _, tc := range []struct {
		address string
		port    int
		want    bool
	}{
		{"192.0.2.1", 5000, true},
		{"2001:db8::1", 5000, true},
		{"0b1c2d3e-1111-2222-3333-444455556666.local", 5000, false},
		{"host.example", 5000, false},
		{"0.0.0.0", 5000, false},
		{"224.0.0.1", 5000, false},
		{"192.0.2.1", 0, false},
		{"192.0.2.1", 65536, false},
		{"fe80::1%eth0", 5000, false},
		{"", 9, false},
	} {
		if got := remoteCandidate(Candidate{Address: tc.address, Port: tc.port}) != nil; got != tc.want {
			t.Errorf("candidate %s port %d used: %v, want %v", tc.address, tc.port, got, tc.want)
		}
	}
}
