package bridge

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	socketQueue   = 256              // messages waiting for one client
	socketPing    = 15 * time.Second // between pings of an idle channel
	socketTimeout = 60 * time.Second // without any frame from the client
	socketWrite   = 10 * time.Second // for one write
)

// Reasons for which the bridge closes a channel's WebSocket.
const (
	closeReplaced ws.StatusCode = ws.StatusNormalClosure
	closeExpired  ws.StatusCode = ws.StatusGoingAway
)

// socketChannel is a bridge channel over a WebSocket: the fallback for clients that do not use the data channel.
type socketChannel struct {
	conn net.Conn
	out  chan []byte

	closing   chan struct{} // closed by close
	closeOnce sync.Once
	code      ws.StatusCode // why, set before closing is closed
	text      string
}

// ColibriWebSocket serves /colibri-ws/<server>/<conference>/<endpoint>?pwd=…: 404 for another server or a malformed path, 403 for an
// unknown conference or endpoint or a wrong password, as JVB answers.
func (s *Service) ColibriWebSocket() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /colibri-ws/{server}/{conference}/{endpoint}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("server") != s.cfg.ID {
			http.NotFound(w, r)
			return
		}
		ep := s.channelEndpoint(r.PathValue("conference"), r.PathValue("endpoint"), r.URL.Query().Get("pwd"))
		if ep == nil {
			http.Error(w, "no such endpoint", http.StatusForbidden)
			return
		}
		conn, rw, _, err := ws.HTTPUpgrader{Timeout: socketWrite}.Upgrade(r, w)
		if err != nil {
			return // answered by the upgrader
		}
		if !s.enter() {
			conn.Close()
			return
		}
		defer s.leave()
		c := &socketChannel{conn: conn, out: make(chan []byte, socketQueue), closing: make(chan struct{})}
		c.serve(ep, io.MultiReader(io.LimitReader(rw.Reader, int64(rw.Reader.Buffered())), conn))
	})
	return mux
}

// serve runs the channel until either side ends it.
func (c *socketChannel) serve(ep *endpoint, src io.Reader) {
	var writer sync.WaitGroup
	writer.Go(c.writeLoop)
	ep.socketOpened(c)
	c.readLoop(ep, src)
	ep.socketClosed(c)
	c.close(ws.StatusNormalClosure, "")
	writer.Wait()
}

// send queues one message; a client that does not read loses its channel, not ours.
func (c *socketChannel) send(msg []byte) bool {
	select {
	case c.out <- msg:
		return true
	default:
		c.close(ws.StatusPolicyViolation, "too slow")
		return false
	}
}

// close ends the channel: the writer sends the close frame and closes the connection, which wakes the reader.
func (c *socketChannel) close(code ws.StatusCode, text string) {
	c.closeOnce.Do(func() {
		c.code, c.text = code, text
		close(c.closing)
	})
}

func (c *socketChannel) writeLoop() {
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	defer c.conn.Close()
	for {
		frame := ws.NewPingFrame(nil)
		select {
		case msg := <-c.out:
			frame = ws.NewTextFrame(msg)
		case <-ping.C:
		case <-c.closing:
			frame = ws.NewCloseFrame(ws.NewCloseFrameBody(c.code, c.text))
		}
		c.conn.SetWriteDeadline(time.Now().Add(socketWrite))
		if err := ws.WriteFrame(c.conn, frame); err != nil || frame.Header.OpCode == ws.OpClose {
			c.close(ws.StatusAbnormalClosure, "")
			return
		}
	}
}

func (c *socketChannel) readLoop(ep *endpoint, src io.Reader) {
	control := wsutil.ControlFrameHandler(controlWriter{c}, ws.StateServerSide)
	r := wsutil.Reader{Source: src, State: ws.StateServerSide, CheckUTF8: true, MaxFrameSize: maxChannelMessage, OnIntermediate: control}
	for {
		select {
		case <-c.closing:
			return
		default:
		}
		c.conn.SetReadDeadline(time.Now().Add(socketTimeout))
		head, err := r.NextFrame()
		if err != nil {
			return
		}
		if head.OpCode.IsControl() {
			if control(head, &r) != nil {
				return
			}
			continue
		}
		msg, err := io.ReadAll(io.LimitReader(&r, maxChannelMessage+1))
		if err != nil || len(msg) > maxChannelMessage {
			c.close(ws.StatusMessageTooBig, "message too large")
			return
		}
		if head.OpCode == ws.OpText {
			ep.channelMessage(msg, true)
		}
	}
}

// controlWriter lets the frame handler answer pings without racing the writer: pongs and the close echo are small single writes, which
// net.Conn serialises.
type controlWriter struct{ c *socketChannel }

func (w controlWriter) Write(p []byte) (int, error) { return w.c.conn.Write(p) }

// enter counts a running handler in; false once the service has stopped.
func (s *Service) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.handlers.Add(1)
	return true
}

func (s *Service) leave() { s.handlers.Done() }
