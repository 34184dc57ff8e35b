package meetweb

import (
	"context"
	"log/slog"
	"regexp"
)

// quiet takes the clients' addresses out of what net/http itself logs (handshakes that failed, mostly): those lines are text.
type quiet struct{ slog.Handler }

var fromAddr = regexp.MustCompile(`from (\[[^\]]*\]|[0-9.]+):[0-9]+`)

// Handle passes the record on without addresses.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Message = fromAddr.ReplaceAllString(r.Message, "from a client")
	return q.Handler.Handle(ctx, r)
}
