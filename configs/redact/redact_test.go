package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestAddressHidesUnlessAsked(t *testing.T) {
	const secret = "192.0.2.7:4711"
	for _, reveal := range []bool{false, true} {
		var buf bytes.Buffer
		opts := &slog.HandlerOptions{ReplaceAttr: Replace(reveal)}
		slog.New(slog.NewTextHandler(&buf, opts)).Info("connected", "addr", Addr(secret))
		slog.New(slog.NewJSONHandler(&buf, opts)).Info("connected", "addr", Addr(secret))
		want := 0
		if reveal {
			want = 2
		}
		if got := strings.Count(buf.String(), secret); got != want {
			t.Errorf("reveal %v: address appears %d times, want %d, in\n%s", reveal, got, want, buf.String())
		}
	}
}

func TestAddressNeverPrints(t *testing.T) {
	a := Addr("192.0.2.7")
	enc, err := json.Marshal(map[string]any{"a": a})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(a), fmt.Sprintf("%v %+v %#v %q", a, a, a, a), string(enc)} {
		if strings.Contains(s, "192") {
			t.Errorf("address shows in %q", s)
		}
	}
}
