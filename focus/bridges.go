package focus

import (
	"cmp"
	"slices"

	"stammtisch/xmpp"
)

// bridgeInfo is what selection looks at.
type bridgeInfo struct {
	jid          xmpp.JID
	operational  bool
	draining     bool
	graceful     bool // shutting down once its conferences are over
	shuttingDown bool // at once
	stress       float64
	region       string
}

// bridgeView is an immutable snapshot of all bridges.
type bridgeView []bridgeInfo

// operational counts the bridges that may be used.
func (v bridgeView) operational() int {
	n := 0
	for _, b := range v {
		if b.operational {
			n++
		}
	}
	return n
}

// choose selects a bridge for a new bridge session: operational and not shutting down, if possible neither draining nor shutting
// down gracefully, if possible in the region and not overloaded there, and of those the least loaded.
func (v bridgeView) choose(region string, threshold float64) (bridgeInfo, bool) {
	usable := slices.DeleteFunc(slices.Clone(v), func(b bridgeInfo) bool { return !b.operational || b.shuttingDown })
	if len(usable) == 0 {
		return bridgeInfo{}, false
	}
	rank := func(b bridgeInfo) int {
		n := 0
		if b.graceful {
			n += 8
		}
		if b.draining {
			n += 4
		}
		if b.stress >= threshold {
			n += 2
		}
		if region != "" && b.region != region {
			n++
		}
		return n
	}
	return slices.MinFunc(usable, func(a, b bridgeInfo) int {
		if byLoad := cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.stress, b.stress)); byLoad != 0 {
			return byLoad
		}
		return cmp.Compare(a.jid.String(), b.jid.String())
	}), true
}
