package jingle

import "slices"

// ConferenceModify is a Colibri2 request to a bridge. Attributes at their default are left out on the wire.
type ConferenceModify struct {
	MeetingID string // which conference; unique over the room's instances
	Name      string // the room's address, only with Create
	Create    bool
	Expire    bool
	// RTCStatsDisabled is the negation of rtcstats-enabled, whose default is true.
	RTCStatsDisabled bool
	Endpoints        []ColibriEndpoint
	// Relays are the ids of the relays in the request. Their content is not read: no bridge here connects to others.
	Relays []string
}

// ConferenceModified is a bridge's answer to a ConferenceModify.
type ConferenceModified struct {
	Endpoints []ColibriEndpoint
	// Sources are the bridge's own feedback sources; nil where the answer has no sources element.
	Sources []MediaSource
}

// ColibriEndpoint is an endpoint in a request or an answer. Nil members were not said, or are not to be.
type ColibriEndpoint struct {
	ID           EndpointID
	Create       bool
	Expire       bool
	StatsID      string
	MUCRole      string // "visitor" or empty
	Media        []ColibriMedia
	Transport    *ColibriTransport
	Sources      *[]MediaSource // complete, never a difference; empty but not nil means that there are none
	ForceMute    *ForceMute
	Capabilities []string
	InitialLastN *int
}

// Capabilities of an endpoint.
const (
	CapSourceNames         = "source-names"
	CapSSRCRewriting       = "ssrc-rewriting"
	CapPrivateConnectivity = "private-address-connectivity"
)

// ColibriMedia says which formats an endpoint can receive for one media type.
type ColibriMedia struct {
	Type             MediaType
	PayloadTypes     []PayloadType
	HeaderExtensions []HeaderExtension
	ExtmapAllowMixed bool
}

// ColibriTransport asks for a transport, or describes one.
type ColibriTransport struct {
	ICEControlling bool
	UseUniquePort  bool
	ICERestart     bool
	ICE            *Transport
	SCTP           *ColibriSCTP
}

// ColibriSCTP asks for an SCTP association, or describes one. Role is the bridge's: "server", "client" or empty; Port 0 is unsaid.
type ColibriSCTP struct {
	Role string
	Port int
}

// ForceMute is the complete state: what is false is not muted.
type ForceMute struct {
	Audio, Video bool
}

// MediaSource is a named source with its SSRCs, as bridges see it.
type MediaSource struct {
	Type      MediaType
	ID        SourceName
	Synthetic bool
	Sources   []Source
	Groups    []SSRCGroup
}

// HasCapability says whether e announced the capability.
func (e *ColibriEndpoint) HasCapability(name string) bool {
	return slices.Contains(e.Capabilities, name)
}

// MediaSources arranges an endpoint's sources as bridges want them: one MediaSource per name, in order of appearance. SSRCs without
// name get owner's default, -a0 or -v0. A group goes to the source of its first known SSRC.
func MediaSources(owner EndpointID, set SourceSet) []MediaSource {
	out := []MediaSource{}
	at := map[SourceName]int{}
	nameOf := map[SSRC]SourceName{}
	for _, s := range set.Sources {
		s.Name = s.nameOrDefault(owner)
		s.Owner, s.MSID = owner, ""
		i, known := at[s.Name]
		if !known {
			i = len(out)
			at[s.Name] = i
			out = append(out, MediaSource{Type: s.Media, ID: s.Name})
		}
		nameOf[s.SSRC] = s.Name
		out[i].Sources = append(out[i].Sources, s)
	}
	for _, g := range set.Groups {
		for _, ssrc := range g.SSRCs {
			if name, known := nameOf[ssrc]; known {
				i := at[name]
				out[i].Groups = append(out[i].Groups, g)
				break
			}
		}
	}
	return out
}

// nameOrDefault returns the source's name, or the one that clients assume for an endpoint's first source of its media type.
func (s Source) nameOrDefault(owner EndpointID) SourceName {
	if s.Name != "" {
		return s.Name
	}
	if s.Media == Audio {
		return SourceName(owner + "-a0")
	}
	return SourceName(owner + "-v0")
}

// Flatten returns the SSRCs and groups of media as one set, with owner as their owner.
func Flatten(owner EndpointID, media []MediaSource) SourceSet {
	var set SourceSet
	for _, m := range media {
		for _, s := range m.Sources {
			s.Owner = owner
			if s.Name == "" {
				s.Name = m.ID
			}
			set.Sources = append(set.Sources, s)
		}
		set.Groups = append(set.Groups, m.Groups...)
	}
	return set
}
