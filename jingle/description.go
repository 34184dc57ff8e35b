package jingle

import (
	"strconv"

	"stammtisch/xmpp"
)

// Description is an RTP description (XEP-0167) of a content.
type Description struct {
	Media            MediaType
	MaxPTime         string
	PayloadTypes     []PayloadType
	HeaderExtensions []HeaderExtension
	ExtmapAllowMixed bool // RFC 8285 §6
	RTCPMux          bool
	Sources          []Source
	Groups           []SSRCGroup
}

// PayloadType is one RTP payload format.
type PayloadType struct {
	ID         uint8
	Name       string
	ClockRate  int
	Channels   int // 0 where not said
	Parameters []Parameter
	Feedback   []RTCPFeedback
}

// Parameter is a format parameter; the name may be empty (RED's list of payload types).
type Parameter struct {
	Name, Value string
}

// RTCPFeedback is a kind of feedback that may be sent (RFC 4585 §4.2, XEP-0293).
type RTCPFeedback struct {
	Type, Subtype string
}

// HeaderExtension maps an id to the extension's URI (RFC 8285, XEP-0294).
type HeaderExtension struct {
	ID  int
	URI string
}

func parseDescription(el *xmpp.Element) (*Description, error) {
	d := &Description{Media: MediaType(el.Attr("media")), MaxPTime: el.Attr("maxptime")}
	var err error
	if d.PayloadTypes, d.HeaderExtensions, d.ExtmapAllowMixed, err = parseFormats(el); err != nil {
		return nil, err
	}
	d.RTCPMux = el.Child("", "rtcp-mux") != nil
	d.Sources, d.Groups, err = parseSources(el, d.Media)
	return d, err
}

// parseFormats reads what descriptions and Colibri2's media have in common.
func parseFormats(el *xmpp.Element) (pts []PayloadType, exts []HeaderExtension, mixed bool, err error) {
	for _, c := range el.Children {
		switch c.Name {
		case "payload-type":
			pt, err := parsePayloadType(c)
			if err != nil {
				return nil, nil, false, err
			}
			pts = append(pts, pt)
		case "rtp-hdrext":
			id, ok := intAttr(c, "id", 255)
			if !ok || id == 0 || c.Attr("uri") == "" {
				return nil, nil, false, badRequest("invalid rtp-hdrext id %q", c.Attr("id"))
			}
			exts = append(exts, HeaderExtension{id, c.Attr("uri")})
		case "extmap-allow-mixed":
			mixed = true
		}
	}
	return pts, exts, mixed, nil
}

func parsePayloadType(el *xmpp.Element) (PayloadType, error) {
	id, ok := intAttr(el, "id", 127)
	if !ok {
		return PayloadType{}, badRequest("invalid payload-type id %q", el.Attr("id"))
	}
	pt := PayloadType{ID: uint8(id), Name: el.Attr("name")}
	pt.ClockRate, _ = intAttr(el, "clockrate", 1<<30)
	pt.Channels, _ = intAttr(el, "channels", 255)
	for _, c := range el.Children {
		switch c.Name {
		case "parameter":
			pt.Parameters = append(pt.Parameters, Parameter{c.Attr("name"), c.Attr("value")})
		case "rtcp-fb":
			pt.Feedback = append(pt.Feedback, RTCPFeedback{c.Attr("type"), c.Attr("subtype")})
		}
	}
	return pt, nil
}

// Parameter returns the value of the format parameter of that name, or "".
func (pt PayloadType) Parameter(name string) string {
	for _, p := range pt.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func (d *Description) element() *xmpp.Element {
	el := xmpp.NewElement(NSRTP, "description", "media", string(d.Media), "maxptime", d.MaxPTime)
	el.With(formatElements(d.PayloadTypes, d.HeaderExtensions, d.ExtmapAllowMixed)...)
	if d.RTCPMux {
		el.With(xmpp.NewElement(NSRTP, "rtcp-mux"))
	}
	for _, s := range d.Sources {
		el.With(s.element(true, true))
	}
	for _, g := range d.Groups {
		el.With(g.element())
	}
	return el
}

func formatElements(pts []PayloadType, exts []HeaderExtension, mixed bool) []*xmpp.Element {
	var els []*xmpp.Element
	for _, pt := range pts {
		els = append(els, pt.element())
	}
	for _, x := range exts {
		els = append(els, xmpp.NewElement(NSHdrExt, "rtp-hdrext", "id", strconv.Itoa(x.ID), "uri", x.URI))
	}
	if mixed {
		els = append(els, xmpp.NewElement(NSHdrExt, "extmap-allow-mixed"))
	}
	return els
}

func (pt PayloadType) element() *xmpp.Element {
	el := xmpp.NewElement(NSRTP, "payload-type", "id", strconv.Itoa(int(pt.ID)), "name", pt.Name,
		"clockrate", intText(pt.ClockRate), "channels", intText(pt.Channels))
	for _, p := range pt.Parameters {
		el.With(xmpp.NewElement(NSRTP, "parameter", "name", p.Name, "value", p.Value))
	}
	for _, f := range pt.Feedback {
		el.With(xmpp.NewElement(NSFeedback, "rtcp-fb", "type", f.Type, "subtype", f.Subtype))
	}
	return el
}
