package jingle

import (
	"slices"
	"strings"
)

// Limits bound what one endpoint may send.
type Limits struct {
	SSRCs, Groups int // per endpoint, over both media types
}

// What everybody is told of a source is bounded in size.
const (
	maxNameBytes = 256
	maxMSIDBytes = 512
)

// Add returns m with what owner announces in add, or an *xmpp.Error for owner that says why nothing was added. Added is what is new,
// with names filled in: empty groups and those that are known already are left out.
//
// The rules are those of jicofo, and one more, which keeps an endpoint from taking another's names: a name begins with its owner's id
// and a hyphen, as all clients write it. Every SSRC and msid belongs to one endpoint, an SSRC is announced once, a group names SSRCs of the
// owner and each once, an FID group is a pair, all SSRCs of a group share one msid and different sources of a media type differ in theirs.
func (m SourceMap) Add(owner EndpointID, add SourceSet, limits Limits) (next SourceMap, added SourceSet, err error) {
	have := m.byOwner[owner]
	added = SourceSet{Sources: add.Sources}.withOwner(owner)
	if len(have.Sources)+len(added.Sources) > limits.SSRCs {
		return m, SourceSet{}, badRequest("more than %d ssrcs", limits.SSRCs)
	}
	seen := map[SSRC]bool{}
	for _, s := range added.Sources {
		switch {
		case s.SSRC == 0:
			return m, SourceSet{}, badRequest("invalid ssrc 0")
		case seen[s.SSRC]:
			return m, SourceSet{}, badRequest("ssrc %d announced twice", s.SSRC)
		case len(s.Name) > maxNameBytes || len(s.MSID) > maxMSIDBytes:
			return m, SourceSet{}, badRequest("the name or msid of ssrc %d is too long", s.SSRC)
		case !strings.HasPrefix(string(s.Name), string(owner)+"-"):
			return m, SourceSet{}, badRequest("the name of ssrc %d does not begin with the endpoint's id", s.SSRC)
		}
		seen[s.SSRC] = true
	}
	if err := m.checkConflicts(owner, added.Sources, seen); err != nil {
		return m, SourceSet{}, err
	}
	for _, g := range add.Groups {
		if len(g.SSRCs) == 0 || have.HasGroup(g) || added.HasGroup(g) {
			continue
		}
		added.Groups = append(added.Groups, g)
	}
	if len(have.Groups)+len(added.Groups) > limits.Groups {
		return m, SourceSet{}, badRequest("more than %d ssrc-groups", limits.Groups)
	}
	all := have.Union(added)
	if err := all.validate(); err != nil {
		return m, SourceSet{}, err
	}
	return m.With(owner, all), added, nil
}

// checkConflicts compares new sources of owner with what is there.
func (m SourceMap) checkConflicts(owner EndpointID, sources []Source, ssrcs map[SSRC]bool) error {
	msids := map[string]bool{}
	for _, s := range sources {
		if s.MSID != "" {
			msids[s.MSID] = true
		}
	}
	for other, set := range m.byOwner {
		for _, s := range set.Sources {
			if ssrcs[s.SSRC] {
				return badRequest("ssrc %d is already used", s.SSRC)
			}
			if other != owner && msids[s.MSID] {
				return badRequest("an msid is already used by another endpoint")
			}
		}
	}
	return nil
}

// Remove returns m without what owner takes back in remove, or an *xmpp.Error for owner that says why nothing was removed. Sources are
// matched by SSRC; groups with a removed SSRC go with it. Removed is what went, as it had been announced.
func (m SourceMap) Remove(owner EndpointID, remove SourceSet) (next SourceMap, removed SourceSet, err error) {
	have, known := m.byOwner[owner]
	if !known {
		return m, SourceSet{}, badRequest("the endpoint has no sources")
	}
	gone := map[SSRC]bool{}
	for _, s := range remove.Sources {
		src, ok := have.Lookup(s.SSRC)
		if !ok {
			return m, SourceSet{}, badRequest("ssrc %d is not the endpoint's", s.SSRC)
		}
		if !gone[s.SSRC] {
			removed.Sources = append(removed.Sources, src)
		}
		gone[s.SSRC] = true
	}
	for _, g := range remove.Groups {
		if len(g.SSRCs) > 0 && !have.HasGroup(g) {
			return m, SourceSet{}, badRequest("unknown ssrc-group")
		}
	}
	for _, g := range have.Groups {
		if slices.ContainsFunc(g.SSRCs, func(s SSRC) bool { return gone[s] }) || remove.HasGroup(g) {
			removed.Groups = append(removed.Groups, g)
		}
	}
	rest := have.Minus(removed)
	if err := rest.validate(); err != nil {
		return m, SourceSet{}, err
	}
	return m.With(owner, rest), removed, nil
}

// validate checks the whole of what an endpoint sends.
func (s SourceSet) validate() error {
	for _, g := range s.Groups {
		if err := s.validateGroup(g); err != nil {
			return err
		}
	}
	return s.validateMSIDs()
}

func (s SourceSet) validateGroup(g SSRCGroup) error {
	if g.Semantics == FID && len(g.SSRCs) != 2 {
		return badRequest("an FID group has two ssrcs, not %d", len(g.SSRCs))
	}
	msid := ""
	for i, ssrc := range g.SSRCs {
		src, ok := s.Lookup(ssrc)
		switch {
		case !ok:
			return badRequest("ssrc-group with unknown ssrc %d", ssrc)
		case slices.Contains(g.SSRCs[:i], ssrc):
			return badRequest("ssrc-group with ssrc %d twice", ssrc)
		case src.Media != g.Media:
			return badRequest("ssrc-group of %s with ssrc %d of %s", g.Media, ssrc, src.Media)
		case src.MSID == "":
			return badRequest("grouped ssrc %d has no msid", ssrc)
		case i > 0 && src.MSID != msid:
			return badRequest("the ssrcs of a group differ in their msid")
		}
		msid = src.MSID
	}
	return nil
}

// validateMSIDs checks that per media type the sources differ in their msid, where one source is what groups tie together.
func (s SourceSet) validateMSIDs() error {
	root := map[SSRC]SSRC{}
	find := func(x SSRC) SSRC {
		for root[x] != x {
			x = root[x]
		}
		return x
	}
	for _, src := range s.Sources {
		root[src.SSRC] = src.SSRC
	}
	for _, g := range s.Groups {
		for _, ssrc := range g.SSRCs[1:] {
			root[find(ssrc)] = find(g.SSRCs[0])
		}
	}
	type key struct {
		media MediaType
		msid  string
	}
	used := map[key]SSRC{}
	for _, src := range s.Sources {
		if src.MSID == "" {
			continue
		}
		k := key{src.Media, src.MSID}
		if first, taken := used[k]; taken && first != find(src.SSRC) {
			return badRequest("two %s sources share an msid", src.Media)
		}
		used[k] = find(src.SSRC)
	}
	return nil
}
