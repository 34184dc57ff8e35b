package main

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// webSocketWire is RFC 7395. Its reader ends when the connection does.
type webSocketWire struct {
	conn *websocket.Conn
	raw  net.Conn // below TLS
}

// dialer makes HTTP clients that trust the server's own certificate and let a test have the connection below TLS.
func dialer(raw *net.Conn) *http.Transport {
	var mu sync.Mutex
	return &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if raw != nil {
				mu.Lock()
				*raw = c
				mu.Unlock()
			}
			return c, err
		},
	}
}

// overWebSocket connects a person; the test's end cuts the connection.
func overWebSocket(t *testing.T, name, url string) *person {
	t.Helper()
	p, w := newPerson(name), new(webSocketWire)
	transport := dialer(&w.raw)
	conn, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"xmpp"}, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatalf("%s connects to %s: %v", name, url, err)
	}
	conn.SetReadLimit(1 << 22)
	w.conn, p.wire = conn, w
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, raw, err := conn.Read(context.Background())
			if err != nil {
				p.finish(err)
				return
			}
			n, err := parseNode(string(raw))
			if err != nil {
				p.finish(fmt.Errorf("not a document of its own: %w", err))
				return
			}
			p.deliver(n)
		}
	}()
	t.Cleanup(func() { w.cut(); <-done; transport.CloseIdleConnections() })
	return p
}

func (w *webSocketWire) open(host string) error {
	return w.send(fmt.Sprintf("<open xmlns='%s' to='%s' version='1.0'/>", nsFraming, host))
}

func (w *webSocketWire) send(raw string) error {
	return w.conn.Write(context.Background(), websocket.MessageText, []byte(raw))
}

func (w *webSocketWire) cut() {
	_ = w.raw.Close()
	_ = w.conn.CloseNow()
}

// tcpWire is RFC 6120 without TLS, as on loopback.
type tcpWire struct {
	conn   net.Conn
	header chan struct{} // one for each stream header to read
}

// overTCP connects a person; the test's end cuts the connection.
func overTCP(t *testing.T, name, addr string) *person {
	t.Helper()
	p := newPerson(name)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("%s connects to %s: %v", name, addr, err)
	}
	w := &tcpWire{conn: conn, header: make(chan struct{}, 2)}
	p.wire = w
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.finish(w.read(p))
	}()
	t.Cleanup(func() { w.cut(); <-done })
	return p
}

// read reads streams, each with a decoder of its own: after authentication a new one begins on the same connection.
func (w *tcpWire) read(p *person) error {
	for range w.header {
		restart, err := w.readStream(p)
		if !restart {
			return err
		}
	}
	return io.EOF
}

func (w *tcpWire) readStream(p *person) (restart bool, err error) {
	d := xml.NewDecoder(w.conn)
	depth := 0
	for {
		tok, err := d.Token()
		if err != nil {
			return false, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				p.deliver(&node{space: tok.Name.Space, name: "open", attrs: tok.Attr})
				continue
			}
			depth--
			n, err := readNode(d, tok)
			if err != nil {
				return false, err
			}
			p.deliver(n)
			if n.name == "success" {
				return true, nil
			}
		case xml.EndElement:
			return false, io.EOF
		}
	}
}

func (w *tcpWire) open(host string) error {
	w.header <- struct{}{}
	return w.send(fmt.Sprintf("<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>", nsClient, host))
}

func (w *tcpWire) send(raw string) error {
	_, err := w.conn.Write([]byte(raw))
	return err
}

func (w *tcpWire) cut() {
	if !errors.Is(w.conn.Close(), net.ErrClosed) {
		close(w.header)
	}
}
