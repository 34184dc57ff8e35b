package ice

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/ice/v4"

	"stammtisch/bridge/udp"
)

// State is how a path is.
type State int

// The states, in the order they are first reached.
const (
	New          State = iota
	Connected          // a pair has been nominated; again after Disconnected
	Disconnected       // nothing comes back from the client; it may yet
	Failed             // given up
)

func (s State) String() string {
	return [...]string{"new", "connected", "disconnected", "failed"}[s]
}

// maxRemoteCandidates bounds what a client can make us send checks to, over the path's life: they go to whatever address it names.
const maxRemoteCandidates = 20

// ErrClosed is returned by methods of a closed [Path].
var ErrClosed = errors.New("path is closed")

// Path is an endpoint's way through the network. It is safe for concurrent use.
type Path struct {
	// Set at construction, read-only afterwards.
	mux     *Mux
	flow    udp.Flow
	log     *slog.Logger
	changed func(State)

	selected atomic.Pointer[udp.Remote] // where to send
	early    atomic.Pointer[udp.Remote] // the first to send more than checks, until one is selected
	looked   atomic.Int64               // when lookAround last did, Unix nanoseconds

	lastFollow time.Time // owned by the agent's loop

	mu         sync.Mutex
	current    *generation // guarded by mu
	started    bool        // guarded by mu
	state      State       // guarded by mu
	selectedAt time.Time   // guarded by mu
	told       int         // usable candidates so far; guarded by mu
	closed     bool        // guarded by mu
	wg         sync.WaitGroup
}

// NewPath returns a path that is still to be opened. Whatever validated addresses send goes to flow. changed is called with
// each new state, in order, on a goroutine of the path's; it may call everything but Close.
func (m *Mux) NewPath(flow udp.Flow, changed func(State), log *slog.Logger) *Path {
	return &Path{mux: m, flow: flow, log: log, changed: changed}
}

// Open makes credentials, and answers checks from now on. It is called once, before anything else.
func (p *Path) Open() error {
	g, err := newGeneration(p)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = g
	return nil
}

// Credentials returns our ufrag and password, for the client.
func (p *Path) Credentials() (ufrag, password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current.ufrag, p.current.password
}

// Candidates returns our candidates, for the client, best first: the addresses that the machine had when the path was opened, or what the
// configuration has instead.
func (p *Path) Candidates() []Candidate {
	p.mu.Lock()
	defer p.mu.Unlock()
	return localCandidates(p.current.sockets, p.mux.cfg.Advertise)
}

// SetRemote starts checks with the client's credentials. Candidates are not needed, a client is found when it checks us;
// those that are no IP addresses, as of a browser that hides them, are ignored. Once started, only candidates are new.
func (p *Path) SetRemote(ufrag, password string, candidates []Candidate) error {
	p.mu.Lock()
	g, start := p.current, !p.started
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	if start && (ufrag == "" || password == "") {
		p.mu.Unlock()
		return nil // candidates may come first; the client repeats itself by checking us
	}
	p.started = true
	candidates = p.takeLocked(candidates)
	p.mu.Unlock()
	if start {
		if err := g.start(ufrag, password); err != nil {
			return err
		}
	}
	for _, c := range candidates {
		if err := g.agent.AddRemoteCandidate(remoteCandidate(c)); err != nil {
			return fmt.Errorf("add remote candidate: %w", err)
		}
	}
	return nil
}

// takeLocked returns those of the candidates that are to be checked.
func (p *Path) takeLocked(candidates []Candidate) (usable []Candidate) {
	for _, c := range candidates {
		if p.told >= maxRemoteCandidates {
			break
		}
		if remoteCandidate(c) != nil {
			usable = append(usable, c)
			p.told++
		}
	}
	return usable
}

// remoteCandidate returns nil for what cannot or must not be checked.
func remoteCandidate(c Candidate) pion.Candidate {
	ip, err := netip.ParseAddr(c.Address)
	if err != nil || ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" || c.Port <= 0 || c.Port > 65535 {
		return nil
	}
	out, err := pion.NewCandidateHost(&pion.CandidateHostConfig{
		Network: "udp", Address: ip.Unmap().String(), Port: c.Port, Component: pion.ComponentRTP,
		Priority: c.Priority, Foundation: c.Foundation,
	})
	if err != nil {
		return nil
	}
	return out
}

// Remote returns where to send: the selected remote or, before there is one, the first from which more than checks came.
// It is nil until then. The result is worth keeping for one packet only.
func (p *Path) Remote() *udp.Remote {
	if r := p.selected.Load(); r != nil {
		return r
	}
	return p.early.Load()
}

// State returns how the path is.
func (p *Path) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// choose makes r the selected remote. The agent reports the state that comes with the first one separately, perhaps
// before, so that it is announced here.
func (p *Path) choose(g *generation, r *udp.Remote) {
	p.mu.Lock()
	if g != p.current || p.closed {
		p.mu.Unlock()
		return
	}
	first := p.state == New
	p.selected.Store(r)
	p.selectedAt = time.Now()
	p.mu.Unlock()
	if first {
		p.onState(g, pion.ConnectionStateConnected)
	}
}

func (p *Path) onState(g *generation, s pion.ConnectionState) {
	var next State
	switch s {
	case pion.ConnectionStateConnected, pion.ConnectionStateCompleted:
		next = Connected
	case pion.ConnectionStateDisconnected:
		next = Disconnected
	case pion.ConnectionStateFailed:
		next = Failed
	default:
		return
	}
	p.mu.Lock()
	ignore := g != p.current || p.closed || p.state == next || next == Connected && p.selected.Load() == nil
	if !ignore {
		p.state = next
	}
	p.mu.Unlock()
	if !ignore {
		p.changed(next)
	}
}

// Close ends the path and waits for its goroutines. Nothing is called back after it returns.
func (p *Path) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	g := p.current
	p.mu.Unlock()
	p.wg.Wait()
	g.close()
}
