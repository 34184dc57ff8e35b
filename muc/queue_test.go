package muc

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

func queueLimits() Limits {
	l := DefaultLimits()
	l.QueueStanzas, l.SenderStanzas = 6, 3
	return l
}

func put(q *queue, from xmpp.JID, typ string, admin bool) error {
	return q.put(xmpp.Stanza{Kind: xmpp.Presence, Type: typ, From: from, To: xmpp.MustJID("r@conference.meet.example/x")}, admin)
}

// One sender fills its own share only; a leave is taken even then, once.
func TestQueueSharesAndLeaves(t *testing.T) {
	q := newQueue(queueLimits())
	for i := range 3 {
		if err := put(q, ana, "", false); err != nil {
			t.Fatalf("presence %d: %v", i, err)
		}
	}
	if err := put(q, ana, "", false); !errors.Is(err, xmpp.ErrQueueFull) {
		t.Errorf("a fourth: %v", err)
	}
	if err := put(q, ben, "", false); err != nil {
		t.Errorf("another sender: %v", err)
	}
	for range 10 {
		if err := put(q, ana, "unavailable", false); err != nil {
			t.Errorf("a leave: %v", err)
		}
	}
	var took []string
	for {
		st, ok := q.take()
		if !ok {
			break
		}
		took = append(took, st.From.Local()+st.Type)
	}
	if got, want := fmt.Sprint(took), "[ana ana ana ben anaunavailable]"; got != want {
		t.Errorf("worked off %s, want %s", got, want)
	}
	if len(q.senders) != 0 || q.bytes != 0 {
		t.Errorf("left: %d senders, %d bytes", len(q.senders), q.bytes)
	}
}

// Admins have room left when everybody else has none.
func TestQueueKeepsRoomForAdmins(t *testing.T) {
	q := newQueue(queueLimits())
	for i := range 6 {
		if err := put(q, xmpp.MustJID(fmt.Sprintf("u%d@meet.example/x", i)), "", false); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(q, ben, "", false); !errors.Is(err, xmpp.ErrQueueFull) {
		t.Errorf("one more: %v", err)
	}
	for i := range 6 {
		if err := put(q, focusJID, "", true); err != nil {
			t.Errorf("admin's %d: %v", i, err)
		}
	}
	if err := put(q, focusJID, "", true); !errors.Is(err, xmpp.ErrQueueFull) {
		t.Errorf("the admin's bound: %v", err)
	}
}

func TestQueueEnds(t *testing.T) {
	q := newQueue(queueLimits())
	_ = put(q, ana, "", false)
	if q.closeIfEmpty() {
		t.Error("closed although something waits")
	}
	q.take()
	if !q.closeIfEmpty() {
		t.Error("not closed although nothing waits")
	}
	if err := put(q, ana, "", false); err != errMeetingOver {
		t.Errorf("afterwards: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	cfg := ConferenceConfig(xmpp.MustJID("a@b"))
	cfg.MaxRooms, cfg.Limits.QueueBytes = -1, 0
	_, err := New(cfg, Deps{})
	for _, want := range []string{"domain", "max rooms", "queue bytes", "router"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
