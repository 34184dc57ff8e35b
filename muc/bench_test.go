package muc

import (
	"fmt"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// sink is a router that only counts.
type sink struct{ n int }

func (s *sink) Send(xmpp.Stanza) error                   { s.n++; return nil }
func (s *sink) SendState(_ xmpp.JID, all []*xmpp.Stanza) { s.n += len(all) }

// crowd returns a room with n occupants beside the focus, without a goroutine.
func crowd(tb testing.TB, n int) (*room, *sink) {
	tb.Helper()
	out := &sink{}
	svc, err := New(ConferenceConfig(confDomain), Deps{Router: out, Admins: []xmpp.JID{focusJID.Bare()}})
	if err != nil {
		tb.Fatal(err)
	}
	addr := xmpp.MustJID("crowd@" + confDomain.String())
	m := newMeeting(svc, addr)
	m.handle(presenceFrom(tb, focusJID, "focus", joinX))
	for i := range n {
		nick := fmt.Sprintf("%08x", i)
		m.handle(presenceFrom(tb, xmpp.MustJID(nick+"@guest.meet.example/tab"), nick, joinX+stockPayload))
	}
	r := m.rooms[addr]
	if len(r.occupants.list) != n+1 {
		tb.Fatalf("%d occupants, want %d", len(r.occupants.list), n+1)
	}
	return r, out
}

func presenceFrom(tb testing.TB, from xmpp.JID, nick, payload string) xmpp.Stanza {
	tb.Helper()
	st, err := xmpp.ParseStanza(fmt.Appendf(nil, `<presence to="crowd@%s/%s">%s</presence>`, confDomain, nick, payload))
	if err != nil {
		tb.Fatal(err)
	}
	st.From = from
	return st
}

// stockPayload is what a stock client says, with a long list of sources.
var stockPayload = `<stats-id>Jaden-x7Q</stats-id><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://jitsi.org/jitsi-meet" ` +
	`ver="dtzK/3xhISaXUMVg59IpXxdvKyQ="/><jitsi_participant_codecList>av1,vp9,vp8,h264</jitsi_participant_codecList>` +
	`<nick xmlns="http://jabber.org/protocol/nick">Ana</nick><SourceInfo>` + strings.Repeat("{&quot;a0&quot;:{&quot;muted&quot;:false}}", 25) + `</SourceInfo>`

// BenchmarkBroadcast is one presence and one message to everybody.
func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{1, 10, 100, 500} {
		r, out := crowd(b, n)
		o := r.occupants.list[1]
		o.admin = true // no rate limit
		st := presenceFrom(b, o.jid, o.nick, stockPayload)
		b.Run(fmt.Sprintf("presence-%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.handle(st)
			}
		})
		msg, _ := xmpp.ParseStanza([]byte(`<message type="groupchat" id="m" to="crowd@conference.meet.example"><json-message xmlns="http://jitsi.org/jitmeet">{}</json-message></message>`))
		msg.From = o.jid
		b.Run(fmt.Sprintf("message-%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.handle(msg)
			}
		})
		if out.n == 0 {
			b.Fatal("nothing sent")
		}
	}
}

// BenchmarkJoin is entering a room and leaving it again: what the others in the meeting wait for.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{10, 100, 500, 1000} {
		r, _ := crowd(b, n)
		r.svc.cfg.Limits.Join = Rate{} // or most of what is measured is refusals
		from := xmpp.MustJID("late@guest.meet.example/tab")
		in := presenceFrom(b, from, "late", joinX+stockPayload)
		out := presenceFrom(b, from, "late", "")
		out.Type = "unavailable"
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.handle(in)
				r.handle(out)
			}
		})
	}
}

// A broadcast is encoded once: what it allocates does not grow with the recipients.
func TestBroadcastAllocatesNothingPerRecipient(t *testing.T) {
	allocs := func(n int) float64 {
		r, _ := crowd(t, n)
		o := r.occupants.list[1]
		o.admin = true
		st := presenceFrom(t, o.jid, o.nick, stockPayload)
		return testing.AllocsPerRun(200, func() { r.handle(st) })
	}
	few, many := allocs(2), allocs(102)
	if many > few {
		t.Errorf("a presence allocates %v times with 2 occupants and %v with 102", few, many)
	}
}
