package ice

import (
	"bytes"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"stammtisch/bridge/ice/pionlog"
	"stammtisch/bridge/udp"
)

const (
	// checkInterval is how often unanswered pairs are checked, and how late a valid one is nominated at most.
	checkInterval = 50 * time.Millisecond
	// maxChecks per pair: as many as fit into the time until a path fails.
	maxChecks = 600
	// maxRemotes is how many addresses of a client are listened to at once; of more, the longest silent one is forgotten.
	maxRemotes = 32
)

// generation is one set of credentials and its agent.
type generation struct {
	// Set at construction, read-only afterwards.
	mux             *Mux
	path            *Path
	agent           *pion.Agent
	sockets         []*udp.Socket            // of the addresses that the machine had when the generation began
	conns           map[netip.AddrPort]*conn // by local address; there before the agent takes them, as checks come before that
	ufrag, password string

	started atomic.Bool
	history history // of mux.transactions

	mu      sync.Mutex
	remotes map[*udp.Remote]time.Time   // when each last sent a check; guarded by mu
	pairs   map[*udp.Remote]pairedAgain // what to renominate; guarded by mu
}

// pairedAgain is a pair as the agent knows it.
type pairedAgain struct{ local, remote pion.Candidate }

func newGeneration(p *Path) (*generation, error) {
	p.mux.server.Refresh()
	g := &generation{
		mux: p.mux, path: p, sockets: p.mux.server.Sockets(),
		conns:   make(map[netip.AddrPort]*conn),
		remotes: make(map[*udp.Remote]time.Time),
		pairs:   make(map[*udp.Remote]pairedAgain),
	}
	for _, s := range g.sockets {
		g.conns[s.Addr()] = newConn(g, s)
	}
	g.mux.register(g)
	if err := g.newAgent(); err != nil {
		g.mux.unregister(g)
		return nil, err
	}
	return g, nil
}

func (g *generation) newAgent() error {
	cfg := g.mux.cfg
	nomination := uint32(1) // what plain USE-CANDIDATE counts as with libwebrtc; called on the agent's loop only
	agent, err := pion.NewAgentWithOptions(
		pion.WithUDPMux(agentMux{g}),
		pion.WithNet(g.mux.net),
		pion.WithLoggerFactory(pionlog.New(g.path.log)),
		pion.WithLocalCredentials(g.ufrag, g.password),
		pion.WithNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4, pion.NetworkTypeUDP6}),
		pion.WithCandidateTypes([]pion.CandidateType{pion.CandidateTypeHost}),
		pion.WithIncludeLoopback(),
		pion.WithMulticastDNSMode(pion.MulticastDNSModeDisabled),
		// Every client is peer-reflexive for us: to wait for something better would delay each join.
		pion.WithHostAcceptanceMinWait(0),
		pion.WithSrflxAcceptanceMinWait(0),
		pion.WithPrflxAcceptanceMinWait(0),
		pion.WithRelayAcceptanceMinWait(0),
		pion.WithCheckInterval(checkInterval),
		pion.WithMaxBindingRequests(maxChecks),
		pion.WithKeepaliveInterval(cfg.Keepalive),
		pion.WithDisconnectedTimeout(cfg.Disconnected),
		pion.WithFailedTimeout(cfg.Failed),
		pion.WithRenomination(func() uint32 { nomination++; return nomination }),
		pion.WithBindingRequestHandler(g.onRequest),
	)
	if err != nil {
		return fmt.Errorf("create ICE agent: %w", err)
	}
	g.agent = agent
	_ = agent.OnConnectionStateChange(func(s pion.ConnectionState) { g.path.onState(g, s) })
	_ = agent.OnSelectedCandidatePairChange(g.onSelected)
	_ = agent.OnCandidate(func(pion.Candidate) {}) // demanded by GatherCandidates; we know our addresses
	if err := agent.GatherCandidates(); err != nil {
		_ = agent.GracefulClose()
		return fmt.Errorf("start ICE agent: %w", err)
	}
	return nil
}

// start begins checks as the controlling side. What came before is waiting in the conns' queues.
func (g *generation) start(ufrag, password string) error {
	if _, err := g.agent.StartDial(ufrag, password); err != nil {
		return fmt.Errorf("start ICE checks: %w", err)
	}
	g.started.Store(true)
	return nil
}

