package meetweb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// redirecting sends those who typed an address without https:// to the right one: a browser then speaks plain HTTP to the TLS port,
// and would get an answer that helps nobody.
type redirecting struct{ net.Listener }

// Accept returns the next connection; it reads nothing from it yet, so that a silent one holds nobody up.
func (l redirecting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffing{Conn: c}, nil
}

// sniffing is a connection whose first byte says whether it is TLS.
type sniffing struct {
	net.Conn
	once sync.Once
	head []byte // read and not yet handed on; owned by the reader
	err  error
}

const tlsHandshake = 22 // RFC 8446 §5.1: the record type that opens every TLS connection

// Read reads as the connection does. When plain HTTP comes, it answers with a redirection and then pretends the end.
func (c *sniffing) Read(p []byte) (int, error) {
	c.once.Do(func() {
		first := make([]byte, 1)
		n, err := c.Conn.Read(first)
		switch {
		case n == 0:
			c.err = err
		case first[0] == tlsHandshake:
			c.head = first
		case first[0] >= 'A' && first[0] <= 'Z':
			c.redirect(first)
			c.err = io.EOF
		default:
			c.err = io.EOF
		}
	})
	if c.err != nil {
		return 0, c.err
	}
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *sniffing) redirect(first []byte) {
	_ = c.SetDeadline(time.Now().Add(5 * time.Second)) // an error shows in the next step
	limited := io.LimitReader(io.MultiReader(bytes.NewReader(first), c.Conn), 16<<10)
	r, err := http.ReadRequest(bufio.NewReader(limited))
	if err != nil || !plainHost.MatchString(r.Host) {
		return
	}
	target := "https://" + r.Host + r.URL.RequestURI()
	_, _ = fmt.Fprintf(c.Conn, "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", target)
}
