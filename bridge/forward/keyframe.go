package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/udp"
)

// Limits of key frame requests. Each is a token bucket: after a burst the requests come slower, but they never stop, and
// one that was refused is remembered. A hard cap freezes a receiver that switches often.
const (
	receiverAsks        = 3
	receiverAskInterval = time.Second
	senderAsks          = 5
	senderAskInterval   = time.Second
	minAskSpacing       = 200 * time.Millisecond
)

// bucket is a token bucket that also keeps its tokens apart. The zero time is "long ago".
type bucket struct {
	size  int
	every time.Duration
	used  float64
	last  time.Time
}

// take takes a token at time now if there is one.
func (b *bucket) take(now time.Time) bool {
	since := now.Sub(b.last)
	if since < minAskSpacing {
		return false
	}
	used := max(0, b.used-since.Seconds()/b.every.Seconds())
	if used+1 > float64(b.size) {
		return false
	}
	b.used, b.last = used+1, now
	return true
}

// keyframeRequests limits and sends the key frame requests for one source.
type keyframeRequests struct {
	waiting atomic.Bool // a request was refused and is to be repeated

	mu     sync.Mutex
	bucket bucket
}

// ask requests a key frame of src, or remembers the request if there were too many. A picture loss indication for the
// first encoding makes senders refresh all (as lib-jitsi-meet's browsers do).
func (k *keyframeRequests) ask(b *udp.Batch, src *source, now time.Time) {
	k.mu.Lock()
	ok := k.bucket.take(now)
	k.mu.Unlock()
	k.waiting.Store(!ok)
	if !ok {
		return
	}
	pli := rtcp.PictureLossIndication{SenderSSRC: src.owner.conference.cfg.FeedbackSSRC, MediaSSRC: src.encodings[0].ssrc}
	src.owner.traffic.keyframesAsked.Add(1)
	src.owner.sendRTCP(b, &pli)
}

// repeat sends what ask had to put off, if it is time.
func (k *keyframeRequests) repeat(b *udp.Batch, src *source, now time.Time) {
	if k.waiting.Load() {
		k.ask(b, src, now)
	}
}
