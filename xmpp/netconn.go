package xmpp

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// netConn is the connection under a TCP or WebSocket transport. All methods are safe for concurrent use but read, which belongs to
// the stream's goroutine.
type netConn struct {
	raw     net.Conn // never replaced
	io      atomic.Pointer[net.Conn]
	parting atomic.Bool
	writing sync.Mutex // held while something is written: its deadline is its own
}

func (n *netConn) init(raw net.Conn) {
	n.raw = raw
	n.io.Store(&raw)
}

// upgrade makes reading and writing go through conn, which is TLS over the raw connection.
func (n *netConn) upgrade(conn net.Conn) { n.io.Store(&conn) }

func (n *netConn) read(b []byte) (int, error) { return (*n.io.Load()).Read(b) }

func (n *netConn) write(b []byte, deadline time.Time) error {
	n.writing.Lock()
	defer n.writing.Unlock()
	return n.writeLocked(b, deadline)
}

// writeSoon writes a few bytes when what is being written has been; from then on it has the time d.
func (n *netConn) writeSoon(b []byte, d time.Duration) error {
	n.writing.Lock()
	defer n.writing.Unlock()
	return n.writeLocked(b, time.Now().Add(d))
}

// isWriting says whether the peer is reading what waits for it. It has its own time for that and may be silent meanwhile.
func (n *netConn) isWriting() bool {
	if !n.writing.TryLock() {
		return true
	}
	n.writing.Unlock()
	return false
}

func (n *netConn) writeLocked(b []byte, deadline time.Time) error {
	_ = n.raw.SetWriteDeadline(deadline)
	_, err := (*n.io.Load()).Write(b)
	return err
}

// expect bounds the next reads.
func (n *netConn) expect(d time.Duration) {
	_ = n.raw.SetReadDeadline(time.Now().Add(d))
	if n.parting.Load() {
		_ = n.raw.SetReadDeadline(time.Now().Add(farewell))
	}
}

func (n *netConn) abort() { _ = n.raw.Close() }

// finish says that nothing more will be written, and has the reader see the end soon.
func (n *netConn) finish() {
	n.parting.Store(true)
	_ = n.raw.SetReadDeadline(time.Now().Add(farewell))
	if half, ok := (*n.io.Load()).(interface{ CloseWrite() error }); ok {
		_ = n.raw.SetWriteDeadline(time.Now().Add(farewell))
		_ = half.CloseWrite()
		return
	}
	n.abort() // a connection that cannot be closed by halves, as in tests, has no buffer to lose
}

// linger closes the connection after the peer has, or after a while: closing with unread input would make the peer lose what was
// written last.
func (n *netConn) linger() {
	_ = n.raw.SetReadDeadline(time.Now().Add(farewell))
	_, _ = io.CopyN(io.Discard, n.raw, 1<<20)
	n.abort()
}
