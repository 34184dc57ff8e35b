package xmpp

import (
	"io"
	"time"
)

// open registers the stream. The lock keeps back what ends it, which may come at once.
func (t *boshTransport) open(remote ClientAddr) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stream, err = t.srv.newStream("bosh", t, remote, ""); err == nil {
		t.idle = time.AfterFunc(boshInactivity, t.inactive)
	}
	return err
}

// writable waits for a request that can take an answer.
func (t *boshTransport) writable() error {
	for {
		t.mu.Lock()
		held, ended := len(t.held), t.ended
		t.mu.Unlock()
		switch {
		case ended:
			return ErrClosed
		case held > 0:
			return nil
		}
		select {
		case <-t.ready:
		case <-t.done:
		}
	}
}

// write answers the oldest request. The deadline is the client's inactivity.
func (t *boshTransport) write(frames []byte, _ time.Time) error {
	for {
		if err := t.writable(); err != nil {
			return err
		}
		t.mu.Lock()
		if len(t.held) > 0 {
			t.answerLocked(t.held[0], frames)
			t.mu.Unlock()
			return nil
		}
		t.mu.Unlock()
	}
}

func (t *boshTransport) begin(dst []byte) []byte                 { return dst }
func (t *boshTransport) end(dst []byte, _ int) []byte            { return dst }
func (t *boshTransport) appendOpen(dst []byte, _ opening) []byte { return nil }
func (t *boshTransport) allow(bytes int)                         { t.max = bytes }
func (t *boshTransport) secure() bool                            { return t.tls }
func (t *boshTransport) restart()                                {}
func (t *boshTransport) linger()                                 {}
func (t *boshTransport) next() ([]byte, error)                   { return nil, io.EOF } // requests call receive

// goodbye keeps the error for the last answer.
func (t *boshTransport) goodbye(tell *StreamError) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell = tell
	return nil
}

// finish ends the session, which is remembered for a while so that the client's next request is told.
func (t *boshTransport) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = true
	t.idle.Stop()
	close(t.done)
	for _, req := range t.held {
		req.reply <- t.lastAnswerLocked()
	}
	t.held = nil
	time.AfterFunc(boshRemembered, func() { t.srv.bosh.delete(t.sid) })
	go t.over(io.EOF) // where a request or the timer has called it already, this does nothing
}

func (t *boshTransport) abort() { t.finish() }

func (t *boshTransport) lastAnswer() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastAnswerLocked()
}

func (t *boshTransport) lastAnswerLocked() []byte {
	select {
	case <-t.told:
	default:
		close(t.told)
	}
	if t.tell != nil {
		return boshTerminate("remote-stream-error", t.tell)
	}
	return boshTerminate("", nil)
}
