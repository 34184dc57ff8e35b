package focus

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// A room's name may say who meets there: above the debug level conferences are numbers.
func TestRoomNamesAreNotLogged(t *testing.T) {
	r := &runner{id: 7, room: standup}
	var buf bytes.Buffer
	f := &Focus{cfg: testConfig, log: slog.New(slog.NewTextHandler(&buf, nil))}
	f.link = &fakeLink{}
	c, err := f.newConference(r, false, properties{})
	if err != nil {
		t.Fatal(err)
	}
	c.stop("everybody has left", false)
	if out := buf.String(); strings.Contains(out, standup.Local()) || !strings.Contains(out, "conference=7") {
		t.Errorf("logged: %s", out)
	}
}
