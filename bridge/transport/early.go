package transport

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"stammtisch/bridge/udp"
)

// maxEarly is how many packets are held: the client has its keys a moment before us, and begins with a keyframe.
const maxEarly = 64

// early holds SRTP that comes before keys are agreed on, and what comes while that is handled.
type early struct {
	over atomic.Bool // nothing is held any more

	mu      sync.Mutex
	packets []earlyPacket // guarded by mu
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
	if e.over.Load() {
		return false, false
	}
	if len(e.packets) >= maxEarly {
		return true, false
	}
	e.packets = append(e.packets, earlyPacket{from, bytes.Clone(packet), rtcp, arrival})
	return true, true
}

// take returns what was held; when there is nothing, no more is held.
func (e *early) take() []earlyPacket {
	e.mu.Lock()
	defer e.mu.Unlock()
	packets := e.packets
	e.packets = nil
	if len(packets) == 0 {
		e.over.Store(true)
	}
	return packets
}

// start makes s the session and handles what came too early for it, in order: the others wait behind it.
func (t *Transport) start(s *session) {
	t.session.Store(s)
	for packets := t.early.take(); len(packets) > 0; packets = t.early.take() {
		b := packets[0].from.Socket().NewBatch()
		for _, p := range packets {
			if p.rtcp {
				t.openRTCP(s, b, p.from, p.data, p.arrival)
			} else {
				t.openRTP(s, b, p.from, p.data, p.arrival)
			}
		}
		b.Flush()
	}
}

// sessionOrHold returns the session, or nil if the packet was kept for later or dropped.
func (t *Transport) sessionOrHold(from *udp.Remote, packet []byte, rtcp bool, arrival time.Time) *session {
	if t.early.over.Load() {
		return t.session.Load()
	}
	taken, kept := t.early.hold(from, packet, rtcp, arrival)
	if !taken {
		return t.session.Load()
	}
	if !kept {
		t.drops.early.Add(1)
	}
	return nil
}
