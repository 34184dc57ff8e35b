package configs

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Key  string // path of the key, "web.tls"; empty when the file as a whole is meant
	Line int    // in the file; 0 when the value does not come from it
	Text string // what is wrong, and what would be right
}

// Error is everything that is wrong with a configuration.
type Error struct {
	File     string // empty without a configuration file
	Problems []Problem
}

// Error lists the problems, one per line, as compilers do.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		at := "configuration"
		if e.File != "" {
			at = filepath.Base(e.File)
		}
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", at, p.Line)
		}
		if p.Key != "" {
			at += ": " + p.Key
		}
		lines = append(lines, at+": "+p.Text)
	}
	return strings.Join(lines, "\n")
}

// report collects problems; lines knows where the file set which key.
type report struct {
	problems []Problem
	lines    map[string]int
}

func (r *report) add(key, format string, args ...any) {
	for _, p := range r.problems {
		if p.Key == key {
			return // the first problem of a key is the one to mend
		}
	}
	r.problems = append(r.problems, Problem{Key: key, Line: r.lines[key], Text: fmt.Sprintf(format, args...)})
}

func (r *report) err(file string) error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{File: file, Problems: r.problems}
}
