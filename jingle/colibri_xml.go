package jingle

import (
	"strconv"

	"stammtisch/xmpp"
)

// ParseConferenceModify reads a conference-modify element. Unknown attributes and children are ignored.
func ParseConferenceModify(el *xmpp.Element) (*ConferenceModify, error) {
	if !el.Is(NSColibri2, "conference-modify") {
		return nil, badRequest("not a conference-modify")
	}
	m := &ConferenceModify{
		MeetingID: el.Attr("meeting-id"), Name: el.Attr("name"), Create: boolAttr(el, "create", false),
		Expire: boolAttr(el, "expire", false), RTCStatsDisabled: !boolAttr(el, "rtcstats-enabled", true),
	}
	if m.MeetingID == "" {
		return nil, badRequest("conference-modify without meeting-id")
	}
	for c := range el.All(NSColibri2, "endpoint") {
		e, err := parseColibriEndpoint(c)
		if err != nil {
			return nil, err
		}
		m.Endpoints = append(m.Endpoints, e)
	}
	for c := range el.All(NSColibri2, "relay") {
		m.Relays = append(m.Relays, c.Attr("id"))
	}
	return m, nil
}

// ParseConferenceModified reads a conference-modified element. Unknown attributes and children are ignored.
func ParseConferenceModified(el *xmpp.Element) (*ConferenceModified, error) {
	if !el.Is(NSColibri2, "conference-modified") {
		return nil, badRequest("not a conference-modified")
	}
	m := &ConferenceModified{}
	for c := range el.All(NSColibri2, "endpoint") {
		e, err := parseColibriEndpoint(c)
		if err != nil {
			return nil, err
		}
		m.Endpoints = append(m.Endpoints, e)
	}
	if c := el.Child(NSColibri2, "sources"); c != nil {
		sources, err := parseMediaSources(c)
		if err != nil {
			return nil, err
		}
		m.Sources = sources
	}
	return m, nil
}

