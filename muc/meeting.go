package muc

import (
	"time"

	"stammtisch/xmpp"
	"stammtisch/xmpp/contain"
)

// meeting is a main room with what belongs to it, such as a lobby or breakout rooms, and the one goroutine that owns them all:
// they change each other's state. Nothing in it is touched by another goroutine except the queue.
type meeting struct {
	svc   *Service
	main  xmpp.JID
	queue *queue

	rooms map[xmpp.JID]*room
	// timer wakes the meeting for presence that was held back; it is nil while there is none.
	timer *time.Timer
	due   bool // timer has fired
}

func newMeeting(s *Service, main xmpp.JID) *meeting {
	return &meeting{svc: s, main: main, queue: newQueue(s.cfg.Limits), rooms: make(map[xmpp.JID]*room)}
}

// run works until the last room is gone or the service ends.
func (m *meeting) run() {
	defer m.stopTimer()
	for {
		if !contain.Do(m.svc.deps.Log, m.publishDue) {
			m.breakDown(xmpp.Stanza{})
			return
		}
		st, ok := m.queue.take()
		switch {
		case ok && !m.stopped():
			if !contain.Do(m.svc.deps.Log, func() { m.handle(st) }) {
				m.breakDown(st)
				return
			}
		case !m.stopped() && len(m.rooms) == 0 && m.svc.forget(m):
			return
		case !m.wait():
			m.shutdown()
			return
		}
	}
}

func (m *meeting) stopped() bool {
	select {
	case <-m.svc.stop:
		return true
	default:
		return false
	}
}

// wait returns when there is something to do, false when the service ends.
func (m *meeting) wait() bool {
	var due <-chan time.Time
	if m.timer != nil {
		due = m.timer.C
	}
	select {
	case <-m.svc.stop:
		return false
	case <-m.queue.ready:
	case <-due:
		m.due = true
	}
	return true
}

// wakeIn makes the meeting look at held presence in d, or when it was going to look anyway, which is soon: rates are per second.
func (m *meeting) wakeIn(d time.Duration) {
	if m.timer == nil {
		m.timer = time.NewTimer(d)
	}
}

// publishDue publishes presence that was held back, once its time has come, however much else there is to do.
func (m *meeting) publishDue() {
	if m.timer == nil {
		return
	}
	select {
	case <-m.timer.C:
		m.due = true
	default:
	}
	if !m.due {
		return
	}
	m.timer, m.due = nil, false
	for _, r := range m.rooms {
		r.publishHeld()
		r.settle()
	}
}

func (m *meeting) stopTimer() {
	if m.timer != nil {
		m.timer.Stop()
	}
}

func (m *meeting) handle(st xmpp.Stanza) {
	r := m.rooms[st.To.Bare()]
	if r == nil {
		// The room ended while st was waiting, or st is what the meeting was opened for.
		if err := m.svc.mayCreate(st); err != nil {
			m.svc.refuse(st, err)
			return
		}
		if !isJoin(st) {
			return
		}
		r = newRoom(m, st.To.Bare())
		if err := r.create(st); err != nil {
			m.svc.refuse(st, err)
		}
	} else {
		r.handle(st)
	}
	r.settle()
}

// breakDown ends the meeting after a panic, which st caused if it is one: its occupants are told that the room is gone, as far as that
// still works, and may open it anew. No other meeting notices.
func (m *meeting) breakDown(st xmpp.Stanza) {
	m.svc.stats.panics.Add(1)
	for ok := true; ok; st, ok = m.queue.take() {
		m.svc.refuse(st, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.InternalServerError, Text: "The room has ended because of an error"})
	}
	m.queue.close()
	m.svc.drop(m)
	for _, r := range m.rooms {
		contain.Do(m.svc.deps.Log, r.shutdown)
	}
}

func (m *meeting) shutdown() {
	for _, r := range m.rooms {
		r.shutdown()
	}
	m.queue.close()
}
