package jingle

import (
	"iter"
	"maps"
	"slices"
)

// SourceMap says what each endpoint of a conference sends. It is immutable: Add, Remove and the others return a new map that shares
// what did not change. The zero value is empty.
type SourceMap struct {
	byOwner map[EndpointID]SourceSet
}

// MapOf returns a map with one owner. It checks nothing.
func MapOf(owner EndpointID, set SourceSet) SourceMap {
	return SourceMap{}.With(owner, set)
}

// Of returns what owner sends.
func (m SourceMap) Of(owner EndpointID) SourceSet { return m.byOwner[owner] }

// IsEmpty says whether nobody sends anything.
func (m SourceMap) IsEmpty() bool { return len(m.byOwner) == 0 }

// All yields the owners, sorted, with what they send.
func (m SourceMap) All() iter.Seq2[EndpointID, SourceSet] {
	return func(yield func(EndpointID, SourceSet) bool) {
		for _, owner := range slices.Sorted(maps.Keys(m.byOwner)) {
			if !yield(owner, m.byOwner[owner]) {
				return
			}
		}
	}
}

// With returns m with owner's whole set replaced. It checks nothing; an empty set removes the owner.
func (m SourceMap) With(owner EndpointID, set SourceSet) SourceMap {
	if _, present := m.byOwner[owner]; !present && set.IsEmpty() {
		return m
	}
	out := maps.Clone(m.byOwner)
	if out == nil {
		out = map[EndpointID]SourceSet{}
	}
	if set.IsEmpty() {
		delete(out, owner)
	} else {
		out[owner] = set.withOwner(owner)
	}
	return SourceMap{out}
}

// Without returns m without owner.
func (m SourceMap) Without(owner EndpointID) SourceMap {
	return m.With(owner, SourceSet{})
}

// Merge returns m with o's sets put behind its own. It checks nothing.
func (m SourceMap) Merge(o SourceMap) SourceMap {
	return m.combine(o, SourceSet.Union)
}

// Minus returns what of m is not in o.
func (m SourceMap) Minus(o SourceMap) SourceMap {
	return m.combine(o, SourceSet.Minus)
}

func (m SourceMap) combine(o SourceMap, op func(a, b SourceSet) SourceSet) SourceMap {
	if len(o.byOwner) == 0 {
		return m
	}
	out := maps.Clone(m.byOwner)
	if out == nil {
		out = map[EndpointID]SourceSet{}
	}
	for owner, b := range o.byOwner {
		if set := op(out[owner], b); set.IsEmpty() {
			delete(out, owner)
		} else {
			out[owner] = set
		}
	}
	return SourceMap{out}
}

// Map returns m with f applied to every set.
func (m SourceMap) Map(f func(SourceSet) SourceSet) SourceMap {
	out := make(map[EndpointID]SourceSet, len(m.byOwner))
	for owner, set := range m.byOwner {
		if set = f(set); !set.IsEmpty() {
			out[owner] = set
		}
	}
	return SourceMap{out}
}

// Contents returns the map in the form for clients that do not read compact sources: one content per media type, each source with
// its owner. Media types without sources have no content.
func (m SourceMap) Contents() []Content {
	var out []Content
	for _, media := range []MediaType{Audio, Video} {
		d := &Description{Media: media}
		for _, set := range m.All() {
			part := set.OfMedia(media)
			d.Sources = append(d.Sources, part.Sources...)
			d.Groups = append(d.Groups, part.Groups...)
		}
		if len(d.Sources)+len(d.Groups) > 0 {
			out = append(out, Content{Creator: "initiator", Name: string(media), Senders: "both", Description: d})
		}
	}
	return out
}
