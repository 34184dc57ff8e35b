package focus

import (
	"fmt"
	"strconv"

	"stammtisch/xmpp"
)

// maxEarly bounds the presence that is kept while the room is being configured.
const maxEarly = 2000

// startEvent makes the focus enter the room.
type startEvent struct{}

func (startEvent) apply(c *conference) {
	c.phase = joining
	c.initialAt = c.env.now.Add(c.cfg.InitialTimeout)
	join := xmpp.NewStanza(xmpp.Presence, "", xmpp.JID{}, c.self, xmpp.NewElement(xmpp.NSMUC, "x"), ownCaps())
	c.send(join)
}

// presenceEvent is presence from the room.
type presenceEvent struct{ st xmpp.Stanza }

func (ev presenceEvent) apply(c *conference) {
	st := ev.st
	if st.From == c.self {
		c.selfPresence(st)
		return
	}
	if c.phase != running {
		if len(c.early) >= maxEarly {
			c.stop("too many came at once", true)
			return
		}
		c.early = append(c.early, st)
		return
	}
	c.memberPresence(st)
}

// selfPresence handles what the room says about us.
func (c *conference) selfPresence(st xmpp.Stanza) {
	switch st.Type {
	case "error":
		c.stop(fmt.Sprintf("the room refuses us: %s", xmpp.ParseError(st).Condition), false)
		return
	case "unavailable":
		c.stop("put out of the room", false)
		return
	case "":
	default:
		return
	}
	// Nothing works without being owner: rooms are configured, and roles given, with that right.
	if item := mucItem(st); item.Attr("affiliation") != "owner" {
		c.stop("not the owner of the room", true)
		return
	}
	if c.phase == joining {
		c.phase = configuring
		c.request("get", c.room, xmpp.NewElement(xmpp.NSMUCOwner, "query"), (*conference).configure)
	}
}

// mucItem returns the item of a room's presence, or nil.
func mucItem(st xmpp.Stanza) *xmpp.Element {
	return st.Find(xmpp.NSMUCUser, "x").Child(xmpp.NSMUCUser, "item")
}

// configure reads the owner form and makes everybody's address visible.
func (c *conference) configure(reply *xmpp.Stanza) {
	if reply == nil || reply.Type != "result" {
		c.stop("no configuration form from the room", true)
		return
	}
	values := formValues(reply.Find(xmpp.NSMUCOwner, "query"))
	if _, ok := values[fieldWhois]; !ok {
		c.stop("the room's form lacks whois", true)
		return
	}
	c.meetingID = values["muc#roominfo_meetingId"]
	if c.meetingID == "" {
		c.meetingID = c.env.ids.uuid()
	}
	if c.breakout || formBool(values["muc#roominfo_isbreakout"]) {
		c.breakout = true
		if main, err := xmpp.ParseJID(values["muc#roominfo_breakout_main_room"]); err == nil {
			c.mainRoom = main.Bare()
			c.emit(breakoutEffect{c.mainRoom})
		}
	}
	form := whoisForm(c.room)
	query, _ := form.Elements()
	c.request("set", c.room, query[0], (*conference).configured)
}

// configured is the moment from which the room counts as joined.
func (c *conference) configured(reply *xmpp.Stanza) {
	if reply == nil || reply.Type != "result" {
		c.stop("the room refuses its configuration", true)
		return
	}
	c.phase = running
	c.initialAt = c.env.now.Add(c.cfg.InitialTimeout)
	c.sendPresence()
	c.answerWaiters(true)
	early := c.early
	c.early = nil
	for _, st := range early {
		if c.phase != running {
			return
		}
		c.memberPresence(st)
	}
}

// sendPresence publishes what clients read from the focus' presence. It is always complete, and without the element that would join.
func (c *conference) sendPresence() {
	var els []*xmpp.Element
	if c.cfg.Etherpad {
		els = append(els, xmpp.NewElement("http://jitsi.org/jitmeet/etherpad", "etherpad").WithText(c.room.Local()))
	}
	els = append(els, xmpp.NewElement(xmpp.NSJitMeet, "versions").
		With(xmpp.NewElement(xmpp.NSJitMeet, "component", "name", "focus").WithText(c.cfg.Version)))
	property := func(key, value string) *xmpp.Element {
		return xmpp.NewElement(xmpp.NSFocus, "property", "key", key, "value", value)
	}
	props := xmpp.NewElement(xmpp.NSFocus, "conference-properties").With(property("support-terminate-restart", "true"))
	if c.bridgeCount >= 0 {
		props.With(property("bridge-count", strconv.Itoa(c.bridgeCount)))
	}
	els = append(els, props)
	if c.noBridge {
		els = append(els, xmpp.NewElement(xmpp.NSFocus, "bridgeNotAvailable"))
	}
	els = append(els, ownCaps())
	c.send(xmpp.NewStanza(xmpp.Presence, "", xmpp.JID{}, c.self, els...))
}

// tellBridgeCount publishes how many bridges carry the conference, if that has changed.
func (c *conference) tellBridgeCount() {
	n := 0
	if c.bridge != nil {
		n = 1
	}
	if n != max(c.bridgeCount, 0) {
		c.bridgeCount = n
		c.sendPresence()
	}
}

// tellNoBridge publishes whether there is no bridge, if that has changed.
func (c *conference) tellNoBridge(none bool) {
	if c.noBridge != none {
		c.noBridge = none
		c.sendPresence()
	}
}
