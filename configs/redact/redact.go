// Package redact has types whose values do not show in logs unless the operator asks for them (`log.addresses`).
//
// It is not for secrets: passwords are never logged at all. Read Addr first.
package redact

import "log/slog"

// Addr is a client's network address, "192.0.2.1" or "192.0.2.1:4711". Printed or logged it reads "[address]".
type Addr string

// String returns "[address]", or "" for no address.
func (a Addr) String() string {
	if a == "" {
		return ""
	}
	return "[address]"
}

// GoString keeps %#v from showing the address.
func (a Addr) GoString() string { return a.String() }

// MarshalText keeps encoders (JSON logs among them) from showing the address.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Reveal returns the address itself. Limits and counters may use it; what is logged or sent may not.
func (a Addr) Reveal() string { return string(a) }

// Replace returns a slog.HandlerOptions.ReplaceAttr function that shows addresses when reveal is set and hides them otherwise.
func Replace(reveal bool) func(groups []string, a slog.Attr) slog.Attr {
	return func(_ []string, a slog.Attr) slog.Attr {
		if addr, ok := a.Value.Any().(Addr); ok {
			if reveal {
				return slog.String(a.Key, addr.Reveal())
			}
			return slog.String(a.Key, addr.String())
		}
		return a
	}
}
