package xmpp

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// largeRoom is what somebody is told who enters a room of n.
func largeRoom(n int) (all []*Stanza) {
	payload := strings.Repeat("x", 2000)
	for i := range n {
		st := NewStanza(Presence, "", MustJID(fmt.Sprintf("r@conference.meet.example/%d", i)), JID{}, NewElement(NSClient, "a").WithText(payload))
		all = append(all, &st)
	}
	return all
}

// sendAround sends a state with other stanzas before and behind it.
func (s *testServer) sendAround(to JID, all []*Stanza) {
	send := func(text string) {
		if err := s.Send(NewStanza(Message, "", MustJID("conference.meet.example"), to, body(text))); err != nil {
			s.t.Error(err)
		}
	}
	send("before")
	s.SendState(to, all)
	for i := range 100 {
		send(fmt.Sprintf("behind %d:", i))
	}
}

// expectAround reads what sendAround sends, from the state's stanza number from on.
func (c *client) expectAround(from, n int) {
	c.t.Helper()
	next := func(part string) {
		el, err := c.recv()
		for err == nil && strings.Contains(el, NSSM) {
			el, err = c.recv()
		}
		if err != nil || !strings.Contains(el, part) {
			c.t.Fatalf("got %.200s, %v; want %s", el, err, part)
		}
	}
	if from == 0 {
		next("before")
	}
	for i := from; i < n; i++ {
		next(fmt.Sprintf(`from="r@conference.meet.example/%d"`, i))
	}
	for i := range 100 {
		next(fmt.Sprintf("behind %d:", i))
	}
}

// A client enters a room of 5000, of which its queue could not hold the half, and has read nothing of it before all is said.
func TestStateOfALargeRoom(t *testing.T) {
	const n = 5000
	for name, enable := range map[string]bool{"plain": false, "resumable": true} {
		t.Run(name, func(t *testing.T) {
			c := newTestServer(t).in(t)
			guest := c.guest()
			if enable {
				guest.enable()
			}
			c.sendAround(guest.jid, largeRoom(n))
			guest.expectAround(0, n)
		})
	}
}

// A client that reads 10 kB/s and says nothing meanwhile, as those that ping only when nothing comes, enters a room whose state is more
// than its queue holds, and more than it can read before a silent client is taken for dead. It gets all of it, in order.
func TestStateForASlowReader(t *testing.T) {
	const n = 650
	for name, enable := range map[string]bool{"plain": false, "resumable": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := bubbleServer(t, Limits{QueueBytes: 256 << 10})
				c := s.dialTCP()
				c.loginTCPGuest()
				if enable {
					c.enable()
				}
				all := largeRoom(n)
				s.sendAround(c.jid, all)
				read, recv := 0, c.recv
				c.recv = func() (string, error) {
					el, err := recv()
					if read += len(el); read > 10_000 {
						read = 0
						<-time.After(time.Second)
					}
					return el, err
				}
				start := time.Now()
				c.expectAround(0, n)
				if took := time.Since(start); took < 2*time.Minute {
					t.Errorf("read in %v: that was no slow reader", took)
				}
			})
		})
	}
}

func (c *client) loginTCPGuest() {
	c.t.Helper()
	c.send(strings.Replace(tcpOpen, "%s", "guest.meet.example", 1))
	c.expect("ANONYMOUS")
	c.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>`)
	c.expect("<success")
	c.send(strings.Replace(tcpOpen, "%s", "guest.meet.example", 1))
	c.expect("<bind")
	c.bind("")
}

// Only the first state that waits is for nothing: whoever asks for more while reading none of it has a bound.
func TestStatesAreBounded(t *testing.T) {
	for name, enable := range map[string]bool{"plain": false, "resumable": true} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, func(c *Config) { c.Limits.QueueBytes = 1 << 20 })
			c := s.dialTCP()
			c.loginTCPGuest()
			if enable {
				c.enable()
			}
			all := largeRoom(300)
			for range 10 {
				s.SendState(c.jid, all)
			}
			eventually(t, func() string {
				if s.Stats().Sessions > 0 {
					return "the session goes on"
				}
				return ""
			})
		})
	}
}

// A state is acknowledged stanza by stanza, and the rest of it comes again when the session is resumed.
func TestStateAfterResumption(t *testing.T) {
	s := newTestServer(t)
	c := s.guest()
	c.enable()
	const n = 300
	s.sendAround(c.jid, largeRoom(n))
	c.expect("before")
	for i := range 100 {
		c.expect(fmt.Sprintf("example/%d\"", i))
	}
	c.send(`<a h="51" xmlns="urn:xmpp:sm:3"/>`) // the first message and 50 of the state
	c.send(pingMain)
	c.expectAround(100, n)
	c.expect(`id="p"`)
	c.end()
	again, answer := s.resume(c.id, 101)
	if !strings.HasPrefix(answer, "<resumed") {
		t.Fatalf("resume: %s", answer)
	}
	again.expectAround(100, n)
	again.expect(`id="p"`)
	again.send(fmt.Sprintf(`<a h="%d" xmlns="urn:xmpp:sm:3"/>`, 1+n+100+1)) // and the ping's answer
	s.sendAround(c.jid, largeRoom(n))
	again.expectAround(0, n)
	again.send(fmt.Sprintf(`<a h="%d" xmlns="urn:xmpp:sm:3"/>`, 2*(1+n+100)+2))
	again.expect("<undefined-condition", "handled-count-too-high")
}

// Over BOSH a state comes in as many answers as it has writes.
func TestStateOverBOSH(t *testing.T) {
	s := newTestServer(t)
	b, jid := s.boshGuest()
	const n = 300
	s.SendState(jid, largeRoom(n))
	next := 0
	for next < n {
		for p := range b.do("", "").All(NSClient, "presence") {
			if want := fmt.Sprintf("r@conference.meet.example/%d", next); p.Attr("from") != want || p.Attr("to") != jid.String() {
				t.Fatalf("presence from %s to %s; want the one from %s", p.Attr("from"), p.Attr("to"), want)
			}
			next++
		}
	}
}

// enter sends a state to one session and waits until it is written.
func enter(srv *Server, to JID, all []*Stanza, written *atomic.Int64) {
	want := written.Load() + int64(len(all))
	srv.SendState(to, all)
	for written.Load() < want {
		runtime.Gosched()
	}
}

func TestStateDoesNotAllocate(t *testing.T) {
	srv, to, written := audience(t, 1, false)
	all := largeRoom(100)
	want := 0.0
	if raceDetector { // which makes pools forget a quarter of what they are given
		want = 20
	}
	if n := testing.AllocsPerRun(200, func() { enter(srv, to[0], all, written) }); n > want {
		t.Errorf("a state of 100 allocates %v times, want %v", n, want)
	}
}

func BenchmarkState(b *testing.B) {
	srv, to, written := audience(b, 1, false)
	all := largeRoom(1000)
	b.ReportAllocs()
	for b.Loop() {
		enter(srv, to[0], all, written)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/stanza")
}
