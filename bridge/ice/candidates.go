package ice

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strconv"

	"stammtisch/bridge/udp"
)

// Candidate is a transport address of one side, RFC 8445 §5.3. All are UDP, component 1.
type Candidate struct {
	Foundation string
	Priority   uint32
	Type       string // "host", "srflx", "prflx" or "relay"
	// Address is an IP address. A remote candidate may hold a name instead, which makes it useless.
	Address string
	Port    int
}

// Advertise says which addresses clients are told.
type Advertise struct {
	// Addresses replace what the machine has: the address to tell, with the port, or 0 for the port that is open.
	Addresses []netip.AddrPort
	// Loopback adds loopback addresses to those of the machine. Without it they are told only if there is nothing else.
	Loopback bool
}

// ParseAdvertise reads configured addresses, each "IP" or "IP:port".
func ParseAdvertise(entries []string) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	for _, entry := range entries {
		if ip, err := netip.ParseAddr(entry); err == nil {
			out = append(out, netip.AddrPortFrom(ip.Unmap(), 0))
			continue
		}
		addr, err := netip.ParseAddrPort(entry)
		if err != nil {
			return nil, fmt.Errorf("advertised address %q is neither IP nor IP:port", entry)
		}
		out = append(out, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
	}
	return out, nil
}

// localCandidates lists what clients are told, best first.
func localCandidates(sockets []*udp.Socket, a Advertise) []Candidate {
	var outer, loopback, all []netip.AddrPort
	for _, s := range sockets {
		if s.Addr().Addr().IsLoopback() {
			loopback = append(loopback, s.Addr())
		} else {
			outer = append(outer, s.Addr())
		}
	}
	switch {
	case len(a.Addresses) > 0:
		for _, addr := range a.Addresses {
			if addr.Port() == 0 {
				addr = netip.AddrPortFrom(addr.Addr(), sockets[0].Addr().Port())
			}
			all = append(all, addr)
		}
	case len(outer) == 0 || a.Loopback:
		all = append(outer, loopback...)
	default:
		all = outer
	}
	out := make([]Candidate, 0, len(all))
	for i, addr := range slices.Compact(all) {
		out = append(out, Candidate{
			Foundation: foundation(addr.Addr()),
			Priority:   hostPriority(i),
			Type:       "host",
			Address:    addr.Addr().String(),
			Port:       int(addr.Port()),
		})
	}
	return out
}

// foundation is the same for candidates of one type and base address (RFC 8445 §5.1.1.3).
func foundation(ip netip.Addr) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte("host udp "+ip.String()))), 10)
}

// hostPriority is RFC 8445 §5.1.2.1 for the i-th host candidate of component 1.
func hostPriority(i int) uint32 {
	const typePreference, component = 126, 1
	return typePreference<<24 | uint32(65535-i)<<8 | (256 - component)
}
