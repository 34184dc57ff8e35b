package meetweb

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"stammtisch/configs/redact"
)

type addrKey struct{}

// ClientAddr returns the address of the client behind a request's context, without a port: the peer's, or what trusted proxies say.
// It does not show in logs unless the operator wants that; limits may use its Reveal. It is empty outside of a request.
func ClientAddr(ctx context.Context) redact.Addr {
	a, _ := ctx.Value(addrKey{}).(redact.Addr)
	return a
}

// withClientAddr finds out who is asking. Handlers of other packages need not know of proxies: their request's RemoteAddr is the
// client's too, with port 0 where a proxy stands between.
func (s *Server) withClientAddr(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil { // tests' recorders; a real connection has one
			h.ServeHTTP(w, r)
			return
		}
		addr := peer.Addr().Unmap()
		remote := r.RemoteAddr
		if client := forwardedFor(addr, r.Header.Values("X-Forwarded-For"), s.cfg.TrustedProxies); client != addr {
			addr, remote = client, net.JoinHostPort(client.String(), "0")
		}
		r = r.WithContext(context.WithValue(r.Context(), addrKey{}, redact.Addr(addr.String())))
		r.RemoteAddr = remote
		h.ServeHTTP(w, r)
	})
}

// forwardedFor walks X-Forwarded-For from the right, the end that the nearest proxy wrote, past trusted proxies to the first address
// that is none: nobody vouches for what stands left of it. An entry that is no address ends the walk.
func forwardedFor(peer netip.Addr, headers []string, trusted []netip.Prefix) netip.Addr {
	addr := peer
	chain := strings.Split(strings.Join(headers, ","), ",")
	for i := len(chain) - 1; i >= 0 && isTrusted(addr, trusted); i-- {
		next, err := parseForwarded(strings.TrimSpace(chain[i]))
		if err != nil {
			break
		}
		addr = next
	}
	return addr
}

// parseForwarded accepts what proxies write: an address, with or without a port, IPv6 with or without brackets.
func parseForwarded(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}, err
	}
	return a.Unmap().WithZone(""), nil
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}
