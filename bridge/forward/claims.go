package forward

import "slices"

// claims are the names and SSRCs that sources of a conference and the bridge itself have. Nobody may take over somebody else's: it would
// hijack their place in the picture, or make the bridge send two streams under one SSRC.
type claims struct {
	names map[string]bool
	ssrcs map[uint32]bool
}

// claimsLocked are the claims of everybody but e. c.mu must be held.
func (c *Conference) claimsLocked(e *Endpoint) claims {
	k := claims{names: make(map[string]bool), ssrcs: map[uint32]bool{0: true, c.cfg.FeedbackSSRC: true}}
	for _, o := range c.endpoints {
		if o == e {
			continue
		}
		for _, src := range o.sources {
			k.names[src.name] = true
			for _, enc := range src.encodings {
				k.ssrcs[enc.ssrc] = true
				k.ssrcs[enc.rtxSSRC] = true
			}
		}
	}
	return k
}

// add claims name and SSRCs of s, or reports false if s has no SSRCs or one of them or the name is taken.
func (k claims) add(s Source) bool {
	var own []uint32
	for _, pair := range encodingsOf(s) {
		own = append(own, pair[0])
		if pair[1] != 0 {
			own = append(own, pair[1])
		}
	}
	for i, ssrc := range own {
		if k.ssrcs[ssrc] || slices.Contains(own[:i], ssrc) {
			return false
		}
	}
	if len(own) == 0 || k.names[s.Name] {
		return false
	}
	k.names[s.Name] = true
	for _, ssrc := range own {
		k.ssrcs[ssrc] = true
	}
	return true
}
