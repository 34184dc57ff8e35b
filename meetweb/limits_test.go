package meetweb

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// deadlines notes what a handler asks of its connection.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A body has a limit, which is gone once the body is there: what BOSH then waits for may take long.
func TestBodyDeadlineEndsWithTheBody(t *testing.T) {
	var w deadlines
	h := limitRead(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if len(w.set) != 1 || w.set[0].IsZero() {
			t.Errorf("before the body the deadlines are %v, want one", w.set)
		}
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		if len(w.set) != 2 || !w.set[1].IsZero() {
			t.Errorf("after the body the deadlines are %v, want it lifted", w.set)
		}
	}))
	r, err := http.NewRequest(http.MethodPost, "/http-bind", strings.NewReader("<body/>"))
	must(t, err)
	h.ServeHTTP(&w, r)
}

// The same through the whole server: the answer comes after the body, and nothing has cut the connection.
func TestBodyReachesHandler(t *testing.T) {
	s := newServer(t, func(_ *Config, d *Deps) {
		d.Metrics = prometheus.NewRegistry()
		d.BOSH = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.Context().Err() != nil {
				t.Errorf("body %q, %v, %v", body, err, r.Context().Err())
			}
			_, _ = w.Write(body)
		})
	})
	c, err := net.Dial("tcp", start(t, s))
	must(t, err)
	defer c.Close()
	in := bufio.NewReader(c)
	for range 2 { // on one connection
		_, err = fmt.Fprintf(c, "POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n<body/>")
		must(t, err)
		r, err := http.ReadResponse(in, nil)
		must(t, err)
		if got := body(t, r); got != "<body/>" {
			t.Errorf("answer %q", got)
		}
	}
}
