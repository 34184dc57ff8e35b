package main

import (
	"io"
	"log/slog"

	"stammtisch/configs"
	"stammtisch/configs/redact"
)

// newLogger returns the logger that the configuration asks for. Clients' addresses show only when it says so.
func newLogger(w io.Writer, cfg configs.Log) *slog.Logger {
	hide := redact.Replace(cfg.Addresses)
	opts := &slog.HandlerOptions{
		Level: cfg.SlogLevel(),
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.LevelKey && len(groups) == 0 && a.Value.Any() == configs.LevelTrace {
				return slog.String(slog.LevelKey, "TRACE")
			}
			return hide(groups, a)
		},
	}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
