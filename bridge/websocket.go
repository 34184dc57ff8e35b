package bridge

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	socketQueue   = 256              // frames waiting for one client
	socketPing    = 15 * time.Second // between pings
	socketTimeout = 60 * time.Second // without any frame from the client
	socketWrite   = 10 * time.Second // for one write
	socketBurst   = 16 << 10         // bytes of queued frames that leave in one write
	socketLinger  = time.Second      // for the client to take and answer a close frame
)

// Reasons for which the bridge closes a channel's WebSocket.
const (
	closeReplaced ws.StatusCode = ws.StatusNormalClosure
	closeExpired  ws.StatusCode = ws.StatusGoingAway
)

// socketChannel is a bridge channel over a WebSocket (RFC 6455): the fallback for clients that do not use the data channel. Everything
// that is written, control frames too, is written by writeLoop, so that frames do not mix.
type socketChannel struct {
	conn net.Conn
	out  chan ws.Frame

	closing   chan struct{} // closed by close
	closeOnce sync.Once
	farewell  ws.Frame // the close frame, set before closing is closed
}

func newSocketChannel(conn net.Conn) *socketChannel {
	return &socketChannel{conn: conn, out: make(chan ws.Frame, socketQueue), closing: make(chan struct{})}
}

// serve runs the channel until either side ends it.
func (c *socketChannel) serve(ep *endpoint, src io.Reader) {
	var writer sync.WaitGroup
	writer.Go(c.writeLoop)
	defer c.conn.Close()
	defer writer.Wait()
	defer c.close(ws.StatusNormalClosure, "")
	ep.socketOpened(c)
	defer ep.socketClosed(c)
	var p pace
	take := func(msg []byte) {
		ep.channelMessage(msg, true)
		ep.keepPace(&p, len(msg))
	}
	if !c.readLoop(src, take) {
		c.linger(src)
	}
}

// linger takes what the client still sends: a connection that is closed with unread data loses what was written to it, the reason for
// the end among it.
func (c *socketChannel) linger(src io.Reader) {
	c.conn.SetReadDeadline(time.Now().Add(socketLinger))
	_, _ = io.Copy(io.Discard, io.LimitReader(src, 16*maxChannelMessage))
}

// send queues one message.
func (c *socketChannel) send(msg []byte) bool { return c.queue(ws.NewTextFrame(msg)) }

// pass queues a message of another client, unless half of the queue is taken.
func (c *socketChannel) pass(msg []byte) bool { return len(c.out) < socketQueue/2 && c.send(msg) }

// queue queues a frame; a client that does not read loses its channel, not ours.
func (c *socketChannel) queue(f ws.Frame) bool {
	select {
	case c.out <- f:
		return true
	default:
		c.close(ws.StatusPolicyViolation, "too slow")
		return false
	}
}

// close ends the channel: the writer sends the close frame, and the reader waits for the client's for a moment.
func (c *socketChannel) close(code ws.StatusCode, text string) {
	c.closeOnce.Do(func() {
		c.farewell = ws.NewCloseFrame(ws.NewCloseFrameBody(code, text))
		close(c.closing)
	})
}

func (c *socketChannel) writeLoop() {
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	var buf []byte
	for {
		select {
		case f := <-c.out:
			buf = c.gather(appendFrame(buf[:0], f))
		case <-ping.C:
			buf = appendFrame(buf[:0], ws.NewPingFrame(nil))
		case <-c.closing:
			// What was queued before goes first.
			buf = appendFrame(c.gather(buf[:0]), c.farewell)
			c.conn.SetWriteDeadline(time.Now().Add(socketWrite))
			_, _ = c.conn.Write(buf)
			c.conn.SetReadDeadline(time.Now().Add(socketLinger))
			return
		}
		c.conn.SetWriteDeadline(time.Now().Add(socketWrite))
		if _, err := c.conn.Write(buf); err != nil {
			c.close(ws.StatusAbnormalClosure, "")
			_ = c.conn.Close() // wakes the reader
			return
		}
	}
}

// gather appends what else is queued, as far as one write is to take it.
func (c *socketChannel) gather(buf []byte) []byte {
	for len(buf) < socketBurst {
		select {
		case f := <-c.out:
			buf = appendFrame(buf, f)
		default:
			return buf
		}
	}
	return buf
}

// appendFrame appends a server's frame, which is not masked.
func appendFrame(buf []byte, f ws.Frame) []byte {
	w := frameBuffer(buf)
	_ = ws.WriteFrame(&w, f) // cannot fail: it is memory, and lengths are our own
	return w
}

type frameBuffer []byte

func (b *frameBuffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// readLoop hands every text message to take until either side closes, or the client breaks the protocol or falls silent. It says
// whether the client has nothing more to send.
func (c *socketChannel) readLoop(src io.Reader, take func(msg []byte)) (done bool) {
	r := wsutil.Reader{Source: src, State: ws.StateServerSide, CheckUTF8: true, MaxFrameSize: maxChannelMessage, OnIntermediate: c.control}
	for {
		c.conn.SetReadDeadline(time.Now().Add(socketTimeout))
		select {
		case <-c.closing:
			return false
		default:
		}
		head, err := r.NextFrame()
		if err == nil && head.OpCode.IsControl() {
			if c.control(head, &r) != nil {
				return true
			}
			continue
		}
		var msg []byte
		if err == nil {
			msg, err = io.ReadAll(io.LimitReader(&r, maxChannelMessage+1))
		}
		switch {
		case len(msg) > maxChannelMessage || err != nil:
			c.breach(err)
			return false
		case head.OpCode == ws.OpText:
			take(msg)
		}
	}
}

// breach closes the channel for what the client did wrong; err is nil for a message that is too large.
func (c *socketChannel) breach(err error) {
	switch {
	case err == nil || errors.Is(err, wsutil.ErrFrameTooLarge):
		c.close(ws.StatusMessageTooBig, "message too large")
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		c.close(ws.StatusInvalidFramePayloadData, "not UTF-8")
	default:
		c.close(ws.StatusProtocolError, "")
	}
}

// control answers a control frame (RFC 6455 §5.5). It returns an error once the client has closed the channel.
func (c *socketChannel) control(head ws.Header, r io.Reader) error {
	payload, err := io.ReadAll(io.LimitReader(r, ws.MaxControlFramePayloadSize+1))
	if err != nil {
		return err
	}
	switch head.OpCode {
	case ws.OpPing:
		c.queue(ws.NewPongFrame(payload))
	case ws.OpClose:
		c.close(ws.StatusNormalClosure, "") // the client's own, whatever it was, is acknowledged
		return io.EOF
	}
	return nil
}
