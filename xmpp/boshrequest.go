package xmpp

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// boshTransport is a stream over BOSH. There is no connection to read from: requests bring elements, in the order of their ids, and
// wait for what is to be sent.
type boshTransport struct {
	// Set at construction, read-only afterwards.
	srv    *Server
	stream *stream
	sid    string
	from   string
	wait   time.Duration
	hold   int
	tls    bool
	ready  chan struct{} // has a token when held may have become non-empty
	done   chan struct{} // closed at the end
	once   sync.Once     // guards stream.over

	max int // of an element; owned by the request whose turn it is

	mu        sync.Mutex
	created   bool                     // guarded by mu; the first answer is still to come
	processed uint64                   // guarded by mu; the last request whose elements were handled
	broken    bool                     // guarded by mu; one of them ends the stream, so that no more are handled
	turns     map[uint64]chan struct{} // guarded by mu; requests that wait for those before them
	held      []*boshRequest           // guarded by mu; wait for something to be sent, the oldest first
	kept      map[uint64][]byte        // guarded by mu; the last answers
	busy      int                      // guarded by mu; requests that are neither held nor answered
	ended     bool                     // guarded by mu
	tell      *StreamError             // guarded by mu; for the last answer
	told      chan struct{}            // closed, with mu held, when a request has got the last answer
	idle      *time.Timer              // guarded by mu; runs while no request is there
}

// boshRequest is a request that waits for its answer.
type boshRequest struct {
	rid   uint64
	reply chan []byte // buffered
}

var errInactive = errors.New("no request in time")

// request handles a request and waits for its answer; nil if the client has gone.
func (t *boshTransport) request(ctx context.Context, b boshBody) []byte {
	turn, reply := t.arrive(b.rid)
	if turn == nil {
		return reply
	}
	select {
	case <-turn:
	case <-t.done:
		t.depart(b.rid)
		return t.lastAnswer()
	case <-ctx.Done(): // the client may send it again
		t.depart(b.rid)
		return nil
	}
	err := t.process(b)
	req := t.park(b.rid, err != nil)
	if err != nil {
		t.over(err)
	}
	return t.await(ctx, req)
}

// arrive returns a channel that is closed when it is the request's turn, or an answer (XEP-0124 §14.2, §14.3).
func (t *boshTransport) arrive(rid uint64) (turn chan struct{}, reply []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.ended:
		return nil, t.lastAnswerLocked()
	case t.kept[rid] != nil:
		return nil, t.kept[rid]
	case rid <= t.processed:
		for _, req := range t.held { // asked again while we hold it: the first one gets the answer, or its connection is gone
			if req.rid == rid {
				return nil, t.answerLocked(req, nil)
			}
		}
		return nil, boshTerminate("item-not-found", nil)
	case rid > t.processed+boshRequests+1 || t.turns[rid] != nil:
		return nil, boshTerminate("item-not-found", nil)
	}
	turn = make(chan struct{})
	t.turns[rid] = turn
	t.busy++
	t.idle.Stop()
	if rid == t.processed+1 && !t.broken {
		close(turn)
	}
	return turn, nil
}

// depart forgets a request whose turn has not come.
func (t *boshTransport) depart(rid uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.turns[rid]: // it has come meanwhile; pass it on
		t.processed = rid
		if next := t.turns[rid+1]; next != nil {
			close(next)
		}
	default:
	}
	delete(t.turns, rid)
	t.busy--
	t.restLocked()
}

// process handles the elements of a request whose turn it is.
func (t *boshTransport) process(b boshBody) error {
	c := t.stream
	if b.restart {
		version := b.version
		if version == "" {
			version = "1.0"
		}
		to := b.to
		if to == "" && c.host != nil {
			to = c.host.cfg.Name
		}
		if c.state != awaitOpen && c.state != awaitRestart {
			return &StreamError{Condition: "unsupported-stanza-type"}
		}
		if err := c.openTo(to, version); err != nil {
			return err
		}
	}
	for _, el := range b.elements {
		if len(el) > t.max {
			return stanzaTooBig()
		}
		if err := c.receive(el); err != nil {
			return err
		}
	}
	if b.terminate {
		return errPeerClosed
	}
	return nil
}

// park holds a request whose elements were handled, and lets the next one have its turn unless they end the stream.
func (t *boshTransport) park(rid uint64, last bool) *boshRequest {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy--
	t.processed = rid
	t.broken = last
	delete(t.turns, rid)
	if next := t.turns[rid+1]; next != nil && !last {
		close(next)
	}
	req := &boshRequest{rid, make(chan []byte, 1)}
	if t.ended {
		req.reply <- t.lastAnswerLocked()
		return req
	}
	t.held = append(t.held, req)
	for len(t.held) > t.hold && len(t.held) > 1 { // no more than that are held (XEP-0124 §7.2)
		t.answerLocked(t.held[0], nil)
	}
	t.signalLocked()
	return req
}

// await waits for a held request's answer.
func (t *boshTransport) await(ctx context.Context, req *boshRequest) []byte {
	wait := t.wait
	if t.hold == 0 {
		wait = 50 * time.Millisecond // a client that polls gets what is there
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case reply := <-req.reply:
		return reply
	case <-timer.C:
		t.mu.Lock()
		defer t.mu.Unlock()
		if slices.Contains(t.held, req) {
			t.answerLocked(req, nil)
		}
		return <-req.reply
	case <-ctx.Done():
		t.mu.Lock()
		defer t.mu.Unlock()
		if slices.Contains(t.held, req) {
			t.answerLocked(req, nil)
		}
		return nil
	}
}

// answerLocked answers a held request, and keeps the answer in case it gets lost.
func (t *boshTransport) answerLocked(req *boshRequest, content []byte) []byte {
	body := t.bodyLocked(content)
	t.held = slices.DeleteFunc(t.held, func(r *boshRequest) bool { return r == req })
	t.kept[req.rid] = body
	delete(t.kept, req.rid-boshKept)
	req.reply <- body
	t.restLocked()
	return body
}

// restLocked starts the timer of inactivity where no request is there.
func (t *boshTransport) restLocked() {
	if len(t.held) == 0 && t.busy == 0 && !t.ended {
		t.idle.Reset(boshInactivity)
	}
}

func (t *boshTransport) inactive() {
	t.mu.Lock()
	inactive := len(t.held) == 0 && t.busy == 0
	t.mu.Unlock()
	if inactive {
		t.over(errInactive)
	}
}

func (t *boshTransport) signalLocked() {
	select {
	case t.ready <- struct{}{}:
	default:
	}
}

// over ends the stream, once.
func (t *boshTransport) over(cause error) {
	t.once.Do(func() { t.stream.over(cause) })
}
