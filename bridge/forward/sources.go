package forward

import (
	"slices"
	"strings"
	"sync/atomic"

	"stammtisch/bridge/receive"
)

// source is what an endpoint sends under one name. All but the fields named below is read-only once it is made.
type source struct {
	owner     *Endpoint
	name      string
	media     Media
	encodings []*encoding // from low to high quality, at least one

	subscribers atomic.Pointer[[]*slot] // copy-on-write, replaced by the planner
	keyframes   keyframeRequests
	silent      atomic.Int32 // consecutive silent packets that were forwarded

	// Guarded by conference.mu.
	removed   bool
	videoType VideoType // as signalled
	demand    demand
}

// incoming is what an endpoint's SSRC carries.
type incoming struct {
	encoding *encoding
	rtx      bool
}

// lowestHeightPx is assumed for a source's first encoding until a key frame says otherwise; the next ones double.
const lowestHeightPx = 180

// maxEncodings bounds what a source may signal.
const maxEncodings = 8

func newSource(owner *Endpoint, s Source) *source {
	src := &source{owner: owner, name: s.Name, media: s.Media, videoType: s.VideoType}
	src.keyframes.bucket = bucket{size: senderAsks, every: senderAskInterval}
	src.subscribers.Store(new([]*slot))
	clock := uint32(90000)
	if s.Media == Audio {
		clock = 48000
	}
	for i, pair := range encodingsOf(s) {
		e := &encoding{
			source: src, index: i, ssrc: pair[0], rtxSSRC: pair[1],
			stream: receive.NewStream(clock, s.Media == Video),
		}
		e.heightPx.Store(int32(lowestHeightPx << i))
		src.encodings = append(src.encodings, e)
	}
	return src
}

// encodingsOf lists primary and retransmission SSRC of each encoding of s, lowest quality first.
func encodingsOf(s Source) (pairs [][2]uint32) {
	rtx := make(map[uint32]uint32)
	var primaries []uint32
	for _, g := range s.Groups {
		switch {
		case strings.EqualFold(g.Semantics, "FID") && len(g.SSRCs) == 2:
			rtx[g.SSRCs[0]] = g.SSRCs[1]
		case strings.EqualFold(g.Semantics, "SIM") && len(g.SSRCs) > 1:
			primaries = g.SSRCs
		}
	}
	if primaries == nil {
		for _, ssrc := range s.SSRCs {
			if !isRetransmission(rtx, ssrc) {
				primaries = []uint32{ssrc}
				break
			}
		}
	}
	for _, ssrc := range primaries[:min(len(primaries), maxEncodings)] {
		pairs = append(pairs, [2]uint32{ssrc, rtx[ssrc]})
	}
	return pairs
}

func isRetransmission(rtx map[uint32]uint32, ssrc uint32) bool {
	for _, r := range rtx {
		if r == ssrc {
			return true
		}
	}
	return false
}

// same says whether s describes the source that src is already.
func (src *source) same(s Source) bool {
	if src.name != s.Name || src.media != s.Media {
		return false
	}
	return slices.EqualFunc(src.encodings, encodingsOf(s), func(e *encoding, pair [2]uint32) bool {
		return e.ssrc == pair[0] && e.rtxSSRC == pair[1]
	})
}

// removeLocked marks src as gone and stops its fan-out. conference.mu must be held.
func (src *source) removeLocked() {
	src.removed = true
	for _, s := range *src.subscribers.Load() {
		s.pause()
	}
	src.subscribers.Store(new([]*slot))
}

// unsubscribeLocked takes the slots of receiver, which has left, out of the fan-out. conference.mu must be held.
func (src *source) unsubscribeLocked(receiver *Endpoint) {
	old := *src.subscribers.Load()
	kept := slices.DeleteFunc(slices.Clone(old), func(s *slot) bool { return s.receiver == receiver })
	if len(kept) != len(old) {
		src.subscribers.Store(&kept)
	}
}

// SetSources replaces what the endpoint sends. Sources that are described as before keep their state. A source without
// SSRCs, or whose name or SSRCs another source of the conference has, is ignored and its name returned. Packets of other SSRCs
// are dropped and counted.
func (e *Endpoint) SetSources(sources []Source) (refused []string) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.removed {
		return nil
	}
	var next []*source
	taken := c.claimsLocked(e)
	for _, s := range sources {
		if !taken.add(s) {
			refused = append(refused, s.Name)
			continue
		}
		i := slices.IndexFunc(e.sources, func(old *source) bool { return old.same(s) })
		if i >= 0 {
			next = append(next, e.sources[i])
		} else {
			next = append(next, newSource(e, s))
		}
	}
	for _, old := range e.sources {
		if !slices.Contains(next, old) {
			old.removeLocked()
		}
	}
	e.sources = next
	e.publishSourcesLocked()
	for _, o := range c.endpoints {
		o.tidySlotsLocked()
	}
	c.rejoinLocked()
	return refused
}

// publishSourcesLocked makes e.sources known to the packet path. conference.mu must be held.
func (e *Endpoint) publishSourcesLocked() {
	table := make(map[uint32]incoming)
	for _, src := range e.sources {
		for _, enc := range src.encodings {
			table[enc.ssrc] = incoming{encoding: enc}
			if enc.rtxSSRC != 0 {
				table[enc.rtxSSRC] = incoming{encoding: enc, rtx: true}
			}
		}
	}
	e.incoming.Store(&table)
}

// SetVideoType says what the endpoint's source shows now. It may come before the source itself.
func (e *Endpoint) SetVideoType(name string, t VideoType) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := e.videoTypes[name]; !known && len(e.videoTypes) >= maxVideoTypes {
		return
	}
	if old, known := e.videoTypes[name]; !known || old != t {
		e.videoTypes[name] = t
		c.replan()
	}
}

// maxVideoTypes bounds what an endpoint may announce about sources that do not exist.
const maxVideoTypes = 64

// videoTypeLocked is what src shows now. conference.mu must be held.
func (src *source) videoTypeLocked() VideoType {
	if t, known := src.owner.videoTypes[src.name]; known {
		return t
	}
	return src.videoType
}
