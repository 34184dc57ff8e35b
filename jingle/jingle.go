package jingle

import (
	"strconv"
	"strings"

	"stammtisch/xmpp"
)

// Action is what a Jingle IQ asks for (XEP-0166 §7.2; source-add and source-remove as lib-jitsi-meet and jicofo do).
type Action string

// Actions.
const (
	SessionInitiate  Action = "session-initiate"
	SessionAccept    Action = "session-accept"
	SessionInfo      Action = "session-info"
	SessionTerminate Action = "session-terminate"
	TransportInfo    Action = "transport-info"
	TransportAccept  Action = "transport-accept"
	TransportReject  Action = "transport-reject"
	SourceAdd        Action = "source-add"
	SourceRemove     Action = "source-remove"
)

// Jingle is the payload of a Jingle IQ.
type Jingle struct {
	Action        Action
	SID           string
	Initiator     string
	Responder     string
	Contents      []Content
	Bundle        []string // names of the contents that share one transport (XEP-0338)
	BridgeSession *BridgeSession
	Reason        *Reason
	StartMuted    *StartMuted
	ICEState      string // the text of an ice-state element of session-info
	// Compact are the sources of a json-message; nil without one.
	Compact *SourceMap
}

// Content is one medium of a session.
type Content struct {
	Creator, Name, Senders string
	Description            *Description
	Transport              *Transport
	// Sources and Groups that stand in the content itself; Jingle.Sources reads both places.
	Sources []Source
	Groups  []SSRCGroup
	// InitialLastN is how many videos a client wants before it says more over the bridge channel.
	InitialLastN *int
}

// BridgeSession tells which of a conference's bridge sessions an IQ means. Restart and ICERestart are requests of clients.
type BridgeSession struct {
	ID, Region string
	Restart    bool
	ICERestart bool
}

// Reason says why a session ended (XEP-0166 §7.4).
type Reason struct {
	Condition string // the element's name, for example "success"
	Text      string
}

// StartMuted tells a client to begin muted.
type StartMuted struct {
	Audio, Video bool
}

