package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// binding is one address to open; an implied one was found on an interface and may have gone when it is opened.
type binding struct {
	addr    netip.AddrPort
	implied bool
}

// bindings resolves the configured listen list to the addresses to open, in its order and without duplicates.
func bindings(listen []string, local func() ([]netip.Addr, error)) ([]binding, error) {
	var out []binding
	seen := map[netip.AddrPort]bool{}
	add := func(b binding) {
		if !seen[b.addr] {
			seen[b.addr] = true
			out = append(out, b)
		}
	}
	for _, entry := range listen {
		ip, port, err := parseListen(entry)
		if err != nil {
			return nil, err
		}
		if ip.IsValid() && !ip.IsUnspecified() {
			add(binding{addr: netip.AddrPortFrom(ip, port)})
			continue
		}
		all, err := local()
		if err != nil {
			return nil, fmt.Errorf("list local addresses: %w", err)
		}
		for _, a := range all {
			if ip.IsValid() && ip.Is4() != a.Is4() {
				continue // "0.0.0.0:10000" means every IPv4 address, "[::]:10000" every IPv6 one
			}
			add(binding{addr: netip.AddrPortFrom(a, port), implied: true})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no local address to listen on")
	}
	return out, nil
}

// parseListen reads "host:port" where host is empty or an IP address; an empty host gives the zero address.
func parseListen(entry string) (netip.Addr, uint16, error) {
	host, portText, err := net.SplitHostPort(entry)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("listen address %q: want [IP]:port", entry)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("listen address %q: port is not a number from 0 to 65535", entry)
	}
	if host == "" {
		return netip.Addr{}, uint16(port), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("listen address %q: host is not an IP address", entry)
	}
	return ip.Unmap(), uint16(port), nil
}

// localAddresses lists this machine's usable unicast addresses, loopback included and last.
func localAddresses() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var outer, loopback []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			switch ip := prefix.Addr().Unmap(); {
			case ip.IsLoopback():
				loopback = append(loopback, ip)
			case ip.IsGlobalUnicast():
				// Link-local addresses mean nothing to a peer without a zone of its own, so they are left out.
				outer = append(outer, ip)
			}
		}
	}
	return append(outer, loopback...), nil
}
