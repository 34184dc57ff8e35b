package bridge

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"sync/atomic"
	"time"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/udp"
	"stammtisch/jingle"
)

// conferenceQueue is how many pieces of work may wait for one conference.
const conferenceQueue = 4096

// conference is what one goroutine, loop, owns: the endpoints of one meeting, and what they tell each other. Everything below is
// touched only there, except what is marked read-only.
type conference struct {
	service   *Service     // read-only
	id        string       // the meeting id; read-only
	publicID  string       // in WebSocket URLs; read-only
	log       *slog.Logger // read-only
	created   time.Time
	work      chan func()   // bounded; posted to by everybody
	done      chan struct{} // closed when the loop has ended
	endpoints map[jingle.EndpointID]*endpoint
	media     *forward.Conference // safe for everybody
	stopMedia context.CancelFunc
	feedback  struct{ Audio, Video uint32 }
	emptied   time.Time // when the last endpoint left, or the conference was created
	ended     bool

	broken atomic.Bool   // a panic left the conference in an unknown state; no packet touches it any more
	fail   chan struct{} // closed when broken is set
}

// createLocked makes a conference and starts it. s.mu is held.
func (s *Service) createLocked(meetingID string) *conference {
	now := time.Now()
	c := &conference{
		service: s, id: meetingID, publicID: randomHex(8), log: s.log.With("conference", meetingID),
		created: now, emptied: now,
		work: make(chan func(), conferenceQueue), done: make(chan struct{}),
		endpoints: map[jingle.EndpointID]*endpoint{}, fail: make(chan struct{}),
	}
	c.feedback.Audio, c.feedback.Video = randomSSRC(), randomSSRC()
	c.media = forward.NewConference(forward.Config{
		Events:       mediaEvents{c},
		Dispatch:     s.dispatch,
		FeedbackSSRC: c.feedback.Video,
		// Silence is not reported, as JVB does not: clients would stop counting whose speech it is.
	})
	ctx, cancel := context.WithCancel(context.Background())
	c.stopMedia = cancel
	s.byID[meetingID], s.byPublic[c.publicID] = c, c
	s.totals.conferences++
	s.running.Go(c.loop)
	s.running.Go(func() {
		defer c.contain()
		_ = c.media.Run(ctx)
	})
	return c
}

// dispatch sends what is not part of a packet's way through: reports, requests, retransmissions.
func (s *Service) dispatch(send func(b *udp.Batch)) {
	b := s.batches.Get().(*udp.Batch)
	send(b)
	b.Flush()
	s.batches.Put(b)
}

// loop runs the posted work until the conference has ended, and what was posted before that was known.
func (c *conference) loop() {
	defer close(c.done)
	for !c.ended {
		select {
		case f := <-c.work:
			c.do(f)
		case <-c.fail:
			c.expire()
		case <-c.service.stopping:
			c.expire()
		}
	}
	for {
		select {
		case f := <-c.work:
			c.do(f)
		default:
			return
		}
	}
}

// post queues work for the conference; false means that it has ended or is overloaded. It never blocks.
func (c *conference) post(f func()) bool {
	select {
	case <-c.done:
		return false
	default:
	}
	select {
	case c.work <- f:
		return true
	default:
		return false
	}
}

// broadcast sends a message to every endpoint.
func (c *conference) broadcast(msg []byte) {
	for _, ep := range c.endpoints {
		ep.send(msg)
	}
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// randomSSRC returns one that is not 0, which signalling cannot carry.
func randomSSRC() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if ssrc := binary.BigEndian.Uint32(b[:]); ssrc != 0 {
			return ssrc
		}
	}
}
