package xmpp

import (
	"net"
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
		tr.control(ws.OpPong, nil)
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
