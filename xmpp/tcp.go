package xmpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// errIdle is returned by a transport's read once when its client was silent; after as much silence again the connection is broken.
var errIdle = errors.New("idle")

// ServeTCP takes streams from ln (RFC 6120 §3) until ctx ends. It closes ln. The streams go on until [Server.Run] ends.
func (s *Server) ServeTCP(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	wait := 5 * time.Millisecond
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			wait = 5 * time.Millisecond
			s.startTCP(conn)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept streams: %w", err)
		default: // out of file descriptors, say
			s.log.Error("accept stream", "err", err)
			select {
			case <-time.After(wait):
				wait = min(2*wait, time.Second)
			case <-ctx.Done():
			}
		}
	}
}

func (s *Server) startTCP(conn net.Conn) {
	t := &tcpTransport{idle: s.cfg.Limits.IdleTime, frame: s.cfg.Limits.FrameTime, tls: s.cfg.TLS}
	t.init(conn)
	t.split.header = true
	c, err := s.newStream("tcp", t, s.addrOfConn(conn), "")
	if err != nil {
		_ = conn.Close()
		return
	}
	go c.serve()
}

// tcpTransport is a stream over TCP, with or without TLS.
type tcpTransport struct {
	netConn
	idle, frame time.Duration
	tls         *tls.Config

	// Owned by the goroutine that reads.
	split   splitter
	small   [512]byte // what an idle stream reads into
	silent  bool
	timed   bool // the deadline is that of an element
	secured bool
}

func (t *tcpTransport) begin(dst []byte) []byte      { return dst }
func (t *tcpTransport) end(dst []byte, _ int) []byte { return dst }
func (t *tcpTransport) writable() error              { return nil }
func (t *tcpTransport) allow(bytes int)              { t.split.max = bytes }
func (t *tcpTransport) secure() bool                 { return t.secured }
func (t *tcpTransport) restart()                     { t.split.header = true }

func (t *tcpTransport) goodbye(tell *StreamError) [][]byte {
	return goodbyeFrames(tell, "</stream:stream>")
}

func (t *tcpTransport) appendOpen(dst []byte, o opening) []byte {
	dst = append(dst, `<?xml version="1.0"?><stream:stream xmlns="`+NSClient+`" xmlns:stream="`+NSStream+`"`...)
	dst = appendAttrAlways(dst, "from", o.from)
	dst = appendAttrAlways(dst, "id", o.id)
	return append(dst, ` version="1.0" xml:lang="en">`...)
}

// next returns the next element.
func (t *tcpTransport) next() ([]byte, error) {
	for {
		el, err := t.split.next()
		switch {
		case err == nil: // a copy: the stanza keeps its bytes
			return append([]byte(nil), el...), nil
		case !errors.Is(err, errNeedMore):
			return nil, err
		}
		if err := t.fill(); err != nil {
			return nil, err
		}
	}
}

func (t *tcpTransport) fill() error {
	t.split.rest()
	partial := t.split.partial()
	if !partial {
		t.expect(t.idle)
	} else if !t.timed { // once per element: nobody can hold a buffer by sending a byte at a time
		t.expect(t.frame)
	}
	t.timed = partial
	var n int
	var err error
	if !partial && cap(t.split.buf) == 0 {
		if n, err = t.read(t.small[:]); n > 0 {
			n = copy(t.split.room(), t.small[:n])
		}
	} else {
		n, err = t.read(t.split.room())
	}
	t.split.fed(n)
	if n > 0 {
		t.silent = false
		return nil
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || t.split.partial() {
		return err
	}
	if t.isWriting() {
		return t.fill()
	}
	if !t.silent {
		t.silent = true
		return errIdle
	}
	return err
}

// startTLS does the server's side of the handshake (RFC 6120 §5.4.3). What the client sent in the clear after asking for TLS is
// dropped, so that nobody can slip something in.
func (t *tcpTransport) startTLS(deadline time.Time) error {
	conn := tls.Server(t.raw, t.tls)
	_ = t.raw.SetDeadline(deadline)
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	_ = t.raw.SetDeadline(time.Time{})
	t.secureWith(conn)
	return nil
}

// secureWith makes the stream go on over TLS, with nothing read yet.
func (t *tcpTransport) secureWith(conn net.Conn) {
	t.upgrade(conn)
	t.secured = true
	t.split = splitter{max: t.split.max}
}
