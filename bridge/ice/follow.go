package ice

import (
	"time"

	pion "github.com/pion/ice/v4"

	"stammtisch/bridge/udp"
)

// A client moves when its network or its NAT does, and nobody tells us. The agent by itself never leaves a pair it has
// selected, so we watch where the client speaks from: if it checks from another address while the selected one is
// silent, that address is checked and nominated in one request (draft-thatcher-ice-renomination). Media stays on the old
// path until the new one has answered.

// minFollow is the pause between two attempts.
const minFollow = 200 * time.Millisecond

// follow nominates r if the client seems to have moved there. It is called on the agent's loop.
func (g *generation) follow(agent *pion.Agent, r *udp.Remote, now time.Time) {
	if !g.path.hasMoved(r, now) {
		return
	}
	g.mu.Lock()
	pair, known := g.pairs[r]
	g.mu.Unlock()
	if !known || now.Sub(g.path.lastFollow) < minFollow {
		return
	}
	g.path.lastFollow = now
	if err := agent.RenominateCandidate(pair.local, pair.remote); err != nil {
		g.path.log.Debug("cannot follow a client to its new address", "err", err)
	}
}

// hasMoved reports whether r, which the client checks from, is where it is rather than the selected remote.
func (p *Path) hasMoved(r *udp.Remote, now time.Time) bool {
	p.mu.Lock()
	g, since := p.current, p.selectedAt
	p.mu.Unlock()
	selected := p.selected.Load()
	if selected == nil || selected == r {
		return false
	}
	cfg := p.mux.cfg
	silence := now.Sub(latest(selected.Heard(), since))
	if silence >= cfg.DataSilence && now.Sub(r.Heard()) < cfg.DataSilence {
		return true
	}
	g.mu.Lock()
	checked := g.remotes[selected]
	g.mu.Unlock()
	return min(silence, now.Sub(latest(checked, since))) >= cfg.CheckSilence
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Heard tells the path that media came from r. It is cheap, for each packet; only what comes from another remote than
// the selected one makes it look whether the client has moved.
func (p *Path) Heard(r *udp.Remote, now time.Time) {
	selected := p.selected.Load()
	switch {
	case selected == r:
	case selected == nil:
		p.early.CompareAndSwap(nil, r)
	default:
		p.lookAround(r, now)
	}
}

// lookAround asks the agent's loop to follow, as nobody else may use the agent's candidates.
func (p *Path) lookAround(r *udp.Remote, now time.Time) {
	last := p.looked.Load()
	if now.UnixNano()-last < int64(minFollow) || !p.looked.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	g := p.current
	p.wg.Go(func() {
		_ = g.agent.UpdateOptions(func(agent *pion.Agent) error { // runs on the loop; fails if the agent is closed
			g.follow(agent, r, now)
			return nil
		})
	})
}
