package meetweb

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
	h := limitRead(&bodies{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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

// Who uploads much at once is refused; others are not, and when it is over there is room again.
func TestBodiesAreBounded(t *testing.T) {
	held := &bodies{}
	enter, leave := make(chan struct{}), make(chan struct{})
	h := limitRead(held, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if r.URL.Path == "/stay" {
			enter <- struct{}{}
			<-leave
		}
	}))
	post := func(path, from string, size int) int {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", size)))
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	const one, neighbour, other = "[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1"
	done := make(chan int)
	go func() { done <- post("/stay", one, bodiesPerAddress-10) }()
	<-enter
	for _, tt := range []struct {
		from string
		size int
		want int
	}{{one, 5, 200}, {one, 1000, 400}, {neighbour, 1000, 400}, {other, 1000, 200}} {
		if got := post("/", tt.from, tt.size); got != tt.want {
			t.Errorf("%d bytes from %s: %d, want %d", tt.size, tt.from, got, tt.want)
		}
	}
	close(leave)
	if got := <-done; got != 200 {
		t.Errorf("the first upload ends with %d", got)
	}
	if got := post("/", one, 1000); got != 200 || held.all != 0 || len(held.byNet) != 0 {
		t.Errorf("afterwards: %d, %d bytes held", got, held.all)
	}
}
