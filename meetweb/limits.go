package meetweb

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// bodyTime is how long a request's body may take to arrive.
const bodyTime = 30 * time.Second

// limitWrite bounds how long a reader may take for a file, so that slow readers do not pile up.
func limitWrite(w http.ResponseWriter) {
	// Not every ResponseWriter has deadlines (those of tests have none), and none is no error to anybody.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * time.Minute))
}

// limitRead bounds how long a body may take. The server's own ReadTimeout cannot do it: that goes on after the body and would end
// the requests that BOSH holds open.
func limitRead(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			h.ServeHTTP(w, r)
			return
		}
		control := http.NewResponseController(w)
		if err := control.SetReadDeadline(time.Now().Add(bodyTime)); err == nil {
			r.Body = &timedBody{ReadCloser: r.Body, control: control}
		}
		h.ServeHTTP(w, r)
	})
}

// timedBody lifts the deadline when the body has come to its end.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads from the body.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{}) // it could be set, so it can be lifted
	}
	return n, err
}
