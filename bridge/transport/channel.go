package transport

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/pion/datachannel"
	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"

	"stammtisch/bridge/ice/pionlog"
)

// ChannelLabel is how clients name the bridge channel, as lib-jitsi-meet does.
const ChannelLabel = "JVB data channel"

const (
	sctpMTU          = 1200
	maxRTO           = 3000      // milliseconds; a message must not wait a minute after a bad patch
	maxMessage       = 256 << 10 // bytes, what clients are told too
	receiveBuffer    = 2 * maxMessage
	firstReadBuffer  = 4 << 10
	maxStreams       = 8 // per client, of which one is the bridge channel
	messageQueue     = 256
	messageQueueSize = 1 << 20 // bytes
)

// channel is the bridge channel's sending half.
type channel struct {
	queue  chan string
	queued atomic.Int64 // bytes in queue

	mu   sync.Mutex
	open bool // guarded by mu
}

func (c *channel) init() { c.queue = make(chan string, messageQueue) }

// claim makes the caller's data channel the bridge channel, unless there is one.
func (c *channel) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open {
		return false
	}
	c.open = true
	return true
}

// release undoes claim and forgets what is queued: the next channel starts anew.
func (c *channel) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = false
	for {
		select {
		case text := <-c.queue:
			c.queued.Add(-int64(len(text)))
		default:
			return
		}
	}
}

// put queues text if the channel is open and has room.
func (c *channel) put(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open || c.queued.Load()+int64(len(text)) > messageQueueSize {
		return false
	}
	select {
	case c.queue <- text:
		c.queued.Add(int64(len(text)))
		return true
	default:
		return false
	}
}

// SendMessage queues a text message for the client. It does not wait: without an open bridge channel, or with one whose
// client does not read, the message is dropped and counted, and SendMessage returns false.
func (t *Transport) SendMessage(text string) bool {
	if !t.channel.put(text) {
		t.drops.messages.Add(1)
		return false
	}
	return true
}

// serveSCTP waits for the client's association and serves its data channels until it ends.
func (t *Transport) serveSCTP(conn *dtls.Conn) error {
	association, err := sctp.ServerWithOptions(
		sctp.WithNetConn(conn),
		sctp.WithLoggerFactory(pionlog.New(t.log)),
		sctp.WithMTU(sctpMTU),
		sctp.WithMaxMessageSize(maxMessage),
		sctp.WithMaxReceiveBufferSize(receiveBuffer),
		sctp.WithRTOMax(maxRTO),
		sctp.WithBlockWrite(true), // so that what a client does not read waits in our bounded queue
	)
	if err != nil {
		return errors.Join(ErrClosedByPeer, err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer association.Close()
	for streams := 0; ; streams++ {
		stream, err := association.AcceptStream()
		if err != nil {
			return ErrClosedByPeer
		}
		if streams >= maxStreams {
			t.drops.channels.Add(1)
			_ = stream.Close()
			continue
		}
		wg.Go(func() { t.serveStream(stream) })
	}
}

// serveStream waits for the data channel's opening and acknowledges it (RFC 8832 §6).
func (t *Transport) serveStream(stream *sctp.Stream) {
	c, err := datachannel.Server(stream, &datachannel.Config{LoggerFactory: pionlog.New(t.log)})
	if err != nil {
		t.log.Debug("data channel not opened", "err", err)
		_ = stream.Close()
		return
	}
	if c.Label != ChannelLabel || !t.channel.claim() {
		t.drops.channels.Add(1)
		// It is read, as unread data would keep the receive window closed for the bridge channel.
		_, _ = io.Copy(io.Discard, c)
		return
	}
	call(t.deps.Events.ChannelOpen)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { t.writeMessages(c, done) })
	err = t.readMessages(c)
	t.log.Debug("bridge channel ended", "err", err)
	_ = c.Close()
	close(done)
	wg.Wait()
	t.channel.release()
	if errors.Is(err, io.EOF) {
		call(t.deps.Events.ChannelClosed)
	}
}

// writeMessages sends what is queued until done.
func (t *Transport) writeMessages(c *datachannel.DataChannel, done <-chan struct{}) {
	for {
		select {
		case text := <-t.channel.queue:
			t.channel.queued.Add(-int64(len(text)))
			if _, err := c.WriteDataChannel([]byte(text), true); err != nil {
				t.drops.messages.Add(1)
			}
		case <-done:
			return
		}
	}
}

// readMessages passes text messages on until the channel ends.
func (t *Transport) readMessages(c *datachannel.DataChannel) error {
	buf := make([]byte, firstReadBuffer)
	for {
		n, text, err := c.ReadDataChannel(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer) && len(buf) < maxMessage:
			buf = make([]byte, min(4*len(buf), maxMessage)) // the message is still there
		case errors.Is(err, io.ErrShortBuffer):
			return fmt.Errorf("message longer than %d bytes", maxMessage)
		case err != nil:
			return err
		case text && t.deps.Events.Message != nil:
			t.deps.Events.Message(string(buf[:n]))
		}
	}
}