// Parse reads a jingle element. Unknown attributes and children are ignored; an *xmpp.Error tells the peer what cannot be accepted.
func Parse(el *xmpp.Element) (*Jingle, error) {
	if !el.Is(NSJingle, "jingle") {
		return nil, badRequest("not a jingle element")
	}
	j := &Jingle{Action: canonical(el.Attr("action")), SID: el.Attr("sid"), Initiator: el.Attr("initiator"), Responder: el.Attr("responder")}
	if j.Action == "" || j.SID == "" {
		return nil, badRequest("jingle without action or sid")
	}
	for _, c := range el.Children {
		if err := j.parseChild(c); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// canonical maps the names of older clients to today's.
func canonical(action string) Action {
	switch action {
	case "addsource":
		return SourceAdd
	case "removesource":
		return SourceRemove
	}
	return Action(action)
}

func (j *Jingle) parseChild(c *xmpp.Element) error {
	switch (xmpp.Name{Space: c.Space, Local: c.Name}) {
	case xmpp.Name{Space: NSJingle, Local: "content"}:
		content, err := parseContent(c)
		if err != nil {
			return err
		}
		j.Contents = append(j.Contents, content)
	case xmpp.Name{Space: NSGrouping, Local: "group"}:
		if c.Attr("semantics") == "BUNDLE" {
			for k := range c.All("", "content") {
				j.Bundle = append(j.Bundle, k.Attr("name"))
			}
		}
	case xmpp.Name{Space: xmpp.NSFocus, Local: "bridge-session"}:
		j.BridgeSession = &BridgeSession{ID: c.Attr("id"), Region: c.Attr("region"), Restart: boolAttr(c, "restart", false),
			ICERestart: boolAttr(c, "ice-restart", false)}
	case xmpp.Name{Space: xmpp.NSFocus, Local: "ice-state"}:
		j.ICEState = strings.TrimSpace(c.Text)
	case xmpp.Name{Space: NSStartMuted, Local: "startmuted"}:
		j.StartMuted = &StartMuted{Audio: boolAttr(c, "audio", false), Video: boolAttr(c, "video", false)}
	case xmpp.Name{Space: xmpp.NSJitMeet, Local: "json-message"}:
		m, err := ParseCompact([]byte(c.Text))
		if err != nil {
			return err
		}
		j.Compact = &m
	case xmpp.Name{Space: NSJingle, Local: "reason"}:
		j.Reason = parseReason(c)
	}
	return nil
}

func parseReason(el *xmpp.Element) *Reason {
	r := &Reason{}
	for _, c := range el.Children {
		if c.Name == "text" {
			r.Text = c.Text
		} else if r.Condition == "" {
			r.Condition = c.Name
		}
	}
	return r
}

func parseContent(el *xmpp.Element) (c Content, err error) {
	c = Content{Creator: el.Attr("creator"), Name: el.Attr("name"), Senders: el.Attr("senders")}
	if d := el.Child(NSRTP, "description"); d != nil {
		if c.Description, err = parseDescription(d); err != nil {
			return c, err
		}
	}
	if t := el.Child(NSICE, "transport"); t != nil {
		if c.Transport, err = ParseTransport(t); err != nil {
			return c, err
		}
	}
	if l := el.Child(NSColibri2, "initial-last-n"); l != nil {
		if c.InitialLastN, err = optionalInt(l, "value", 1<<20); err != nil {
			return c, err
		}
	}
	c.Sources, c.Groups, err = parseSources(el, c.media())
	return c, err
}

// media is what the content carries: the description's media, or the content's name.
func (c Content) media() MediaType {
	if c.Description != nil && c.Description.Media != "" {
		return c.Description.Media
	}
	return MediaType(c.Name)
}

// Sources returns all sources of j's contents as owner's, wherever they stand; names that are missing are filled in. What is neither
// audio nor video is a mistake of the sender.
func (j *Jingle) Sources(owner EndpointID) (SourceSet, error) {
	var set SourceSet
	for _, c := range j.Contents {
		media := c.media()
		part := SourceSet{c.Sources, c.Groups}
		if c.Description != nil {
			part = part.Union(SourceSet{c.Description.Sources, c.Description.Groups})
		}
		if part.IsEmpty() {
			continue
		}
		if media != Audio && media != Video {
			return SourceSet{}, badRequest("sources in a content of type %q", media)
		}
		for i := range part.Sources {
			part.Sources[i].Media = media
		}
		for i := range part.Groups {
			part.Groups[i].Media = media
		}
		set = set.Union(part)
	}
	return set.withOwner(owner), nil
}

// Transport returns the first transport of j's contents, or nil. Clients repeat the same one in every content.
func (j *Jingle) Transport() *Transport {
	for _, c := range j.Contents {
		if c.Transport != nil {
			return c.Transport
		}
	}
	return nil
}

// InitialLastN returns the first initial-last-n of j's contents, or nil.
func (j *Jingle) InitialLastN() *int {
	for _, c := range j.Contents {
		if c.InitialLastN != nil {
			return c.InitialLastN
		}
	}
	return nil
}

// Element builds the jingle element, its children in the order that jicofo uses.
func (j *Jingle) Element() *xmpp.Element {
	el := xmpp.NewElement(NSJingle, "jingle", "action", string(j.Action), "initiator", j.Initiator, "responder", j.Responder, "sid", j.SID)
	if j.Reason != nil {
		reason := xmpp.NewElement(NSJingle, "reason").With(xmpp.NewElement(NSJingle, j.Reason.Condition))
		if j.Reason.Text != "" {
			reason.With(xmpp.NewElement(NSJingle, "text").WithText(j.Reason.Text))
		}
		el.With(reason)
	}
	for _, c := range j.Contents {
		el.With(c.element())
	}
	if len(j.Bundle) > 0 {
		group := xmpp.NewElement(NSGrouping, "group", "semantics", "BUNDLE")
		for _, name := range j.Bundle {
			group.With(xmpp.NewElement(NSGrouping, "content", "name", name))
		}
		el.With(group)
	}
	return el.With(j.extensions()...)
}

// extensions are the children that are Jitsi's.
func (j *Jingle) extensions() []*xmpp.Element {
	var els []*xmpp.Element
	if m := j.StartMuted; m != nil {
		els = append(els, xmpp.NewElement(NSStartMuted, "startmuted", "audio", strconv.FormatBool(m.Audio), "video", strconv.FormatBool(m.Video)))
	}
	if b := j.BridgeSession; b != nil {
		els = append(els, xmpp.NewElement(xmpp.NSFocus, "bridge-session", "id", b.ID, "region", b.Region,
			"restart", boolText(b.Restart), "ice-restart", boolText(b.ICERestart)))
	}
	if j.ICEState != "" {
		els = append(els, xmpp.NewElement(xmpp.NSFocus, "ice-state").WithText(j.ICEState))
	}
	if j.Compact != nil {
		els = append(els, xmpp.NewElement(xmpp.NSJitMeet, "json-message").WithText(string(j.Compact.Compact())))
	}
	return els
}

func (c Content) element() *xmpp.Element {
	el := xmpp.NewElement(NSJingle, "content", "creator", c.Creator, "name", c.Name, "senders", c.Senders)
	if c.InitialLastN != nil {
		el.With(xmpp.NewElement(NSColibri2, "initial-last-n", "value", strconv.Itoa(*c.InitialLastN)))
	}
	if c.Description != nil {
		el.With(c.Description.element())
	}
	if c.Transport != nil {
		el.With(c.Transport.Element())
	}
	for _, s := range c.Sources {
		el.With(s.element(true, true))
	}
	for _, g := range c.Groups {
		el.With(g.element())
	}
	return el
}
