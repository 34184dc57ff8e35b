package ice

import (
	"net"
	"net/netip"
)

// agentMux is a generation as its agent sees it: the port, one connection per local address.
type agentMux struct{ g *generation }

// GetListenAddresses implements [pion.UDPMux].
func (m agentMux) GetListenAddresses() []net.Addr {
	var out []net.Addr
	for _, s := range m.g.sockets {
		out = append(out, net.UDPAddrFromAddrPort(s.Addr()))
	}
	return out
}

// GetConn implements [pion.UDPMux].
func (m agentMux) GetConn(_ string, addr net.Addr) (net.PacketConn, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, net.InvalidAddrError("not a UDP address")
	}
	c := m.g.conns[netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())]
	if c == nil {
		return nil, net.InvalidAddrError("not an address of this port")
	}
	return c, nil
}

// RemoveConnByUfrag implements [pion.UDPMux]; the agent closes the connections itself.
func (m agentMux) RemoveConnByUfrag(string) {}

// Close implements [pion.UDPMux]; the port outlives the agent.
func (m agentMux) Close() error { return nil }
