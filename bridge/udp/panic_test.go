package udp

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// A datagram that makes its handler panic is dropped and counted; the next one is handled. The log does not fill with it.
func TestPanicOfAHandler(t *testing.T) {
	var log bytes.Buffer // written by the reader, read when it has ended
	var handled atomic.Int32
	t.Run("port", func(t *testing.T) {
		s := start(t, Config{Listen: []string{"127.0.0.1:0"}, Log: slog.New(slog.NewTextHandler(&log, nil))}, func(_ *Socket, _ netip.AddrPort, packet []byte) {
			if packet[19] == 'x' {
				panic("a bug")
			}
			handled.Add(1)
		})
		c := dial(t, s.Sockets()[0])
		packet := []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'x'}
		for range 100 {
			if _, err := c.Write(packet); err != nil {
				t.Fatal(err)
			}
		}
		packet[19] = 'y'
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() string {
			if n, st := handled.Load(), s.Stats(); n != 1 || st.DroppedPanic != 100 {
				return fmt.Sprintf("%d datagrams handled and %d dropped, want 1 and 100", n, st.DroppedPanic)
			}
			return ""
		})
	})
	if n := strings.Count(log.String(), "panic: a bug"); n != 7 || !strings.Contains(log.String(), "stack=") {
		t.Errorf("%d lines in the log, want 7:\n%s", n, log.String())
	}
}
