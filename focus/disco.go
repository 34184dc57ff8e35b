package focus

import (
	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// capsNode names this software in entity capabilities (XEP-0115 §4).
const capsNode = "urn:stammtisch:focus"

// ownInfo is what the focus answers to disco#info.
func ownInfo() *xmpp.Element {
	q := xmpp.NewElement(xmpp.NSDiscoInfo, "query").
		With(xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "component", "type", "conference", "name", "focus"))
	for _, f := range []string{
		xmpp.NSCaps, xmpp.NSDiscoInfo, xmpp.NSVersion, jingle.NSJingle, xmpp.NSPing, "https://jitsi.org/meet/jicofo/terminate-restart",
	} {
		q.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", f))
	}
	return q
}

// ownCaps is the element that announces ownInfo in presence.
func ownCaps() *xmpp.Element {
	return xmpp.NewElement(xmpp.NSCaps, "c", "hash", "sha-1", "node", capsNode, "ver", capsVerification(ownInfo()))
}

// answerQuery answers the requests that every XMPP entity should understand. ok is false for others.
func (f *Focus) answerQuery(st xmpp.Stanza) (reply xmpp.Stanza, ok bool) {
	if st.Type != "get" {
		return xmpp.Stanza{}, false
	}
	switch st.Child {
	case xmpp.Name{Space: xmpp.NSPing, Local: "ping"}:
		return st.Result(), true
	case xmpp.Name{Space: xmpp.NSDiscoInfo, Local: "query"}:
		info := ownInfo()
		if node := st.Find(xmpp.NSDiscoInfo, "query").Attr("node"); node != "" {
			info.SetAttr("node", node)
		}
		return st.Result(info), true
	case xmpp.Name{Space: xmpp.NSDiscoItems, Local: "query"}:
		return st.Result(xmpp.NewElement(xmpp.NSDiscoItems, "query")), true
	case xmpp.Name{Space: xmpp.NSVersion, Local: "query"}:
		q := xmpp.NewElement(xmpp.NSVersion, "query").With(
			xmpp.NewElement(xmpp.NSVersion, "name").WithText("focus"),
			xmpp.NewElement(xmpp.NSVersion, "version").WithText(f.cfg.Version))
		return st.Result(q), true
	}
	return xmpp.Stanza{}, false
}

// discoverQuery asks the domain for its components.
func discoverQuery(domain xmpp.JID, id string) xmpp.Stanza {
	return xmpp.NewStanza(xmpp.IQ, "get", xmpp.JID{}, domain, xmpp.NewElement(xmpp.NSDiscoInfo, "query")).WithID(id)
}

// componentsIn reads the components that a domain lists as identities, where the configuration does not name them.
func componentsIn(st xmpp.Stanza, cfg Config) components {
	found := components{avModeration: cfg.AVModeration, roomMetadata: cfg.RoomMetadata, breakout: cfg.BreakoutDomain}
	for id := range st.Find(xmpp.NSDiscoInfo, "query").All(xmpp.NSDiscoInfo, "identity") {
		if id.Attr("category") != "component" {
			continue
		}
		jid, err := xmpp.ParseJID(id.Attr("name"))
		if err != nil {
			continue
		}
		for typ, at := range map[string]*xmpp.JID{
			"av_moderation": &found.avModeration, "room_metadata": &found.roomMetadata, "breakout_rooms": &found.breakout,
		} {
			if id.Attr("type") == typ && at.IsZero() {
				*at = jid
			}
		}
	}
	return found
}
