package transport

import (
	"bytes"
	"sync"
	"time"

	"stammtisch/bridge/udp"
)

// maxEarly is how many packets are held: the client has its keys a moment before us, and begins with a keyframe.
const maxEarly = 64

// early holds SRTP that comes before keys are agreed on.
type early struct {
	mu       sync.Mutex
	packets  []earlyPacket // guarded by mu
	released bool          // guarded by mu
}

type earlyPacket struct {
	from    *udp.Remote
	data    []byte
	rtcp    bool
	arrival time.Time
}

// hold keeps a copy of packet. taken is false if it is too late for that, kept if there is no room.
func (e *early) hold(from *udp.Remote, packet []byte, rtcp bool, arrival time.Time) (taken, kept bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.released {
		return false, false
	}
	if len(e.packets) >= maxEarly {
		return true, false
	}
	e.packets = append(e.packets, earlyPacket{from, bytes.Clone(packet), rtcp, arrival})
	return true, true
}

// release returns what was held and holds no more.
func (e *early) release() []earlyPacket {
	e.mu.Lock()
	defer e.mu.Unlock()
	packets := e.packets
	e.packets, e.released = nil, true
	return packets
}

// start makes s the session and handles what came too early for it.
func (t *Transport) start(s *session) {
	t.session.Store(s)
	packets := t.early.release()
	if len(packets) == 0 {
		return
	}
	b := packets[0].from.Socket().NewBatch()
	for _, p := range packets {
		if p.rtcp {
			t.HandleRTCP(b, p.from, p.data, p.arrival)
		} else {
			t.HandleRTP(b, p.from, p.data, p.arrival)
		}
	}
	b.Flush()
}

// sessionOrHold returns the session, or nil if the packet was kept for later or dropped.
func (t *Transport) sessionOrHold(from *udp.Remote, packet []byte, rtcp bool, arrival time.Time) *session {
	if s := t.session.Load(); s != nil {
		return s
	}
	taken, kept := t.early.hold(from, packet, rtcp, arrival)
	if !taken {
		return t.session.Load() // stored before it was too late to hold
	}
	if !kept {
		t.drops.early.Add(1)
	}
	return nil
}
