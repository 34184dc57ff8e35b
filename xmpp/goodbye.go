package xmpp

import (
	"errors"
	"time"
)

// farewell bounds how long a goodbye may take to reach the peer.
const farewell = time.Second

// over is called once, when reading has ended: it says goodbye where that is still to be done, and lets the session go, which may
// hibernate if the connection just broke.
func (c *stream) over(cause error) {
	defer c.srv.wg.Done()
	c.late.Stop()
	tell := asStreamError(cause)
	c.mu.Lock()
	first := !c.ended
	c.ended, c.gone = true, true
	if first {
		c.reason = reasonOf(cause, tell)
	}
	reason, pre, sess := c.reason, c.preAu, c.sess
	c.preAu = false
	c.mu.Unlock()
	if pre {
		c.srv.preAuth.remove(c.remote)
	}
	broken := first && tell == nil && !errors.Is(cause, errPeerClosed)
	if sess != nil {
		sess.detach(c, reason, broken)
	}
	switch {
	case broken:
		c.out.close()
		c.tr.abort()
	case first:
		c.sayGoodbye(tell)
		c.tr.linger()
	default:
		<-c.parted
		c.tr.linger()
	}
	c.srv.mu.Lock()
	delete(c.srv.streams, c)
	c.srv.mu.Unlock()
	c.srv.count.streams.Add(-1)
	c.srv.count.ended.add(reason)
	c.log.Debug("stream ended", "reason", reason, "err", cause)
}

func reasonOf(cause error, tell *StreamError) string {
	switch {
	case tell != nil:
		return tell.Condition
	case errors.Is(cause, errPeerClosed):
		return "closed by the client"
	}
	return "connection broke"
}

// kill ends the stream from another goroutine: the peer is told err, then reading ends. It returns at once.
func (c *stream) kill(err *StreamError, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended, c.reason = true, reason
	c.srv.wg.Go(func() { // with mu held: over is still to come, so that the group is not empty
		defer close(c.parted)
		c.sayGoodbye(err)
	})
}

// sayGoodbye sends what is queued, err if there is one, and the end of the stream, and ends the connection.
func (c *stream) sayGoodbye(err *StreamError) {
	if err != nil && !c.opened.Load() { // RFC 6120 §4.9.1.1: the header comes first
		_ = c.sendOpening(c.srv.cfg.Hosts[0].Name)
	}
	for _, raw := range c.tr.goodbye(err) {
		_ = c.out.push(entry{raw: raw}, len(raw), true)
	}
	c.out.seal()
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	select {
	case <-c.out.drained():
		c.tr.finish()
	case <-timer.C:
		c.out.close()
		c.tr.abort()
	}
}

// goodbyeFrames is a stream error, if there is one, and the end of the stream.
func goodbyeFrames(tell *StreamError, end string) [][]byte {
	if tell == nil {
		return [][]byte{[]byte(end)}
	}
	return [][]byte{tell.append(nil), []byte(end)}
}
