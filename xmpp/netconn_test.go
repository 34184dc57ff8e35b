package xmpp

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// busyConn is a connection whose first write takes until somebody sets another deadline, or a moment.
type busyConn struct {
	net.Conn
	begun, deadlines chan struct{}
	cut              bool
}

func (c *busyConn) SetWriteDeadline(time.Time) error {
	c.deadlines <- struct{}{}
	return nil
}

func (c *busyConn) Write(b []byte) (int, error) {
	if len(b) > 100 {
		<-c.deadlines // its own
		close(c.begun)
		select {
		case <-c.deadlines:
			c.cut = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	return len(b), nil
}

// A client that reads slowly and asks by a WebSocket ping whether the server is there has as much time to read as others: the pong's
// deadline is not that of what is being written.
func TestPingWhileReadingSlowly(t *testing.T) {
	conn := &busyConn{begun: make(chan struct{}), deadlines: make(chan struct{}, 2)}
	var tr wsTransport
	tr.init(conn)
	ponged := make(chan struct{})
	go func() {
		<-conn.begun
		tr.control(ws.OpPong, nil, farewell)
		close(ponged)
	}()
	if err := tr.write(make([]byte, 1000), time.Now().Add(time.Minute)); err != nil {
		t.Error(err)
	}
	<-ponged
	if conn.cut {
		t.Error("the pong's deadline is set while a stanza is being written")
	}
}

// silentConn is a peer that says nothing three times, and then goes.
type silentConn struct {
	net.Conn
	reads, writes int
}

func (c *silentConn) SetReadDeadline(time.Time) error   { return nil }
func (c *silentConn) SetWriteDeadline(time.Time) error  { return nil }
func (c *silentConn) Write(b []byte) (n int, err error) { c.writes++; return len(b), nil }
func (c *silentConn) Read([]byte) (n int, err error) {
	if c.reads++; c.reads > 3 {
		return 0, io.EOF
	}
	return 0, os.ErrDeadlineExceeded
}

// A WebSocket client that says nothing is asked whether it is there, once; but not while it reads what waits for it.
func TestSilence(t *testing.T) {
	for name, reading := range map[string]bool{"idle": false, "reading": true} {
		t.Run(name, func(t *testing.T) {
			conn := &silentConn{}
			var tr wsTransport
			tr.init(conn)
			want, pings := os.ErrDeadlineExceeded, 1
			if reading {
				tr.writing.Lock()
				want, pings = io.EOF, 0
			}
			if _, err := tr.header(false); !errors.Is(err, want) || conn.writes != pings {
				t.Errorf("%d pings, then %v; want %d and %v", conn.writes, err, pings, want)
			}
		})
	}
}
