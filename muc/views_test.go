package muc

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"stammtisch/xmpp"
)

// watcher is a router that keeps, for each addressee, whom it sees in the room: by what it was sent, as a client would.
type watcher struct {
	views map[xmpp.JID]map[string]string // nick to affiliation, role and address
	in    map[xmpp.JID]bool
	errs  []string
	full  map[xmpp.JID]bool // takes nothing more
}

func (w *watcher) SendState(to xmpp.JID, all []*xmpp.Stanza) { sendEach(w, to, all) }

func (w *watcher) Send(st xmpp.Stanza) error {
	if w.full[st.To] {
		return xmpp.ErrQueueFull
	}
	if st.Kind != xmpp.Presence || st.Type == "error" {
		return nil
	}
	x := st.Find(xmpp.NSMUCUser, "x")
	item := x.Child(xmpp.NSMUCUser, "item")
	own := false
	for s := range x.All(xmpp.NSMUCUser, "status") {
		own = own || s.Attr("code") == "110"
	}
	view := w.views[st.To]
	if view == nil {
		view = make(map[string]string)
		w.views[st.To] = view
	}
	nick := st.From.Resource()
	switch {
	case st.Type == "unavailable" && own:
		delete(w.views, st.To)
		delete(w.in, st.To)
	case st.Type == "unavailable":
		if _, known := view[nick]; !known {
			w.errs = append(w.errs, fmt.Sprintf("%s sees %s leave, whom it never saw", st.To, nick))
		}
		delete(view, nick)
	default:
		view[nick] = item.Attr("affiliation") + " " + item.Attr("role") + " " + item.Attr("jid")
		w.in[st.To] = w.in[st.To] || own
	}
	return nil
}

// Whatever people do, everybody in the room sees exactly those who are in it, with the affiliation and role that they have.
func TestEverybodySeesTheRoomAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &watcher{views: make(map[xmpp.JID]map[string]string), in: make(map[xmpp.JID]bool), full: make(map[xmpp.JID]bool)}
		svc, err := New(ConferenceConfig(confDomain), Deps{Router: w, Admins: []xmpp.JID{focusJID.Bare()}})
		if err != nil {
			t.Fatal(err)
		}
		addr := xmpp.MustJID("r@" + confDomain.String())
		m := newMeeting(svc, addr)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			text := drawStanza(t)
			who := xmpp.MustJID(rapid.SampledFrom(people).Draw(t, "who"))
			st, err := xmpp.ParseStanza([]byte(text))
			if err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			st.From = who
			if rapid.IntRange(0, 40).Draw(t, "full") == 0 && who != focusJID {
				w.full[who] = true
			}
			m.handle(st)
			w.check(t, m.rooms[addr])
		}
	})
}

var people = []string{focusJID.String(), "a@meet.example/1", "a@meet.example/2", "b@meet.example/1", "c@guest.meet.example/1"}

// drawStanza makes up something that one of them may send.
func drawStanza(t *rapid.T) string {
	to := "r@" + confDomain.String()
	nick := rapid.SampledFrom([]string{"focus", "n1", "n2", "n3"}).Draw(t, "nick")
	account := rapid.SampledFrom([]string{"a@meet.example", "b@meet.example", "c@guest.meet.example", "meet.example"}).Draw(t, "account")
	aff := rapid.SampledFrom([]string{"outcast", "none", "member", "admin", "owner"}).Draw(t, "affiliation")
	role := rapid.SampledFrom([]string{"none", "visitor", "participant", "moderator"}).Draw(t, "role")
	bool01 := rapid.SampledFrom([]string{"0", "1"}).Draw(t, "on")
	iq := func(space, inside string) string {
		return `<iq type="set" id="1" to="` + to + `"><query xmlns="` + space + `">` + inside + `</query></iq>`
	}
	return rapid.SampledFrom([]string{
		`<presence to="` + to + `/` + nick + `">` + joinX + `<a/></presence>`,
		`<presence to="` + to + `/` + nick + `">` + joinX + `<b/></presence>`,
		`<presence to="` + to + `/` + nick + `"><c/></presence>`,
		`<presence type="unavailable" to="` + to + `/` + nick + `"/>`,
		`<presence type="error" to="` + to + `/` + nick + `"/>`,
		iq(xmpp.NSMUCAdmin, `<item affiliation="`+aff+`" jid="`+account+`"/>`),
		iq(xmpp.NSMUCAdmin, `<item role="`+role+`" nick="`+nick+`"/><item affiliation="`+aff+`" jid="`+account+`"/>`),
		iq(xmpp.NSMUCOwner, `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>`+formRoomConfig+
			`</value></field><field var="muc#roomconfig_membersonly"><value>`+bool01+`</value></field></x>`),
		iq(xmpp.NSMUCOwner, `<destroy/>`),
	}).Draw(t, "stanza")
}

// check compares what everybody sees with what is.
func (w *watcher) check(t *rapid.T, r *room) {
	for _, e := range w.errs {
		t.Error(e)
	}
	want, inside := make(map[string]string), make(map[xmpp.JID]bool)
	if r != nil {
		for _, o := range r.occupants.list {
			want[o.nick] = r.affiliationOf(o.jid).String() + " " + o.role.String() + " " + o.jid.String()
			inside[o.jid] = true
		}
	}
	for j := range inside {
		if !w.in[j] && !w.full[j] {
			t.Errorf("%s is in the room and does not know", j)
		}
	}
	for j := range w.in {
		if w.full[j] {
			continue
		}
		if !inside[j] {
			t.Errorf("%s is not in the room and does not know", j)
		}
		if !maps.Equal(w.views[j], want) {
			t.Errorf("%s sees %v, the room has %v", j, w.views[j], want)
		}
	}
}
