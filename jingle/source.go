package jingle

import (
	"slices"
	"strconv"
	"strings"

	"stammtisch/xmpp"
)

// EndpointID names an endpoint within its conference: the nick of a participant in the room, or BridgeOwner.
type EndpointID string

// BridgeOwner is the owner of the sources with which a bridge sends its own feedback.
const BridgeOwner EndpointID = "jvb"

// SourceName names a source within its conference, by convention its owner's id with -a0, -v0, -v1 … behind it.
type SourceName string

// SSRC is an RTP synchronisation source identifier; 0 is none.
type SSRC uint32

// String returns the decimal form.
func (s SSRC) String() string { return strconv.FormatUint(uint64(s), 10) }

// MediaType is the kind of a source or of a content's description.
type MediaType string

// Media types. Application is the description of the bridge channel's content.
const (
	Audio       MediaType = "audio"
	Video       MediaType = "video"
	Application MediaType = "application"
)

// VideoType says what a video source shows; empty means unknown, which is treated as a camera.
type VideoType string

// Video types. Others are kept as they are.
const (
	Camera  VideoType = "camera"
	Desktop VideoType = "desktop"
)

// maxVideoTypeBytes bounds the video types that are kept.
const maxVideoTypeBytes = 32

// Source is one SSRC of an endpoint. Several SSRCs share a name and a msid when they carry encodings or retransmissions of the same
// source.
type Source struct {
	SSRC  SSRC
	Media MediaType
	Name  SourceName
	// MSID is "stream track", as in RFC 8830; bridges do not use it.
	MSID      string
	VideoType VideoType
	Owner     EndpointID
}

// Semantics is what an SSRCGroup means.
type Semantics string

// Group semantics: SIM lists the simulcast encodings of one source, lowest first; FID is a primary SSRC and its retransmission SSRC
// (RFC 5576 §4.2).
const (
	SIM Semantics = "SIM"
	FID Semantics = "FID"
)

// SSRCGroup ties SSRCs of one endpoint together.
type SSRCGroup struct {
	Media     MediaType
	Semantics Semantics
	SSRCs     []SSRC
}

// Equal says whether g and o say the same.
func (g SSRCGroup) Equal(o SSRCGroup) bool {
	return g.Media == o.Media && g.Semantics == o.Semantics && slices.Equal(g.SSRCs, o.SSRCs)
}

// parseSSRC reads an SSRC between 1 and 2³²−1.
func parseSSRC(s string) (SSRC, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return 0, badRequest("invalid ssrc %q", s)
	}
	return SSRC(n), nil
}

// parseSource reads a source element (XEP-0339). Parameters are matched by local name: clients put them into several namespaces.
func parseSource(el *xmpp.Element, media MediaType) (Source, error) {
	ssrc, err := parseSSRC(el.Attr("ssrc"))
	if err != nil {
		return Source{}, err
	}
	s := Source{SSRC: ssrc, Media: media, Name: SourceName(el.Attr("name")), VideoType: VideoType(el.Attr("videoType"))}
	if len(s.VideoType) > maxVideoTypeBytes {
		s.VideoType = ""
	}
	for p := range el.All("", "parameter") {
		if p.Attr("name") == "msid" {
			s.MSID = p.Attr("value")
		}
	}
	s.Owner = EndpointID(el.Child("", "ssrc-info").Attr("owner"))
	return s, nil
}

// element builds the form that Jingle uses; withMSID and withOwner say whether those are written.
func (s Source) element(withMSID, withOwner bool) *xmpp.Element {
	el := xmpp.NewElement(NSSSMA, "source", "ssrc", s.SSRC.String(), "name", string(s.Name), "videoType", string(s.VideoType))
	if withOwner && s.Owner != "" {
		el.With(xmpp.NewElement(xmpp.NSJitMeet, "ssrc-info", "owner", string(s.Owner)))
	}
	if withMSID && s.MSID != "" {
		el.With(xmpp.NewElement(NSSSMA, "parameter", "name", "msid", "value", s.MSID))
	}
	return el
}

// parseGroup reads an ssrc-group element; its source children are matched by local name.
func parseGroup(el *xmpp.Element, media MediaType) (SSRCGroup, error) {
	g := SSRCGroup{Media: media, Semantics: Semantics(strings.ToUpper(el.Attr("semantics")))}
	if g.Semantics != SIM && g.Semantics != FID {
		return g, badRequest("unknown ssrc-group semantics %q", el.Attr("semantics"))
	}
	for c := range el.All("", "source") {
		ssrc, err := parseSSRC(c.Attr("ssrc"))
		if err != nil {
			return g, err
		}
		g.SSRCs = append(g.SSRCs, ssrc)
	}
	return g, nil
}

func (g SSRCGroup) element() *xmpp.Element {
	el := xmpp.NewElement(NSSSMA, "ssrc-group", "semantics", string(g.Semantics))
	for _, s := range g.SSRCs {
		el.With(xmpp.NewElement(NSSSMA, "source", "ssrc", s.String()))
	}
	return el
}

// parseSources reads the source and ssrc-group children of el, a description, a content or a media-source.
func parseSources(el *xmpp.Element, media MediaType) (sources []Source, groups []SSRCGroup, err error) {
	for _, c := range el.Children {
		switch c.Name {
		case "source":
			s, err := parseSource(c, media)
			if err != nil {
				return nil, nil, err
			}
			sources = append(sources, s)
		case "ssrc-group":
			g, err := parseGroup(c, media)
			if err != nil {
				return nil, nil, err
			}
			groups = append(groups, g)
		}
	}
	return sources, groups, nil
}
