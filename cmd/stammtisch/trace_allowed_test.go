package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// allowance is a line of allowed.txt.
type allowance struct {
	line, kind, pattern string
	match               *regexp.Regexp
	used                bool
}

// allowances are the differences from the recordings that are meant.
type allowances struct {
	mu   sync.Mutex
	list []*allowance
}

// readAllowances reads allowed.txt: kind, path and, after a dash, the reason. A path may have * for any text.
func readAllowances(t *testing.T) *allowances {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "traces", "allowed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := new(allowances)
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, reason, _ := strings.Cut(line, " — ")
		kind, pattern, ok := strings.Cut(strings.TrimSpace(rule), " ")
		if !ok || kind != "absent" && kind != "value" || reason == "" {
			t.Errorf("allowed.txt: %q is not: absent|value PATH — REASON", line)
			continue
		}
		pattern = strings.TrimSpace(pattern)
		match := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
		all.list = append(all.list, &allowance{line: line, kind: kind, pattern: pattern, match: match})
	}
	return all
}

// refused returns the differences that no line allows.
func (all *allowances) refused(diffs []difference) (left []difference) {
	for _, d := range diffs {
		if len(all.find(d)) == 0 {
			left = append(left, d)
		}
	}
	return left
}

func (all *allowances) find(d difference) (found []*allowance) {
	for _, a := range all.list {
		if a.kind == d.kind && a.match.MatchString(d.path) {
			found = append(found, a)
		}
	}
	return found
}

// use notes that the differences were met.
func (all *allowances) use(diffs []difference) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, d := range diffs {
		for _, a := range all.find(d) {
			a.used = true
		}
	}
}

// unused fails for every line that allowed nothing: it would hide the day on which it is needed again.
func (all *allowances) unused(t *testing.T) {
	t.Helper()
	for _, a := range all.list {
		if !a.used {
			t.Errorf("allowed.txt: nothing matches %q: remove it", a.line)
		}
	}
}
