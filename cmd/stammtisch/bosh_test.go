package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
)

const (
	nsBOSH  = "http://jabber.org/protocol/httpbind"
	nsXBOSH = "urn:xmpp:xbosh"
)

// boshWire is XEP-0124 and XEP-0206 with hold 1: while nothing is sent, one empty request waits at the server.
type boshWire struct {
	url    string
	client *http.Client
	p      *person
	order  sync.Mutex // held while answers are delivered

	mu      sync.Mutex
	rid     int64 // of the next request
	sid     string
	flying  int
	turn    int64           // the rid whose answer is to be delivered next
	answers map[int64]*node // those that came before it
	opening *node           // the answer that made the session
	over    bool
	wg      sync.WaitGroup
}

// overBOSH makes a person; its session begins with its first open. The test's end abandons the session.
func overBOSH(t *testing.T, name, url string) *person {
	t.Helper()
	p := newPerson(name)
	transport := dialer(nil)
	w := &boshWire{url: url, client: &http.Client{Transport: transport}, p: p, rid: rand.Int64N(1 << 40), answers: make(map[int64]*node)}
	w.turn = w.rid
	p.wire = w
	t.Cleanup(func() { w.cut(); w.wg.Wait(); transport.CloseIdleConnections() })
	return p
}

func (w *boshWire) open(host string) error {
	w.post(func(rid int64, sid string) string {
		if sid == "" {
			return fmt.Sprintf("<body rid='%d' content='text/xml; charset=utf-8' hold='1' to='%s' ver='1.6' wait='60' xml:lang='en' xmlns='%s' xmlns:xmpp='%s' xmpp:version='1.0'/>",
				rid, host, nsBOSH, nsXBOSH)
		}
		return fmt.Sprintf("<body rid='%d' sid='%s' to='%s' xml:lang='en' xmlns='%s' xmlns:xmpp='%s' xmpp:restart='true'/>", rid, sid, host, nsBOSH, nsXBOSH)
	})
	return nil
}

func (w *boshWire) send(raw string) error {
	w.post(func(rid int64, sid string) string {
		return fmt.Sprintf("<body rid='%d' sid='%s' xmlns='%s'>%s</body>", rid, sid, nsBOSH, raw)
	})
	return nil
}

// cut abandons the session: no request is sent any more. The ones that wait are ended by closing their connections.
func (w *boshWire) cut() {
	w.mu.Lock()
	w.over = true
	rid, sid := w.rid, w.sid
	w.rid++
	w.mu.Unlock()
	if sid != "" { // the session's end frees the request that waits
		r, err := w.client.Post(w.url, "text/xml; charset=utf-8", bytes.NewReader(fmt.Appendf(nil, "<body rid='%d' sid='%s' type='terminate' xmlns='%s'/>", rid, sid, nsBOSH)))
		if err == nil {
			_ = r.Body.Close()
		}
	}
}

// post sends a request in the background; its answer is delivered in the order of the requests.
func (w *boshWire) post(build func(rid int64, sid string) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	rid := w.rid
	w.rid++
	w.flying++
	body := build(rid, w.sid)
	w.wg.Go(func() { w.arrive(rid, w.exchange(body)) })
}

// exchange makes one request. What is no answer of a session ends the stream.
func (w *boshWire) exchange(body string) *node {
	r, err := w.client.Post(w.url, "text/xml; charset=utf-8", bytes.NewReader([]byte(body)))
	if err != nil {
		w.p.finish(err)
		return nil
	}
	text, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.Status, text)
	}
	var answer *node
	if err == nil {
		answer, err = parseNode(string(text))
	}
	if err != nil {
		w.p.finish(err)
	}
	return answer
}

// arrive delivers an answer, and those behind it that came before it, and keeps a request waiting at the server.
func (w *boshWire) arrive(rid int64, answer *node) {
	w.order.Lock()
	defer w.order.Unlock()
	for _, body := range w.due(rid, answer) {
		for _, n := range body.children {
			w.p.deliver(n)
		}
		if body.attr("type") == "terminate" {
			w.p.finish(errors.New("terminate " + body.attr("condition")))
		}
	}
	w.mu.Lock()
	idle := w.flying == 0
	w.mu.Unlock()
	if idle {
		_ = w.send("")
	}
}

// due notes an answer and returns those whose turn it is.
func (w *boshWire) due(rid int64, answer *node) (list []*node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flying--
	if answer == nil {
		w.over = true
		return nil
	}
	w.answers[rid] = answer
	for next := w.answers[w.turn]; next != nil; next = w.answers[w.turn] {
		delete(w.answers, w.turn)
		w.turn++
		if sid := next.attr("sid"); sid != "" && w.sid == "" {
			w.sid, w.opening = sid, next
		}
		w.over = w.over || next.attr("type") == "terminate"
		list = append(list, next)
	}
	return list
}
