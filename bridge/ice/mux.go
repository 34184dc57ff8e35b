package ice

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"stammtisch/bridge/udp"
)

// Config is what all paths of a port have in common. Zero durations mean the defaults.
type Config struct {
	Advertise Advertise

	// Disconnected is how long the client's side may be silent until the path is reported as disconnected: 7 s.
	Disconnected time.Duration
	// Failed is how long after that it is given up, RFC 7675 §5.1: 20 s. A client that changes networks must survive it.
	Failed time.Duration
	// Keepalive is how often consent is asked for: 2 s.
	Keepalive time.Duration
	// DataSilence is how long the client must send media on another address than the selected one, and nothing on that,
	// until the path follows: 1 s. CheckSilence is the same for a client that only sends checks: 3 s.
	DataSilence, CheckSilence time.Duration
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Disconnected, 7 * time.Second}, {&c.Failed, 20 * time.Second}, {&c.Keepalive, 2 * time.Second},
		{&c.DataSilence, time.Second}, {&c.CheckSilence, 3 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// Mux finds the agent that a STUN message is for: a request by the ufrag it names, a response by the check it answers. It
// never goes by address first, so that new credentials work from an old address. It is a [udp.STUNHandler] and safe for
// concurrent use.
type Mux struct {
	cfg    Config
	server *udp.Server
	net    transport.Net

	transactions transactions

	mu      sync.RWMutex
	byUfrag map[string]*generation // guarded by mu

	unknownUfrag, unauthenticated, unsolicited, overflow atomic.Uint64
}

// Stats is what a [Mux] refused so far, in messages.
type Stats struct {
	UnknownUfrag    uint64 // requests for nobody here, or without a well-formed USERNAME
	Unauthenticated uint64 // requests signed with another password
	Unsolicited     uint64 // responses to nothing we asked
	Overflow        uint64 // more than an agent had room for
}

// NewMux returns the mux of server's port.
func NewMux(server *udp.Server, cfg Config) (*Mux, error) {
	system, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("look at network interfaces: %w", err)
	}
	return &Mux{
		cfg: cfg.withDefaults(), server: server, net: system,
		byUfrag:      make(map[string]*generation),
		transactions: transactions{owner: make(map[transactionID]*conn)},
	}, nil
}

// Stats returns what was refused so far.
func (m *Mux) Stats() Stats {
	return Stats{
		UnknownUfrag:    m.unknownUfrag.Load(),
		Unauthenticated: m.unauthenticated.Load(),
		Unsolicited:     m.unsolicited.Load(),
		Overflow:        m.overflow.Load(),
	}
}

// HandleSTUN implements [udp.STUNHandler].
func (m *Mux) HandleSTUN(s *udp.Socket, from netip.AddrPort, packet []byte, arrival time.Time) {
	switch messageType(packet) {
	case bindingRequest:
		m.mu.RLock()
		g := m.byUfrag[string(localUfrag(packet))]
		m.mu.RUnlock()
		if g == nil {
			m.unknownUfrag.Add(1)
			return
		}
		g.handleRequest(s, from, packet, arrival)
	case bindingSuccess, bindingError:
		c := m.transactions.take(transactionOf(packet))
		if c == nil || c.socket != s {
			m.unsolicited.Add(1)
			return
		}
		c.generation.deliver(c, packet, from)
	default: // indications and other methods ask for nothing (RFC 8445 §11)
	}
}

// register gives g credentials that no other generation has.
func (m *Mux) register(g *generation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		// Lower case as it may be a part of names; 10 of 32 letters are 50 bits, 26 are 130 (RFC 8445 §5.3: 24 and 128).
		g.ufrag = strings.ToLower(rand.Text()[:10])
		if m.byUfrag[g.ufrag] == nil {
			break
		}
	}
	g.password = strings.ToLower(rand.Text())
	m.byUfrag[g.ufrag] = g
}

func (m *Mux) unregister(g *generation) {
	m.mu.Lock()
	delete(m.byUfrag, g.ufrag)
	m.mu.Unlock()
	m.transactions.forget(&g.history)
}
