// Package pionlog lets the pion libraries log through log/slog.
//
// Their messages hold peers' addresses and call every peer's mistake a warning, so all of them go to debug or below.
package pionlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// LevelTrace is below debug: single packets and steps.
const LevelTrace = slog.LevelDebug - 4

// New returns a factory whose loggers write to log, with the library's part as attribute "pion".
func New(log *slog.Logger) logging.LoggerFactory { return factory{log} }

type factory struct{ log *slog.Logger }

func (f factory) NewLogger(scope string) logging.LeveledLogger {
	return logger{f.log.With("pion", scope)}
}

type logger struct{ log *slog.Logger }

func (l logger) printf(level slog.Level, format string, args []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, fmt.Errorf(format, args...).Error()) // pion uses %w too
	}
}

func (l logger) print(level slog.Level, msg string) { l.log.Log(context.Background(), level, msg) }

func (l logger) Trace(msg string)                  { l.print(LevelTrace, msg) }
func (l logger) Tracef(format string, args ...any) { l.printf(LevelTrace, format, args) }
func (l logger) Debug(msg string)                  { l.print(LevelTrace, msg) }
func (l logger) Debugf(format string, args ...any) { l.printf(LevelTrace, format, args) }
func (l logger) Info(msg string)                   { l.print(slog.LevelDebug, msg) }
func (l logger) Infof(format string, args ...any)  { l.printf(slog.LevelDebug, format, args) }
func (l logger) Warn(msg string)                   { l.print(slog.LevelDebug, msg) }
func (l logger) Warnf(format string, args ...any)  { l.printf(slog.LevelDebug, format, args) }
func (l logger) Error(msg string)                  { l.print(slog.LevelDebug, msg) }
func (l logger) Errorf(format string, args ...any) { l.printf(slog.LevelDebug, format, args) }
