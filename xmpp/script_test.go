package xmpp

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// covers says whether got has all that want has: attributes and children, in whatever order.
func covers(got, want *Element) bool {
	if got.Name != want.Name || got.Space != want.Space || want.Text != "*" && want.Text != "" && got.Text != want.Text {
		return false
	}
	for _, a := range want.Attrs {
		if v, ok := got.LookupAttr(a.Name); !ok || a.Value != "*" && v != a.Value {
			return false
		}
	}
	for _, w := range want.Children {
		found := false
		for _, g := range got.Children {
			found = found || covers(g, w)
		}
		if !found {
			return false
		}
	}
	return true
}

// play holds the conversation of a script: lines with C: are sent, lines with S: must be received, in order.
func play(t *testing.T, c *client, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		who, line, _ := strings.Cut(lines.Text(), ": ")
		switch who {
		case "C":
			c.send(line)
		case "S":
			want, err := parseTopLevel([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			var seen []string
			for {
				text, err := c.recv()
				if err != nil {
					t.Fatalf("waiting for %s: %v\nreceived %q", line, err, seen)
				}
				seen = append(seen, text)
				got, err := parseTopLevel([]byte(text))
				if err != nil {
					t.Fatalf("received %s: %v", text, err)
				}
				if covers(got, want) {
					break
				}
			}
		}
	}
}

// A stock client's recorded connection set-up, against this server with a focus on a link.
func TestRecordedGuestSetup(t *testing.T) {
	s := newTestServer(t)
	if err := s.ClientProxy("focus.meet.example", MustJID("focus@auth.meet.example")); err != nil {
		t.Fatal(err)
	}
	room := &component{}
	if err := s.Component("conference.meet.example", room); err != nil {
		t.Fatal(err)
	}
	focus := s.link("focus@auth.meet.example/focus")
	answered := make(chan error, 1)
	go func() {
		st, err := focus.Receive(t.Context())
		if err == nil {
			el := NewElement(NSFocus, "conference", "ready", "true", "room", st.Find(NSFocus, "conference").Attr("room"))
			err = focus.Send(st.Result(el))
		}
		answered <- err
	}()
	play(t, s.dialWS("?room=standup"), "testdata/guest-setup.script")
	if err := <-answered; err != nil {
		t.Errorf("the focus: %v", err)
	}
	if got := room.take(); len(got) != 2 || got[1].Type != "unavailable" || got[0].From != got[1].From {
		t.Errorf("the room receives %v", got)
	}
}
