package xmpp

import (
	"crypto/rand"
	"errors"
	"strconv"
	"time"
)

// Stream management (XEP-0198).

var ackRequest = []byte(`<r xmlns="` + NSSM + `"/>`)

// An acknowledgement is asked for after askStanzas and askTime, or after askAtOnce. It leaves in the same write as the stanza
// before it.
const (
	askStanzas = 20
	askTime    = time.Second
	askAtOnce  = 200
)

// ackState is a session's side of stream management. The counts wrap around at 2³² as the XEP says.
type ackState struct {
	on    bool
	token string // for resumption; "" if that was not asked for

	in     uint32  // stanzas received
	out    uint32  // stanzas of ours
	acked  uint32  // of these, those that the client has acknowledged
	tail   []entry // the others, the oldest first
	first  int     // where the tail begins in its slice
	single int     // stanzas of the tail that are no part of a state
	bytes  int     // of these
	state  bool    // whether (the rest of) a state is in the tail
	asked  time.Time
	unsure int // stanzas since asked
}

// keep adds a stanza to the tail, or returns false where that is full.
func (a *ackState) keep(st Stanza, l Limits) bool {
	size := st.Size()
	if a.single > 0 && (a.single >= l.UnackedStanzas || a.bytes+size > 2*l.QueueBytes) {
		return false
	}
	a.single++
	a.bytes += size
	a.append(entry{st: st}, 1)
	return true
}

// keepState adds a state to the tail, which must not have one.
func (a *ackState) keepState(e entry) {
	a.state = true
	a.append(e, len(e.all))
}

func (a *ackState) append(e entry, stanzas int) {
	if a.first > 0 && len(a.tail) == cap(a.tail) {
		n := copy(a.tail, a.tail[a.first:])
		clear(a.tail[n:])
		a.tail, a.first = a.tail[:n], 0
	}
	a.tail = append(a.tail, e)
	a.out += uint32(stanzas)
	a.unsure += stanzas
}

// askNow says whether to ask for an acknowledgement after the stanza that was just kept.
func (a *ackState) askNow() bool {
	if a.unsure < askStanzas {
		return false
	}
	now := time.Now()
	if now.Sub(a.asked) < askTime && a.unsure < askAtOnce {
		return false
	}
	a.asked, a.unsure = now, 0
	return true
}

// ack takes an acknowledgement. It returns false for one of more stanzas than were sent.
func (a *ackState) ack(h uint32) bool {
	n := int(h - a.acked)
	if n > int(a.out-a.acked) {
		return false
	}
	a.acked = h
	for n > 0 {
		e := &a.tail[a.first]
		if e.all == nil {
			n--
			a.single--
			a.bytes -= e.st.Size()
		} else {
			k := min(n, len(e.all))
			n -= k
			if e.all = e.all[k:]; len(e.all) > 0 {
				break
			}
			a.state = false
		}
		*e = entry{}
		a.first++
	}
	if a.first == len(a.tail) {
		a.tail, a.first = a.tail[:0], 0
		if cap(a.tail) > askAtOnce {
			a.tail = nil
		}
	}
	return true
}

func (a *ackState) unacked() []entry { return a.tail[a.first:] }

// countReceived counts a stanza that arrived on c. It returns false if c does not carry the session any more.
func (s *session) countReceived(c *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur != c || s.ended {
		return false
	}
	s.sm.in++
	return true
}

// enable turns stream management on.
func (c *stream) enable(el *Element) error {
	s := c.session()
	if s == nil || c.kind == "bosh" {
		return c.sendSM("failed", nil, "unexpected-request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sm.on || s.ended {
		return c.sendSM("failed", nil, "unexpected-request")
	}
	s.sm = ackState{on: true, asked: time.Now()}
	attrs := []string{}
	if r := el.Attr("resume"); r == "true" || r == "1" {
		s.sm.token = rand.Text()
		s.srv.resumable.store(s.sm.token, s)
		seconds := max(1, int(s.host.cfg.Hibernation/time.Second))
		attrs = []string{"id", s.sm.token, "resume", "true", "max", strconv.Itoa(seconds)}
	}
	return c.sendSM("enabled", attrs, "")
}

func (c *stream) ackRequest(*Element) error {
	s := c.session()
	if s == nil {
		return &StreamError{Condition: "unsupported-stanza-type"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sm.on {
		return &StreamError{Condition: "unsupported-stanza-type", Text: "stream management is not enabled"}
	}
	return c.sendSM("a", []string{"h", strconv.FormatUint(uint64(s.sm.in), 10)}, "")
}

func (c *stream) ack(el *Element) error {
	s := c.session()
	h, err := strconv.ParseUint(el.Attr("h"), 10, 32)
	if s == nil || err != nil {
		return &StreamError{Condition: "unsupported-stanza-type"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sm.on {
		return &StreamError{Condition: "unsupported-stanza-type", Text: "stream management is not enabled"}
	}
	if !s.sm.ack(uint32(h)) {
		return handledTooHigh()
	}
	return nil
}

func handledTooHigh() *StreamError { // XEP-0198 §4
	return &StreamError{Condition: "undefined-condition", Text: "acknowledged more stanzas than were sent", app: "handled-count-too-high", appSpace: NSSM}
}

// resume makes the stream carry a session whose stream broke. Only the same bare address may.
func (c *stream) resume(el *Element) error {
	h, err := strconv.ParseUint(el.Attr("h"), 10, 32)
	if c.state != awaitBind || err != nil {
		return c.sendSM("failed", nil, "unexpected-request")
	}
	if err := c.checkPassword(); err != nil {
		return err
	}
	s, ok := c.srv.resumable.load(el.Attr("previd"))
	if !ok || s.jid.Bare() != c.user {
		c.srv.count.resumeFailed.Add(1)
		return c.sendSM("failed", nil, "item-not-found")
	}
	old, err := s.adopt(c, uint32(h))
	if errors.Is(err, ErrClosed) {
		c.srv.count.resumeFailed.Add(1)
		return c.sendSM("failed", nil, "item-not-found")
	}
	if err != nil {
		return err
	}
	c.carry(s)
	c.srv.count.resumed.Add(1)
	if old != nil {
		old.kill(&StreamError{Condition: "conflict", Text: "resumed elsewhere"}, "resumed elsewhere")
	}
	return nil
}

// adopt gives the session another stream and sends on it what the client has not got. It returns the stream that carried it. If c
// breaks meanwhile, the session is c's all the same, which will let it go, and keeps everything for the next one.
func (s *session) adopt(c *stream, h uint32) (old *stream, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, ErrClosed
	}
	if !s.sm.ack(h) {
		return nil, handledTooHigh()
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if old = s.cur; old == nil {
		s.srv.count.hibernating.Add(-1)
	}
	s.cur, s.by = c, c.password
	_ = c.sendSM("resumed", []string{"h", strconv.FormatUint(uint64(s.sm.in), 10), "previd", s.sm.token}, "")
	for _, e := range s.sm.unacked() {
		_ = c.out.push(e, e.size(), true)
	}
	if len(s.sm.unacked()) > 0 {
		s.sm.asked, s.sm.unsure = time.Now(), 0
		_ = c.send(ackRequest)
	}
	return old, nil
}

// sendSM sends an element of stream management, with the condition of a failure.
func (c *stream) sendSM(name string, attrs []string, condition string) error {
	el := NewElement(NSSM, name, attrs...)
	if condition != "" {
		el.With(NewElement(NSStanzas, condition))
	}
	return c.send(el.Append(nil, ""))
}
