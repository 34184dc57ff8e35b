package bridge

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"time"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/ice"
	"stammtisch/bridge/udp"
	"stammtisch/jingle"
)

const (
	conferenceQueue  = 4096             // pieces of work waiting for one conference
	emptyTimeout     = 20 * time.Second // an empty conference ends after it (as JVB)
	silenceTimeout   = 3 * time.Second  // nobody has spoken for it
	channelPatience  = 30 * time.Second // an endpoint without bridge channel is worth a line in the log after it
	unstartedTimeout = 2 * time.Minute  // an endpoint that never connected ends after it
)

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
}

// createLocked makes a conference and starts it. s.mu is held.
func (s *Service) createLocked(meetingID string) *conference {
	now := time.Now()
	c := &conference{
		service: s, id: meetingID, publicID: randomHex(8), log: s.log.With("conference", meetingID),
		created: now, emptied: now,
		work: make(chan func(), conferenceQueue), done: make(chan struct{}),
		endpoints: map[jingle.EndpointID]*endpoint{},
	}
	c.feedback.Audio, c.feedback.Video = randomSSRC(), randomSSRC()
	c.media = forward.NewConference(forward.Config{
		Events:         mediaEvents{c},
		Dispatch:       s.dispatch,
		FeedbackSSRC:   c.feedback.Video,
		SilenceTimeout: silenceTimeout,
	})
	ctx, cancel := context.WithCancel(context.Background())
	c.stopMedia = cancel
	s.byID[meetingID], s.byPublic[c.publicID] = c, c
	s.totals.conferences++
	s.running.Go(c.loop)
	s.running.Go(func() { c.media.Run(ctx) })
	return c
}

// dispatch sends what is not part of a packet's way through: reports, requests, retransmissions.
func (s *Service) dispatch(send func(b *udp.Batch)) {
	b := s.udp.NewBatch()
	send(b)
	b.Flush()
}

// loop runs the posted work until the conference has ended, and what was posted before that was known.
func (c *conference) loop() {
	defer close(c.done)
	for !c.ended {
		(<-c.work)()
	}
	for {
		select {
		case f := <-c.work:
			f()
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

// expire ends the conference and everything in it.
func (c *conference) expire() {
	if c.ended {
		return
	}
	c.ended = true
	for _, ep := range c.endpoints {
		c.remove(ep)
	}
	c.stopMedia()
	s := c.service
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, c.id)
	delete(s.byPublic, c.publicID)
	s.totals.ended(time.Since(c.created))
}

// tick counts a connected path as a sign of life: somebody muted, without camera and with nobody to hear sends no media.
func (c *conference) tick(now time.Time) {
	for _, ep := range c.endpoints {
		if ep.path == ice.Connected {
			ep.media.Heard(now)
		}
	}
}

// sweep ends endpoints from which nothing comes any more, and the conference once it has been empty for a while.
func (c *conference) sweep(now time.Time) {
	for _, ep := range c.endpoints {
		if ep.expired(now) {
			c.log.Info("endpoint expired", "endpoint", ep.id)
			c.remove(ep)
		} else if !ep.channelSeen && !ep.channelMissed && now.Sub(ep.created) > channelPatience {
			ep.channelMissed = true
			c.log.Warn("endpoint has no bridge channel", "endpoint", ep.id)
		}
	}
	if len(c.endpoints) == 0 && now.Sub(c.emptied) > emptyTimeout {
		c.expire()
	}
}

// remove takes an endpoint out of the conference and closes what it holds.
func (c *conference) remove(ep *endpoint) {
	delete(c.endpoints, ep.id)
	if len(c.endpoints) == 0 {
		c.emptied = time.Now()
	}
	ep.close()
}

// broadcast sends a message to every endpoint but except.
func (c *conference) broadcast(msg []byte, except *endpoint) {
	for _, ep := range c.endpoints {
		if ep != except {
			ep.send(msg)
		}
	}
}

// mediaEvents brings what the media core notices to the conference's goroutine, which tells the clients.
type mediaEvents struct{ c *conference }

func (e mediaEvents) SenderConstraints(owner, source string, maxHeight int) {
	e.tell(owner, senderConstraints(source, maxHeight))
}

func (e mediaEvents) ForwardedSources(receiver string, sources []string) {
	e.tell(receiver, forwardedSources(sources))
}

func (e mediaEvents) DominantSpeaker(dominant string, previous []string, silence bool) {
	msg := dominantSpeaker(dominant, previous, silence)
	e.c.post(func() { e.c.broadcast(msg, nil) })
}

func (e mediaEvents) Connectivity(endpoint string, active bool) {
	msg := connectivityStatus(endpoint, active)
	e.c.post(func() { e.c.broadcast(msg, nil) })
}

// tell sends msg to one endpoint.
func (e mediaEvents) tell(id string, msg []byte) {
	e.c.post(func() {
		if ep := e.c.endpoints[jingle.EndpointID(id)]; ep != nil {
			ep.send(msg)
		}
	})
}

// channelEndpoint finds the endpoint that a WebSocket is for; nil unless the password is right.
func (s *Service) channelEndpoint(publicID, endpointID, password string) *endpoint {
	s.mu.Lock()
	c := s.byPublic[publicID]
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	found := make(chan *endpoint, 1)
	if !c.post(func() { found <- c.endpoints[jingle.EndpointID(endpointID)] }) {
		return nil
	}
	select {
	case ep := <-found:
		if ep == nil || subtle.ConstantTimeCompare([]byte(ep.password), []byte(password)) != 1 {
			return nil
		}
		return ep
	case <-c.done:
		return nil
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
