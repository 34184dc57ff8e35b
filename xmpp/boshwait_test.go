package xmpp

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// boshCall is one request on a server without HTTP around it.
func boshCall(ctx context.Context, s *testServer, body string) string {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/http-bind", nil)
	return string(s.boshRequest(r, []byte(body)))
}

const boshOpen = `<body rid="100" hold="1" wait="60" to="guest.meet.example" ver="1.6" xmlns="http://jabber.org/protocol/httpbind"/>`

func boshPoll(rid, sid string) string {
	return `<body rid="` + rid + `" sid="` + sid + `" xmlns="http://jabber.org/protocol/httpbind"/>`
}

func TestBOSHWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t, Limits{PreAuthTime: time.Hour})
		el, err := ParseElement([]byte(boshCall(t.Context(), s, boshOpen)))
		if err != nil {
			t.Fatal(err)
		}
		sid := el.Attr("sid")
		start := time.Now()
		if got := boshCall(t.Context(), s, boshPoll("101", sid)); !strings.HasSuffix(got, "/>") {
			t.Errorf("nothing to send, but the answer is %s", got)
		}
		if d := time.Since(start); d != boshWait {
			t.Errorf("answered after %v, want %v", d, boshWait)
		}

		// A client gives up on a request that waits for the one before it, and sends both again.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := boshCall(ctx, s, boshPoll("103", sid)); got != "" {
			t.Errorf("a client that has gone is answered %s", got)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := boshCall(ctx, s, boshPoll("102", sid)); got != "" {
			t.Errorf("a client that has gone is answered %s", got)
		}
		if got := boshCall(t.Context(), s, boshPoll("102", sid)); !strings.HasSuffix(got, "/>") {
			t.Errorf("asked again: %s", got)
		}
		if got := boshCall(t.Context(), s, boshPoll("109", sid)); !strings.Contains(got, "item-not-found") {
			t.Errorf("a request from far ahead: %s", got)
		}

		// A client that stops asking leaves.
		<-time.After(boshInactivity + time.Second)
		synctest.Wait()
		if st := s.Stats(); st.Streams != 0 || st.Ended["connection broke"] != 1 {
			t.Errorf("still there: %+v", st)
		}
		if got := boshCall(t.Context(), s, boshPoll("103", sid)); !strings.Contains(got, "terminate") {
			t.Errorf("after the end: %s", got)
		}
		<-time.After(2 * boshRemembered)
	})
}

// A request that ends the stream is the last one whose elements count, although the next is here already.
func TestBOSHNothingCountsAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t, Limits{})
		for range 20 {
			el, err := ParseElement([]byte(boshCall(t.Context(), s, boshOpen)))
			if err != nil {
				t.Fatal(err)
			}
			body := func(rid, attrs, content string) string {
				return `<body rid="` + rid + `" sid="` + el.Attr("sid") + `" xmlns="http://jabber.org/protocol/httpbind" xmlns:xmpp="urn:xmpp:xbosh"` + attrs + `>` + content + `</body>`
			}
			boshCall(t.Context(), s, body("101", "", `<auth mechanism="ANONYMOUS" xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`))
			boshCall(t.Context(), s, body("102", ` to="guest.meet.example" xmpp:restart="true"`, ""))
			var next string
			var wg sync.WaitGroup
			wg.Go(func() {
				next = boshCall(t.Context(), s, body("104", "", `<iq id="b" type="set" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`))
			})
			synctest.Wait() // it waits for the one before it
			last := boshCall(t.Context(), s, body("103", "", `<message xmlns="jabber:client"/>`))
			wg.Wait()
			for _, got := range []string{last, next} {
				if !strings.Contains(got, `type="terminate"`) {
					t.Errorf("after the end: %s", got)
				}
			}
		}
		synctest.Wait()
		if st := s.Stats(); st.Sessions > 0 || st.Streams > 0 {
			t.Errorf("%d sessions of %d streams are left", st.Sessions, st.Streams)
		}
		<-time.After(2 * boshRemembered)
	})
}

// What ends a stream over BOSH, such as the server's shutdown, need not wait for the request that binds just now.
func TestBindingOnAStreamThatIsOver(t *testing.T) {
	s := newTestServer(t)
	c, err := s.newStream("bosh", &sink{written: new(atomic.Int64)}, ClientAddr{}, "")
	if err != nil {
		t.Fatal(err)
	}
	c.state, c.host, c.user = awaitBind, s.hosts["guest.meet.example"], MustJID("a@guest.meet.example")
	c.over(errInactive)
	_ = c.bind(NewStanza(IQ, "set", JID{}, JID{}, NewElement(NSBind, "bind")).WithID("b"))
	if n := s.Stats().Sessions; n > 0 || len(s.Server.Sessions(c.user)) > 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// A stream over BOSH may be ended in the moment in which it begins.
func TestBOSHEndsAsItBegins(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.PreAuthTime = 1 })
	for range 200 {
		boshCall(t.Context(), s, boshOpen)
	}
	eventually(t, func() string {
		if n := s.Stats().Streams; n > 0 {
			return fmt.Sprintf("%d streams are left", n)
		}
		return ""
	})
}

// A client that waits for an answer is told why its stream ends.
func TestBOSHTellsTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bubbleServer(t, Limits{})
		el, err := ParseElement([]byte(boshCall(t.Context(), s, boshOpen)))
		if err != nil {
			t.Fatal(err)
		}
		got := boshCall(t.Context(), s, boshPoll("101", el.Attr("sid"))) // until the time to authenticate is over
		for _, want := range []string{`type="terminate"`, `condition="remote-stream-error"`, "<connection-timeout"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s", got, want)
			}
		}
		<-time.After(2 * boshRemembered)
	})
}
