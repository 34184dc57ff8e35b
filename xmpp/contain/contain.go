// Package contain keeps a panic inside the one thing in which it happened, a room or a conference, so that it does not end the process
// and with it everybody else's. What panicked is not to be used any further: its owner ends it.
package contain

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Do calls f and says whether it returned. A panic in it is logged.
func Do(log *slog.Logger, f func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			Log(log, p)
			ok = false
		}
	}()
	f()
	return true
}

// Log notes that p was recovered, with the stack of what panicked. Call it from the deferred function that recovered.
func Log(log *slog.Logger, p any) {
	log.Error("panic: a bug, please report it", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}
