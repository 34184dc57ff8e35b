package focus

import (
	"testing"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// bugEvent makes a conference panic; a thorough one breaks its state, too, so that it cannot even end as usual.
type bugEvent struct{ thorough bool }

func (ev bugEvent) apply(c *conference) {
	if ev.thorough {
		c.members["nobody"] = nil
	}
	panic("a bug")
}

// A panic ends the conference in which it happens, which can begin anew, and no other.
func TestPanicEndsOneConference(t *testing.T) {
	for name, thorough := range map[string]bool{"once": false, "also at the end": true} {
		scenario(t, name, testConfig, func(t *testing.T, w *world) {
			w.call()
			if st := w.request("cleo@guest.meet.example/web", "other@conference.meet.example"); ready(st) != "true" {
				t.Fatalf("the other conference: %v", st)
			}
			w.link.take()
			w.f.post(w.f.registry.lookup(standup), bugEvent{thorough})
			w.settle()
			left, hungUp := false, false
			for _, st := range w.link.take() {
				left = left || st.Kind == xmpp.Presence && st.Type == "unavailable" && st.To == standupUs
				hungUp = hungUp || st.Child.Space == jingle.NSJingle
			}
			if !left || hungUp == thorough {
				t.Errorf("left the room: %v, want true; said goodbye: %v, want %v", left, hungUp, !thorough)
			}
			if st := w.f.Stats(); st.Conferences != 1 || st.Panics != 1 {
				t.Errorf("%d conferences and %d panics, want one each", st.Conferences, st.Panics)
			}
			w.open()
		})
	}
}

// What makes the focus itself panic costs only its sender an answer.
func TestPanicOutsideOfConferences(t *testing.T) {
	scenario(t, "request", testConfig, func(t *testing.T, w *world) {
		sessions := w.f.admission
		w.f.admission = nil
		defer func() { w.f.admission = sessions }()
		if st := w.request("ana-1@guest.meet.example/web", standup.String()); !isError(st, xmpp.InternalServerError) {
			t.Errorf("answered %v", st)
		}
		w.f.admission = sessions
		w.open()
	})
}
