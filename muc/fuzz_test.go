package muc

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"stammtisch/xmpp"
)

// FuzzFilter: whatever a client puts into presence, nothing that is the server's to say comes through, and what comes through is
// as it was.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		``, `<x xmlns="http://jabber.org/protocol/muc"/><nick xmlns="http://jabber.org/protocol/nick">A &gt; B</nick>`,
		`<m:x xmlns:m="http://jabber.org/protocol/muc#user"><m:item role="moderator"/></m:x>`,
		`<a b="&lt;" c='>"'><![CDATA[</a>]]></a> <occupant-id xmlns="urn:xmpp:occupant-id:0"/>`, `<a><b/></a><c></c>`, `<SourceInfo>{}</SourceInfo>`,
		`<permissions xmlns='http://jitsi.org/jitmeet'/><identity/><a/>`, `<a x="/"></a><a x='/'/>`, `<a ></a ><b / >`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		st, err := xmpp.ParseStanza(fmt.Appendf(nil, "<presence>%s</presence>", payload))
		if err != nil {
			return
		}
		before := bytes.Clone(st.Payload)
		said, els, err := filter(st, serverOnly)
		if err != nil {
			t.Fatalf("%q is refused: %v", payload, err)
		}
		if !bytes.Equal(before, st.Payload) {
			t.Fatalf("%q was written to: %q", before, st.Payload)
		}
		left, err := said.Elements()
		if err != nil || len(left) != len(els) {
			t.Fatalf("%q is left with %q: %v", payload, said.Payload, err)
		}
		for i, el := range left {
			if serverOnly(el) || el.String() != els[i].String() {
				t.Errorf("%q keeps %s, said %s", payload, el, els[i])
			}
		}
		for _, part := range topLevel(said.Payload) {
			if !bytes.Contains(payload, part) {
				t.Errorf("%q became %q", payload, part)
			}
		}
	})
}

// FuzzForm: a submitted form is read or passed over, and a room that took one gives a form that can be read.
func FuzzForm(f *testing.F) {
	f.Add(`<field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field><field var="muc#roomconfig_maxusers"><value>9</value></field>`)
	f.Add(`<field var="muc#roomconfig_roomsecret"><value>a</value><value>b</value></field><field/><value/>`)
	f.Add(`<field var="muc#roomconfig_historylength"><value>-1</value></field>`)
	f.Add(`<field var="muc#roomconfig_whois"/><field var="muc#roomconfig_membersonly"><value>TRUE</value></field>`)
	svc, err := New(ConferenceConfig(confDomain), Deps{Router: &fakeRouter{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		form, err := xmpp.ParseElement([]byte(`<x xmlns="jabber:x:data" type="submit">` + fields + `</x>`))
		if err != nil {
			return
		}
		r := newRoom(newMeeting(svc, confDomain), confDomain)
		st := xmpp.NewStanza(xmpp.IQ, "set", focusJID, confDomain)
		if err := r.configure(st, form); err != nil && xmpp.AsError(err).Condition == xmpp.InternalServerError {
			t.Errorf("%s: %v", fields, err)
		}
		if r.history.keep > maxHistory || r.history.show > r.history.keep || r.whois != "anyone" && r.whois != "moderators" {
			t.Errorf("%s: history %d of %d, whois %q", fields, r.history.show, r.history.keep, r.whois)
		}
		out := newForm("form", formRoomConfig, r.configFields())
		if again, err := xmpp.ParseElement([]byte(out.String())); err != nil || again.String() != out.String() {
			t.Errorf("%s: the form is %s, reparsed as %s, %v", fields, out, again, err)
		}
	})
}

// FuzzService feeds a running service lines of "who text" from two people and the focus; whatever they send, it ends in order, and what
// it sends is whole.
func FuzzService(f *testing.F) {
	room := "r@" + confDomain.String()
	join := func(nick string) string { return fmt.Sprintf(`<presence to="%s/%s">%s</presence>`, room, nick, joinX) }
	f.Add("f " + join("focus") + "\na " + join("ana") + "\na " + `<presence type="unavailable" to="` + room + `/x"/>`)
	f.Add("f " + join("focus") + "\nb " + join("ben") + "\nb " + `<message type="groupchat" to="` + room + `"><subject>x</subject></message>`)
	f.Add("f " + join("focus") + "\nb " + join("ben") + "\nf " + `<iq type="set" id="1" to="` + room +
		`"><query xmlns="http://jabber.org/protocol/muc#admin"><item role="none" nick="ben"/><item role="none" nick="ben"/></query></iq>`)
	f.Add("f " + join("focus") + "\nf " + `<iq type="set" id="1" to="` + room +
		`"><query xmlns="http://jabber.org/protocol/muc#owner"><destroy/></query></iq>` + "\na " + join("a"))
	f.Add("a " + `<iq type="get" id="1" to="` + room + `"><query xmlns="http://jabber.org/protocol/muc#owner"/></iq>` + "\na <presence/>\nb <message type='error'/>")
	f.Add("f " + join("focus") + "\na " + join("a") + "\na " + `<presence type="error" to="` + room + `/focus"><error/></presence>` + "\nf " +
		`<message to="` + room + `"><x xmlns="http://jabber.org/protocol/muc#user"><invite to="a@b"/><decline to="c@d"/></x></message>`)
	f.Fuzz(func(t *testing.T, lines string) {
		synctest.Test(t, func(t *testing.T) {
			router := &checkingRouter{t: t}
			svc, err := New(ConferenceConfig(confDomain), Deps{Router: router, Admins: []xmpp.JID{focusJID.Bare()}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- svc.Run(ctx) }()
			for line := range strings.SplitSeq(lines, "\n") {
				who, text, _ := strings.Cut(line, " ")
				from, ok := map[string]xmpp.JID{"f": focusJID, "a": ana, "b": ben}[who]
				st, err := xmpp.ParseStanza([]byte(text))
				if !ok || err != nil {
					continue
				}
				if st.From = from; st.To.Domain() != confDomain.Domain() {
					st.To = xmpp.MustJID(room)
				}
				_ = svc.Deliver(st)
			}
			synctest.Wait()
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if st := svc.Stats(); st.Rooms != 0 || st.Occupants != 0 {
				t.Errorf("left behind: %+v", st)
			}
		})
	})
}

// checkingRouter checks that what is sent is well-formed and addressed, and never says what only somebody else's client said.
type checkingRouter struct{ t *testing.T }

func (c *checkingRouter) SendState(to xmpp.JID, all []*xmpp.Stanza) { sendEach(c, to, all) }

func (c *checkingRouter) Send(st xmpp.Stanza) error {
	again, err := xmpp.ParseStanza(st.Append(nil))
	switch {
	case err != nil:
		c.t.Errorf("sent %s: %v", st, err)
	case again.To.IsZero() || again.From.Domain() != confDomain.Domain():
		c.t.Errorf("sent %s", st)
	case again.Child != st.Child:
		c.t.Errorf("head says %v, payload %v in %s", st.Child, again.Child, st)
	}
	return nil
}
