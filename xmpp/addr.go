package xmpp

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
)

// ClientAddr is the network address of a client. In logs it shows itself only where that was asked for.
type ClientAddr struct {
	addr  netip.Addr
	shown bool
}

// Addr returns the address itself.
func (a ClientAddr) Addr() netip.Addr { return a.addr }

// LogValue implements [slog.LogValuer].
func (a ClientAddr) LogValue() slog.Value { return slog.StringValue(a.String()) }

// String returns the address where it may be shown, and "redacted" elsewhere.
func (a ClientAddr) String() string {
	if a.shown {
		return a.addr.String()
	}
	return "redacted"
}

// network is what limits by address count: the address, or for IPv6 the /64 that one customer has.
func (a ClientAddr) network() netip.Addr {
	ip := a.addr.Unmap()
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip.WithZone("")
}

type remoteAddrKey struct{}

// WithRemoteAddr returns a context that carries a client's address as the HTTP server worked it out, behind proxies too. The
// handlers of [Server.WebSocket] and [Server.BOSH] take it from their request's context.
func WithRemoteAddr(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, remoteAddrKey{}, addr)
}

// RemoteAddr returns the address that [WithRemoteAddr] put into ctx.
func RemoteAddr(ctx context.Context) (netip.Addr, bool) {
	addr, ok := ctx.Value(remoteAddrKey{}).(netip.Addr)
	return addr, ok
}

func (s *Server) addrOfRequest(r *http.Request) ClientAddr {
	if addr, ok := RemoteAddr(r.Context()); ok {
		return ClientAddr{addr, s.cfg.LogAddresses}
	}
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ClientAddr{ap.Addr(), s.cfg.LogAddresses}
}

func (s *Server) addrOfConn(c net.Conn) ClientAddr {
	var addr netip.Addr
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		addr = tcp.AddrPort().Addr()
	}
	return ClientAddr{addr, s.cfg.LogAddresses}
}
