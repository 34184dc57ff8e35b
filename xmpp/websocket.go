package xmpp

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// WebSocket returns the handler for XMPP over WebSocket (RFC 7395). It takes streams for every host. A plain GET, which Jitsi's
// clients use to keep sessions of load balancers alive, gets a short page.
func (s *Server) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			plainAnswer(w, r, "This is the XMPP over WebSocket end point.\n")
			return
		}
		up := ws.HTTPUpgrader{Timeout: 10 * time.Second, Protocol: func(p string) bool { return p == "xmpp" }}
		if !offersXMPP(r) {
			http.Error(w, "the subprotocol xmpp is required", http.StatusBadRequest)
			return
		}
		conn, rw, _, err := up.Upgrade(r, w)
		if err != nil {
			s.log.Debug("upgrade to WebSocket", "err", err)
			return
		}
		t := &wsTransport{idle: s.cfg.Limits.IdleTime, frame: s.cfg.Limits.FrameTime, tls: r.TLS != nil}
		t.init(conn)
		if n := rw.Reader.Buffered(); n > 0 { // what came right behind the handshake
			t.ahead = make([]byte, n)
			_, _ = io.ReadFull(rw.Reader, t.ahead)
		}
		c, err := s.newStream("websocket", t, s.addrOfRequest(r), r.URL.Query().Get("previd"))
		if err != nil {
			t.closeWith(ws.StatusCode(1013), "try again later")
			t.abort()
			return
		}
		go c.serve() // not here: the HTTP server would keep its buffers for the connection
	})
}

func offersXMPP(r *http.Request) bool {
	for _, h := range r.Header.Values("Sec-Websocket-Protocol") {
		for _, p := range splitComma(h) {
			if p == "xmpp" {
				return true
			}
		}
	}
	return false
}

// wsTransport is a stream over WebSocket: each text message is an element.
type wsTransport struct {
	netConn
	idle, frame time.Duration
	tls         bool

	// Owned by the goroutine that reads.
	max    int
	small  [256]byte // what an idle stream reads into
	ahead  []byte    // read and not yet used; part of small, but for the handshake's rest
	silent bool
	inside bool  // a frame has begun
	asides pacer // control frames
}

// frameRoom is the header of the frames that are most frequent: 126 bytes to 64 KiB long.
const frameRoom = 4

