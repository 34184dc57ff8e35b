package meetweb

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"
)

// bodyTime is how long a request's body may take to arrive.
const bodyTime = 30 * time.Second

// limitWrite bounds how long a reader may take for a file, so that slow readers do not pile up.
func limitWrite(w http.ResponseWriter) {
	// Not every ResponseWriter has deadlines (those of tests have none), and none is no error to anybody.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * time.Minute))
}

// limitRead bounds how long a body may take, and how much bodies hold. The server's own ReadTimeout cannot do it: that goes on after the body and would end
// the requests that BOSH holds open.
func limitRead(held *bodies, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			h.ServeHTTP(w, r)
			return
		}
		body := &boundBody{ReadCloser: r.Body, held: held, network: networkOf(r)}
		defer body.free()
		control := http.NewResponseController(w)
		if err := control.SetReadDeadline(time.Now().Add(bodyTime)); err == nil {
			body.control = control
		}
		r.Body = body
		h.ServeHTTP(w, r)
	})
}

// boundBody counts what it has read, and lifts the deadline when it has come to its end.
type boundBody struct {
	io.ReadCloser
	control *http.ResponseController // nil where there is no deadline
	held    *bodies
	network netip.Addr

	read int
	err  error // what ended it; sticky
}

// Read reads from the body.
func (b *boundBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	if n > 0 && !b.held.add(b.network, n) {
		n, err = 0, errTooManyBodies
	}
	b.read += n
	if b.err = err; errors.Is(err, io.EOF) && b.control != nil {
		_ = b.control.SetReadDeadline(time.Time{}) // it could be set, so it can be lifted
	}
	return n, err
}

// free is called when the request has been worked on.
func (b *boundBody) free() { b.held.add(b.network, -b.read) }
