package contain

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestDo(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	if !Do(log, func() {}) || out.Len() > 0 {
		t.Errorf("what returns is not contained: %q", out.String())
	}
	if Do(log, culprit) {
		t.Error("a panic counts as return")
	}
	for _, want := range []string{"level=ERROR", "index out of range", "contain.culprit"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, out.String())
		}
	}
}

func culprit() {
	var none []int
	none[len(none)]++
}
