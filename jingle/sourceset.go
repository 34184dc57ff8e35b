package jingle

import "slices"

// SourceSet is what one endpoint sends, or a part of it. It is treated as immutable: functions return new sets.
type SourceSet struct {
	Sources []Source
	Groups  []SSRCGroup
}

// IsEmpty says whether s has neither sources nor groups.
func (s SourceSet) IsEmpty() bool { return len(s.Sources) == 0 && len(s.Groups) == 0 }

// Lookup returns the source with that SSRC.
func (s SourceSet) Lookup(ssrc SSRC) (Source, bool) {
	for _, src := range s.Sources {
		if src.SSRC == ssrc {
			return src, true
		}
	}
	return Source{}, false
}

// Has says whether s has a source with that SSRC.
func (s SourceSet) Has(ssrc SSRC) bool { _, ok := s.Lookup(ssrc); return ok }

// HasGroup says whether s has that group.
func (s SourceSet) HasGroup(g SSRCGroup) bool { return slices.ContainsFunc(s.Groups, g.Equal) }

// HasMedia says whether s has a source of that media type.
func (s SourceSet) HasMedia(m MediaType) bool {
	return slices.ContainsFunc(s.Sources, func(src Source) bool { return src.Media == m })
}

// Union returns s followed by o. It checks nothing.
func (s SourceSet) Union(o SourceSet) SourceSet {
	return SourceSet{slices.Concat(s.Sources, o.Sources), slices.Concat(s.Groups, o.Groups)}
}

// Minus returns what of s is not in o; sources are compared by SSRC.
func (s SourceSet) Minus(o SourceSet) SourceSet {
	return s.filter(func(src Source) bool { return !o.Has(src.SSRC) }, func(g SSRCGroup) bool { return !o.HasGroup(g) })
}

// OfMedia returns what of s has one of the media types.
func (s SourceSet) OfMedia(types ...MediaType) SourceSet {
	return s.filter(func(src Source) bool { return slices.Contains(types, src.Media) },
		func(g SSRCGroup) bool { return slices.Contains(types, g.Media) })
}

func (s SourceSet) filter(source func(Source) bool, group func(SSRCGroup) bool) SourceSet {
	var out SourceSet
	for _, src := range s.Sources {
		if source(src) {
			out.Sources = append(out.Sources, src)
		}
	}
	for _, g := range s.Groups {
		if group(g) {
			out.Groups = append(out.Groups, g)
		}
	}
	return out
}

// StripSimulcast returns s as a receiver sees it: of every SIM group only the first SSRC with its retransmission partner is left,
// because a bridge forwards all encodings under that one.
func (s SourceSet) StripSimulcast() SourceSet {
	drop := map[SSRC]bool{}
	for _, g := range s.Groups {
		if g.Semantics == SIM {
			for _, ssrc := range g.SSRCs[min(1, len(g.SSRCs)):] {
				drop[ssrc] = true
			}
		}
	}
	if len(drop) == 0 {
		return s.filter(func(Source) bool { return true }, func(g SSRCGroup) bool { return g.Semantics != SIM })
	}
	for _, g := range s.Groups {
		if g.Semantics == FID && len(g.SSRCs) == 2 && drop[g.SSRCs[0]] {
			drop[g.SSRCs[1]] = true
		}
	}
	return s.filter(func(src Source) bool { return !drop[src.SSRC] }, func(g SSRCGroup) bool {
		return g.Semantics != SIM && !slices.ContainsFunc(g.SSRCs, func(x SSRC) bool { return drop[x] })
	})
}

// withOwner returns s with every source owned by owner and its name filled in.
func (s SourceSet) withOwner(owner EndpointID) SourceSet {
	if !slices.ContainsFunc(s.Sources, func(src Source) bool { return src.Owner != owner || src.Name == "" }) {
		return s
	}
	out := SourceSet{slices.Clone(s.Sources), s.Groups}
	for i := range out.Sources {
		out.Sources[i].Owner = owner
		out.Sources[i].Name = out.Sources[i].nameOrDefault(owner)
	}
	return out
}
