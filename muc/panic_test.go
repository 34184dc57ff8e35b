package muc

import (
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// bomb is an extension with a bug.
type bomb struct {
	plain
	atEnd bool
}

func (bomb) messageIn(*occupant, *xmpp.Stanza, []*xmpp.Element) error { panic("a bug") }

func (b bomb) end() {
	if b.atEnd {
		panic("another bug")
	}
}

// A panic ends the meeting in which it happens, which can begin anew, and no other.
func TestPanicEndsOneMeeting(t *testing.T) {
	for name, atEnd := range map[string]bool{"once": false, "also at the end": true} {
		t.Run(name, func(t *testing.T) {
			inService(t, nil, func(t *testing.T, s *ourStage) {
				for _, room := range []string{"r", "other"} {
					s.joinAs(t, focusJID, room, "focus")
					s.joinAs(t, ana, room, "ana")
				}
				jid := xmpp.MustJID("r@" + confDomain.String())
				r := s.svc.meetings[jid].rooms[jid] // nothing runs now
				r.extensions = append(r.extensions, bomb{atEnd: atEnd})
				s.forget()
				s.do(t, ana, `<message to="r@conference.meet.example" type="groupchat" id="m1"><body>hi</body></message>`)
				if got := s.got(ana); len(got) != 2 || !strings.Contains(got[0], "internal-server-error") || !strings.Contains(got[1], `code="332"`) {
					t.Errorf("the sender got %q, want an error and the end of the room", got)
				}
				s.mustGet(t, focusJID, `type="unavailable"`, `code="332"`)
				if st := s.svc.Stats(); st.Panics != 1 || s.svc.meetings[jid] != nil {
					t.Errorf("%d panics, want 1; the meeting is in the table: %v", st.Panics, s.svc.meetings[jid] != nil)
				}
				s.forget()
				s.do(t, ana, `<message to="other@conference.meet.example" type="groupchat" id="m2"><body>hi</body></message>`)
				s.mustGet(t, focusJID, "other@conference.meet.example/ana", "<body>hi</body>")
				s.joinAs(t, focusJID, "r", "focus")
				if n := s.svc.Stats().RoomsCreated; n != 3 {
					t.Errorf("%d rooms were made, want a third one", n)
				}
				if atEnd {
					s.svc.stats.rooms.Add(-1) // the room that never got to its end
				}
			})
		})
	}
}
