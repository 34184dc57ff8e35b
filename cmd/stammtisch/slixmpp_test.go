package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// slixmppPython returns an interpreter that has Debian's python3-slixmpp; another one may come first in PATH.
func slixmppPython(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import slixmpp").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 with slixmpp: install Debian's python3-slixmpp")
	return ""
}

// A client that nobody here wrote logs in over TCP with SCRAM and with ANONYMOUS, creates a conference, joins its room, chats,
// configures it and leaves.
func TestSlixmppHoldsARoom(t *testing.T) {
	t.Setenv("STAMMTISCH_CONFIG", "")
	python := slixmppPython(t)
	s := newSite(t, "meet.example")
	s.account(t, "host", s.domain, "hostpw")
	s.inProcess(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "testdata/slixmpp_room.py", fmt.Sprint(s.xmpp), s.domain, "host", "hostpw").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\ndone\n") {
		t.Errorf("slixmpp: %v\n%s", err, out)
	}
}
