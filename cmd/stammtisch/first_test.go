package main

import (
	"bytes"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"stammtisch/configs"
	"stammtisch/configs/datadir"
	"stammtisch/xmpp/accounts"
)

func newAssembly(t *testing.T, log *bytes.Buffer) *assembly {
	t.Helper()
	dir, err := datadir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, err := accounts.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &assembly{cfg: &configs.Config{Domain: "meet.example"}, log: slog.New(slog.NewTextHandler(log, nil)), dir: dir, store: store}
}

var passwordForm = regexp.MustCompile(`[a-z2-7]{5}(-[a-z2-7]{5}){3}`)

func TestFirstAccountOnTerminal(t *testing.T) {
	var log bytes.Buffer
	a := newAssembly(t, &log)
	said := a.firstAccount(t.Context(), true)
	password := passwordForm.FindString(said)
	if _, ok, err := a.store.Verify(t.Context(), "host", "meet.example", password); err != nil || !ok {
		t.Errorf("the password in %q does not log in: %v", said, err)
	}
	if strings.Contains(log.String(), password) {
		t.Errorf("the log shows the password: %s", log.String())
	}
	if again := a.firstAccount(t.Context(), true); passwordForm.MatchString(again) || !strings.Contains(again, "with your account") {
		t.Errorf("the second start says %q", again)
	}
	if _, err := os.Stat(a.dir.Path(firstFile)); err == nil {
		t.Error("the password is also in a file")
	}
}

func TestFirstAccountWithoutTerminal(t *testing.T) {
	var log bytes.Buffer
	a := newAssembly(t, &log)
	if said := a.firstAccount(t.Context(), false); said != "" {
		t.Errorf("without a terminal it says %q", said)
	}
	info, err := os.Stat(a.dir.Path(firstFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("password file: %v, %v; want mode 600", info, err)
	}
	text, err := a.dir.Read(firstFile)
	if err != nil {
		t.Fatal(err)
	}
	password := passwordForm.FindString(string(text))
	if _, ok, err := a.store.Verify(t.Context(), "host", "meet.example", password); err != nil || !ok {
		t.Errorf("the password in the file does not log in: %v", err)
	}
	if !strings.Contains(log.String(), a.dir.Path(firstFile)) || strings.Contains(log.String(), password) {
		t.Errorf("the log must name the file and not show the password: %s", log.String())
	}
}