func parseColibriEndpoint(el *xmpp.Element) (ColibriEndpoint, error) {
	e := ColibriEndpoint{
		ID: EndpointID(el.Attr("id")), Create: boolAttr(el, "create", false), Expire: boolAttr(el, "expire", false),
		StatsID: el.Attr("stats-id"), MUCRole: el.Attr("muc-role"),
	}
	if e.ID == "" {
		return e, badRequest("endpoint without id")
	}
	for _, c := range el.Children {
		if c.Space != NSColibri2 {
			continue
		}
		if err := e.parseChild(c); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (e *ColibriEndpoint) parseChild(c *xmpp.Element) (err error) {
	switch c.Name {
	case "media":
		m := ColibriMedia{Type: MediaType(c.Attr("type"))}
		m.PayloadTypes, m.HeaderExtensions, m.ExtmapAllowMixed, err = parseFormats(c)
		e.Media = append(e.Media, m)
	case "transport":
		e.Transport, err = parseColibriTransport(c)
	case "sources":
		var sources []MediaSource
		sources, err = parseMediaSources(c)
		e.Sources = &sources
	case "force-mute":
		e.ForceMute = &ForceMute{Audio: boolAttr(c, "audio", false), Video: boolAttr(c, "video", false)}
	case "capability":
		e.Capabilities = append(e.Capabilities, c.Attr("name"))
	case "initial-last-n":
		e.InitialLastN, err = optionalInt(c, "value", 1<<20)
	}
	return err
}

func parseColibriTransport(el *xmpp.Element) (*ColibriTransport, error) {
	t := &ColibriTransport{
		ICEControlling: boolAttr(el, "ice-controlling", false), UseUniquePort: boolAttr(el, "use-unique-port", false),
		ICERestart: boolAttr(el, "ice-restart", false),
	}
	if c := el.Child(NSICE, "transport"); c != nil {
		ice, err := ParseTransport(c)
		if err != nil {
			return nil, err
		}
		t.ICE = ice
	}
	if c := el.Child(NSColibri2, "sctp"); c != nil {
		t.SCTP = &ColibriSCTP{Role: c.Attr("role")}
		port, err := optionalInt(c, "port", 65535)
		if err != nil {
			return nil, err
		}
		if port != nil {
			t.SCTP.Port = *port
		}
	}
	return t, nil
}

func parseMediaSources(el *xmpp.Element) ([]MediaSource, error) {
	out := []MediaSource{}
	for c := range el.All(NSColibri2, "media-source") {
		m := MediaSource{Type: MediaType(c.Attr("type")), ID: SourceName(c.Attr("id")), Synthetic: boolAttr(c, "synthetic", false)}
		if m.Type != Audio && m.Type != Video {
			return nil, badRequest("media-source of type %q", m.Type)
		}
		var err error
		if m.Sources, m.Groups, err = parseSources(c, m.Type); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Element builds the request.
func (m *ConferenceModify) Element() *xmpp.Element {
	el := xmpp.NewElement(NSColibri2, "conference-modify", "meeting-id", m.MeetingID, "name", m.Name,
		"create", boolText(m.Create), "expire", boolText(m.Expire))
	if m.RTCStatsDisabled {
		el.SetAttr("rtcstats-enabled", "false")
	}
	for i := range m.Endpoints {
		el.With(m.Endpoints[i].element())
	}
	return el
}

// Element builds the answer.
func (m *ConferenceModified) Element() *xmpp.Element {
	el := xmpp.NewElement(NSColibri2, "conference-modified")
	for i := range m.Endpoints {
		el.With(m.Endpoints[i].element())
	}
	if m.Sources != nil {
		el.With(mediaSourcesElement(m.Sources))
	}
	return el
}

func (e *ColibriEndpoint) element() *xmpp.Element {
	el := xmpp.NewElement(NSColibri2, "endpoint", "id", string(e.ID), "create", boolText(e.Create), "expire", boolText(e.Expire),
		"stats-id", e.StatsID, "muc-role", e.MUCRole)
	for _, m := range e.Media {
		el.With(xmpp.NewElement(NSColibri2, "media", "type", string(m.Type)).
			With(formatElements(m.PayloadTypes, m.HeaderExtensions, m.ExtmapAllowMixed)...))
	}
	if e.Transport != nil {
		el.With(e.Transport.element())
	}
	if e.Sources != nil {
		el.With(mediaSourcesElement(*e.Sources))
	}
	if f := e.ForceMute; f != nil {
		el.With(xmpp.NewElement(NSColibri2, "force-mute", "audio", boolText(f.Audio), "video", boolText(f.Video)))
	}
	for _, name := range e.Capabilities {
		el.With(xmpp.NewElement(NSColibri2, "capability", "name", name))
	}
	if e.InitialLastN != nil {
		el.With(xmpp.NewElement(NSColibri2, "initial-last-n", "value", strconv.Itoa(*e.InitialLastN)))
	}
	return el
}

func (t *ColibriTransport) element() *xmpp.Element {
	el := xmpp.NewElement(NSColibri2, "transport", "ice-controlling", boolText(t.ICEControlling),
		"use-unique-port", boolText(t.UseUniquePort), "ice-restart", boolText(t.ICERestart))
	if t.ICE != nil {
		el.With(t.ICE.Element())
	}
	if t.SCTP != nil {
		el.With(xmpp.NewElement(NSColibri2, "sctp", "role", t.SCTP.Role, "port", intText(t.SCTP.Port)))
	}
	return el
}

func mediaSourcesElement(sources []MediaSource) *xmpp.Element {
	el := xmpp.NewElement(NSColibri2, "sources")
	for _, m := range sources {
		c := xmpp.NewElement(NSColibri2, "media-source", "type", string(m.Type), "id", string(m.ID), "synthetic", boolText(m.Synthetic))
		for _, s := range m.Sources {
			c.With(s.element(false, false))
		}
		for _, g := range m.Groups {
			c.With(g.element())
		}
		el.With(c)
	}
	return el
}