func (t *wsTransport) begin(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

func (t *wsTransport) end(dst []byte, start int) []byte {
	n := len(dst) - start - frameRoom
	const finText = 0x80 | byte(ws.OpText)
	switch {
	case n < 126:
		dst[start], dst[start+1] = finText, byte(n)
		copy(dst[start+2:], dst[start+frameRoom:])
		return dst[:len(dst)-2]
	case n < 1<<16:
		dst[start], dst[start+1] = finText, 126
		binary.BigEndian.PutUint16(dst[start+2:], uint16(n))
		return dst
	}
	dst = append(dst, 0, 0, 0, 0, 0, 0)
	copy(dst[start+10:], dst[start+frameRoom:start+frameRoom+n])
	dst[start], dst[start+1] = finText, 127
	binary.BigEndian.PutUint64(dst[start+2:], uint64(n))
	return dst
}

func (t *wsTransport) writable() error { return nil }
func (t *wsTransport) allow(bytes int) { t.max = bytes }
func (t *wsTransport) secure() bool    { return t.tls }
func (t *wsTransport) restart()        {}

func (t *wsTransport) appendOpen(dst []byte, o opening) []byte {
	dst = append(dst, `<open xmlns="`+NSFraming+`"`...)
	dst = appendAttrAlways(dst, "from", o.from)
	dst = appendAttrAlways(dst, "id", o.id)
	return append(dst, ` version="1.0" xml:lang="en"/>`...)
}

// goodbye ends the stream with what Jitsi's clients know by these very bytes.
func (t *wsTransport) goodbye(tell *StreamError) [][]byte {
	return goodbyeFrames(tell, `<close xmlns="`+NSFraming+`" />`)
}

func (t *wsTransport) finish() {
	t.closeWith(ws.StatusNormalClosure, "")
	t.netConn.finish()
}

func (t *wsTransport) closeWith(code ws.StatusCode, reason string) {
	t.control(ws.OpClose, ws.NewCloseFrameBody(code, reason), farewell)
}

// control writes a control frame, which has the time d. It may come between two writes of the out queue, but not into one.
func (t *wsTransport) control(op ws.OpCode, payload []byte, d time.Duration) {
	frame := append([]byte{0x80 | byte(op), byte(len(payload))}, payload...)
	_ = t.writeSoon(frame, d)
}

// next returns the next message, put together from its fragments.
func (t *wsTransport) next() ([]byte, error) {
	var message []byte
	fragmented, fragments := false, 0
	for {
		h, err := t.header(fragmented)
		if err != nil {
			return nil, err
		}
		if h.OpCode.IsControl() {
			if err := t.takeControl(h); err != nil {
				return nil, err
			}
			continue
		}
		if fragments++; fragments > maxFragments || h.Length > int64(t.max-len(message)) {
			return nil, stanzaTooBig()
		}
		message, err = t.payload(message, h)
		if err != nil || h.Fin {
			return message, err
		}
		fragmented = true
	}
}

// header reads a frame's header. Only between messages may the client be silent.
func (t *wsTransport) header(fragmented bool) (ws.Header, error) {
	if t.inside = fragmented; fragmented {
		t.expect(t.frame)
	} else {
		t.expect(t.idle)
	}
	h, err := ws.ReadHeader(t)
	if errors.Is(err, os.ErrDeadlineExceeded) && !t.inside && t.mayBeSilent() {
		return t.header(fragmented)
	}
	if err != nil {
		return h, err
	}
	t.silent, t.inside = false, true
	state := ws.StateServerSide
	if fragmented {
		state |= ws.StateFragmented
	}
	switch err := ws.CheckHeader(h, state); {
	case err != nil:
		t.closeWith(ws.StatusProtocolError, "")
		return h, err
	case h.OpCode == ws.OpBinary:
		t.closeWith(ws.StatusUnsupportedData, "")
		return h, errors.New("binary message")
	}
	return h, nil
}

// mayBeSilent says whether to wait on for a client that said nothing for a while: it reads what waits for it, or has not been asked
// yet whether it is there.
func (t *wsTransport) mayBeSilent() bool {
	if t.isWriting() {
		return true
	}
	asked := t.silent
	if !asked {
		t.silent = true
		t.control(ws.OpPing, nil, t.frame)
	}
	return !asked
}

// maxFragments bounds the frames of one message, which may be empty.
const maxFragments = 1000

// trusted is how much memory a frame gets on its header's word; more comes with what arrives.
const trusted = 8 << 10

// payload appends a frame's payload to dst, in a buffer of its own, since stanzas keep their bytes.
func (t *wsTransport) payload(dst []byte, h ws.Header) ([]byte, error) {
	start, end := len(dst), len(dst)+int(h.Length)
	if len(t.ahead) < int(h.Length) {
		t.expect(t.frame)
	}
	for step := trusted; len(dst) < end; step *= 2 {
		from := len(dst)
		dst = append(dst, make([]byte, min(step, end-from))...)
		if _, err := io.ReadFull(t, dst[from:]); err != nil {
			return nil, err
		}
	}
	ws.Cipher(dst[start:], h.Mask, 0)
	return dst, nil
}

// maxControls bounds the control frames per second; as with stanzas, paceBurst seconds' worth may come at once. Clients send one in many
// seconds, if any.
const maxControls = 50

func (t *wsTransport) takeControl(h ws.Header) error {
	payload, err := t.payload(nil, h)
	switch {
	case err != nil:
		return err
	case t.asides.spend(Pace{Stanzas: maxControls}, 0, time.Now()) > 0:
		return &StreamError{Condition: "policy-violation", Text: "too many control frames"}
	case h.OpCode == ws.OpPing:
		t.control(ws.OpPong, payload, t.frame)
	case h.OpCode == ws.OpClose:
		// A client that goes away without closing its stream may come back and resume.
		t.control(ws.OpClose, payload[:min(2, len(payload))], farewell)
		return io.EOF
	}
	return nil
}

// Read implements io.Reader on what the client sends. Large reads go past the small buffer.
func (t *wsTransport) Read(b []byte) (int, error) {
	if len(t.ahead) == 0 {
		if len(b) >= len(t.small) {
			return t.read(b)
		}
		n, err := t.read(t.small[:])
		if n == 0 {
			return 0, err
		}
		t.ahead = t.small[:n]
		t.inside = true
	}
	n := copy(b, t.ahead)
	if t.ahead = t.ahead[n:]; len(t.ahead) == 0 {
		t.ahead = nil
	}
	return n, nil
}
