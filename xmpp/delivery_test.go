package xmpp

import (
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// sink is the writing side of a WebSocket whose client reads at once.
type sink struct {
	wsTransport
	written *atomic.Int64 // stanzas
}

func (k *sink) next() ([]byte, error) { return nil, io.EOF }
func (k *sink) abort()                {}
func (k *sink) finish()               {}
func (k *sink) linger()               {}

func (k *sink) write(frames []byte, _ time.Time) error {
	for len(frames) > 0 { // counts the frames by their headers
		n, head := int(frames[1]), 2
		if n == 126 {
			n, head = int(frames[2])<<8|int(frames[3]), 4
		}
		frames = frames[head+n:]
		k.written.Add(1)
	}
	return nil
}

// audience binds n sessions whose transports are sinks.
func audience(tb testing.TB, n int, smacks bool) (srv *Server, to []JID, written *atomic.Int64) {
	tb.Helper()
	srv, err := New(Config{Hosts: []Host{{Name: "guest.meet.example", Auth: AuthAnonymous}}, Limits: Limits{UnackedStanzas: 1 << 20, QueueBytes: 1 << 30}}, Deps{})
	if err != nil {
		tb.Fatal(err)
	}
	written = new(atomic.Int64)
	for i := range n {
		c, err := srv.newStream("websocket", &sink{written: written}, ClientAddr{}, "")
		if err != nil {
			tb.Fatal(err)
		}
		jid := MustJID(fmt.Sprintf("u%d@guest.meet.example/x", i))
		c.host = srv.hosts["guest.meet.example"]
		s := newSession(c, jid)
		s.sm.on = smacks
		srv.router.bind(s)
		c.carry(s)
		to = append(to, jid)
		tb.Cleanup(func() { c.over(io.EOF) })
	}
	return srv, to, written
}

// broadcast sends one presence to all and waits until it is written.
func broadcast(srv *Server, st Stanza, to []JID, written *atomic.Int64) {
	want := written.Load() + int64(len(to))
	for _, j := range to {
		st.To = j
		if err := srv.Send(st); err != nil {
			panic(err)
		}
	}
	for written.Load() < want {
		runtime.Gosched()
	}
}

func benchPresence(tb testing.TB) Stanza {
	st, err := ParseStanza(benchStanza)
	if err != nil {
		tb.Fatal(err)
	}
	st.From = MustJID("standup@conference.meet.example/1a2b3c4d")
	return st
}

func TestDeliveryDoesNotAllocate(t *testing.T) {
	srv, to, written := audience(t, 100, false)
	st := benchPresence(t)
	want := 0.0
	if raceDetector { // which makes pools forget a quarter of what they are given
		want = 200
	}
	if n := testing.AllocsPerRun(500, func() { broadcast(srv, st, to, written) }); n > want {
		t.Errorf("a presence to 100 recipients allocates %v times, want %v", n, want)
	}
}

func BenchmarkDelivery(b *testing.B) {
	for _, c := range []struct {
		name   string
		smacks bool
	}{{"plain", false}, {"smacks", true}} {
		b.Run(c.name, func(b *testing.B) {
			srv, to, written := audience(b, 100, c.smacks)
			st := benchPresence(b)
			b.ReportAllocs()
			for b.Loop() {
				broadcast(srv, st, to, written)
				if c.smacks {
					acknowledge(srv, to)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(to)), "ns/stanza")
		})
	}
}

func acknowledge(srv *Server, to []JID) {
	for _, j := range to {
		s := srv.router.find(j).(*session)
		s.mu.Lock()
		s.sm.ack(s.sm.acked + uint32(len(s.sm.unacked())))
		s.mu.Unlock()
	}
}

// Frames of every length have the header that RFC 6455 §5.2 wants: the shortest.
func TestFrameHeaders(t *testing.T) {
	var tr wsTransport
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 100000} {
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = byte(i)
		}
		dst := []byte("before")
		start := len(dst)
		dst = tr.begin(dst)
		dst = append(dst, payload...)
		dst = tr.end(dst, start)
		want, err := ws.CompileFrame(ws.NewTextFrame(payload))
		if err != nil || string(dst) != "before"+string(want) {
			t.Errorf("%d bytes: the frame is %d bytes long, want %d", n, len(dst)-start, len(want))
		}
	}
}