// handleRequest takes a check that names our ufrag. It is called on a reading goroutine.
func (g *generation) handleRequest(s *udp.Socket, from netip.AddrPort, packet []byte, arrival time.Time) {
	c := g.conns[s.Addr()]
	if c == nil {
		return // an address that the machine got later: the agent cannot use it, so that an answer would mislead
	}
	request, err := authenticated(packet, g.password)
	if err != nil {
		g.mux.unauthenticated.Add(1)
		return
	}
	g.note(s, from, arrival)
	if !g.started.Load() {
		// RFC 8445 §7.3: answer at once also when the peer's answer to the offer is still under way. The agent gets the
		// check when it has the peer's credentials, and then makes a check of its own.
		if response, err := successResponse(request, from, g.password); err == nil {
			_ = s.SendTo(from, response)
		}
	}
	g.deliver(c, packet, from)
}

func (g *generation) deliver(c *conn, packet []byte, from netip.AddrPort) {
	if !c.deliver(bytes.Clone(packet), from) {
		g.mux.overflow.Add(1)
	}
}

// note listens to from from now on: who can sign a check has been told our password.
func (g *generation) note(s *udp.Socket, from netip.AddrPort, arrival time.Time) {
	r := s.Associate(from, g.path.flow, false)
	if r == nil {
		return // another endpoint's, until it answers a check of ours
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.noteLocked(r, arrival)
}

func (g *generation) noteLocked(r *udp.Remote, now time.Time) {
	if g.remotes == nil { // closed
		r.Dissociate()
		return
	}
	if _, known := g.remotes[r]; !known && len(g.remotes) >= maxRemotes {
		g.forgetOldestLocked()
	}
	g.remotes[r] = now
}

func (g *generation) forgetOldestLocked() {
	var oldest *udp.Remote
	for r, heard := range g.remotes {
		if r != g.path.selected.Load() && (oldest == nil || heard.Before(g.remotes[oldest])) {
			oldest = r
		}
	}
	delete(g.remotes, oldest)
	delete(g.pairs, oldest)
	oldest.Dissociate()
}

// onSelected is called by the agent when a pair has been nominated and answered.
func (g *generation) onSelected(local, remote pion.Candidate) {
	s := g.socketOf(local)
	to, err := addressOf(remote)
	if s == nil || err != nil {
		g.path.log.Error("ICE selected a pair that is none of ours", "local", local, "err", err)
		return
	}
	r := s.Associate(to, g.path.flow, true)
	g.mu.Lock()
	if g.remotes == nil {
		g.mu.Unlock()
		r.Dissociate()
		return
	}
	if _, known := g.remotes[r]; !known {
		g.noteLocked(r, time.Now())
	}
	g.mu.Unlock()
	g.path.choose(g, r)
}

func (g *generation) socketOf(local pion.Candidate) *udp.Socket {
	addr, err := addressOf(local)
	if err != nil {
		return nil
	}
	if c := g.conns[addr]; c != nil {
		return c.socket
	}
	return nil
}

func addressOf(c pion.Candidate) (netip.AddrPort, error) {
	ip, err := netip.ParseAddr(c.Address())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("candidate address: %w", err)
	}
	return netip.AddrPortFrom(ip.Unmap().WithZone(""), uint16(c.Port())), nil
}

// onRequest is called by the agent, on its loop, for each valid check of the client. It never selects by itself.
func (g *generation) onRequest(_ *stun.Message, local, remote pion.Candidate, _ *pion.CandidatePair) bool {
	s := g.socketOf(local)
	from, err := addressOf(remote)
	if s == nil || err != nil {
		return false
	}
	r := s.Associate(from, g.path.flow, false)
	if r == nil {
		return false
	}
	now := time.Now()
	g.mu.Lock()
	g.noteLocked(r, now)
	if g.pairs != nil {
		g.pairs[r] = pairedAgain{local, remote}
	}
	g.mu.Unlock()
	g.follow(g.agent, r, now)
	return false
}

// close ends the agent and waits for its goroutines.
func (g *generation) close() {
	g.mux.unregister(g)
	_ = g.agent.GracefulClose()
	g.mu.Lock()
	remotes := g.remotes
	g.remotes, g.pairs = nil, nil
	g.mu.Unlock()
	for r := range remotes {
		r.Dissociate()
	}
	g.mux.transactions.forget(&g.history) // what was sent while closing
}
