package focus

import "stammtisch/xmpp"

const (
	nsRoomConfig = "http://jabber.org/protocol/muc#roomconfig"
	fieldWhois   = "muc#roomconfig_whois"
)

// whoisForm asks a room to show everybody's address: clients recognise the focus by it, and the focus them.
func whoisForm(room xmpp.JID) xmpp.Stanza {
	field := func(name, value string) *xmpp.Element {
		return xmpp.NewElement(xmpp.NSDataForm, "field", "var", name).With(xmpp.NewElement(xmpp.NSDataForm, "value").WithText(value))
	}
	form := xmpp.NewElement(xmpp.NSDataForm, "x", "type", "submit").With(field("FORM_TYPE", nsRoomConfig), field(fieldWhois, "anyone"))
	return xmpp.NewStanza(xmpp.IQ, "set", xmpp.JID{}, room, xmpp.NewElement(xmpp.NSMUCOwner, "query").With(form))
}

// formValues returns the first value of every field of the owner form in query; a field without value is "".
func formValues(query *xmpp.Element) map[string]string {
	out := map[string]string{}
	for f := range query.Child(xmpp.NSDataForm, "x").All(xmpp.NSDataForm, "field") {
		if name := f.Attr("var"); name != "" {
			out[name] = f.ChildText(xmpp.NSDataForm, "value")
		}
	}
	return out
}

// formBool reads a boolean field; servers write both forms (XEP-0004 §3.3).
func formBool(v string) bool { return v == "1" || v == "true" }
