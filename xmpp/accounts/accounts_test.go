package accounts

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stammtisch/configs/datadir"

	"github.com/xdg-go/scram"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(registerChild())
	}
	goleak.VerifyTestMain(m)
}

// open returns a store in dir (a fresh one for ""), closed at the end of the test, that watches quickly.
func open(t *testing.T, dir string) *SQLite {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	d, err := datadir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// login runs a SCRAM exchange as a client would and reports whether both sides are content.
func login(t *testing.T, hash scram.HashGeneratorFcn, c scram.StoredCredentials, password string) bool {
	t.Helper()
	server, err := hash.NewServer(func(string) (scram.StoredCredentials, error) { return c, nil })
	must(t, err)
	client, err := hash.NewClient("ana", password, "")
	must(t, err)
	cc, sc := client.NewConversation(), server.NewConversation()
	msg, err := cc.Step("")
	must(t, err)
	for !cc.Done() || !sc.Done() {
		answer, err := sc.Step(msg)
		if err != nil {
			return false
		}
		if msg, err = cc.Step(answer); err != nil {
			return false
		}
	}
	return cc.Valid() && sc.Valid()
}

func TestRegisteredAccountLogsIn(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	must(t, s.Register(ctx, "Ana", "Meet.Example", "pässword 1"))
	for _, name := range []string{"ana", "ANA"} {
		c, err := s.Lookup(ctx, name, "meet.example")
		must(t, err)
		if !c.Exists || c.User != "ana" || c.Host != "meet.example" {
			t.Errorf("Lookup(%s) = %s@%s, exists %v", name, c.User, c.Host, c.Exists)
		}
		for _, h := range []struct {
			name string
			hash scram.HashGeneratorFcn
			keys scram.StoredCredentials
		}{{"SHA-1", scram.SHA1, c.SHA1}, {"SHA-256", scram.SHA256, c.SHA256}} {
			if !login(t, h.hash, h.keys, "pässword 1") {
				t.Errorf("%s: right password refused", h.name)
			}
			if login(t, h.hash, h.keys, "password 1") {
				t.Errorf("%s: wrong password accepted", h.name)
			}
		}
	}
	for password, want := range map[string]bool{"pässword 1": true, "pa\u0308ssword\u00a01": true, "password 1": false, "": false} {
		_, got, err := s.Verify(ctx, "ana", "meet.example", password)
		if err != nil || got != want {
			t.Errorf("Verify(%q) = %v, %v; want %v", password, got, err, want)
		}
	}
}

func TestPasswordsAreNotStored(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	must(t, s.Register(t.Context(), "ana", "meet.example", "correct-horse-battery"))
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		if bytes.Contains(data, []byte("correct-horse")) {
			t.Errorf("%s holds the password", e.Name())
		}
	}
}

func TestErrors(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	must(t, s.Register(ctx, "ana", "meet.example", "secret"))
	for name, tt := range map[string]struct {
		do   func() error
		want error
	}{
		"twice":              {func() error { return s.Register(ctx, "ANA", "meet.example", "x") }, ErrExists},
		"passwd of nobody":   {func() error { return s.SetPassword(ctx, "ben", "meet.example", "x") }, ErrNotFound},
		"delete of nobody":   {func() error { return s.Delete(ctx, "ben", "meet.example") }, ErrNotFound},
		"no user":            {func() error { return s.Register(ctx, "", "meet.example", "x") }, ErrInvalid},
		"no host":            {func() error { return s.Register(ctx, "ben", "", "x") }, ErrInvalid},
		"address as user":    {func() error { return s.Register(ctx, "ben@meet.example", "meet.example", "x") }, ErrInvalid},
		"space in user":      {func() error { return s.Register(ctx, "ben b", "meet.example", "x") }, ErrInvalid},
		"bad host":           {func() error { return s.Register(ctx, "ben", "meet/example", "x") }, ErrInvalid},
		"empty password":     {func() error { return s.Register(ctx, "ben", "meet.example", "") }, ErrInvalid},
		"control character":  {func() error { return s.Register(ctx, "ben", "meet.example", "a\x00b") }, ErrInvalid},
		"endless password":   {func() error { return s.Register(ctx, "ben", "meet.example", strings.Repeat("x", 2000)) }, ErrInvalid},
		"invisible password": {func() error { return s.Register(ctx, "ben", "meet.example", "\u00ad") }, ErrInvalid},
	} {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
	}
	list, err := s.List(ctx, "")
	if err != nil || len(list) != 1 || list[0].JID() != "ana@meet.example" {
		t.Errorf("after all that the accounts are %v, %v", list, err)
	}
}

func TestErrorsDoNotShowPasswords(t *testing.T) {
	_, err := preparePassword("topsecret\x07")
	if err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("error is %v", err)
	}
}

func TestSetPasswordAndDelete(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	must(t, s.Register(ctx, "ana", "meet.example", "old"))
	before, err := s.Lookup(ctx, "ana", "meet.example")
	must(t, err)
	must(t, s.SetPassword(ctx, "ana", "meet.example", "new"))
	after, err := s.Lookup(ctx, "ana", "meet.example")
	must(t, err)
	if before.SHA1.Salt == after.SHA1.Salt || before.SHA256.Salt == after.SHA256.Salt {
		t.Error("a new password kept its salt")
	}
	if login(t, scram.SHA1, after.SHA1, "old") || !login(t, scram.SHA1, after.SHA1, "new") {
		t.Error("the new password does not replace the old one")
	}
	must(t, s.Delete(ctx, "ana", "meet.example"))
	gone, err := s.Lookup(ctx, "ana", "meet.example")
	must(t, err)
	if gone.Exists || login(t, scram.SHA1, gone.SHA1, "new") {
		t.Error("a deleted account logs in")
	}
}

func TestUnknownAccountsLookReal(t *testing.T) {
	dir := t.TempDir()
	s, ctx := open(t, dir), t.Context()
	must(t, s.Register(ctx, "ana", "meet.example", "secret"))
	real, err := s.Lookup(ctx, "ana", "meet.example")
	must(t, err)
	one, err := s.Lookup(ctx, "ben", "meet.example")
	must(t, err)
	again, err := open(t, dir).Lookup(ctx, "BEN", "meet.example") // another process, another spelling
	must(t, err)
	other, err := s.Lookup(ctx, "cem", "meet.example")
	must(t, err)
	if one.Exists || one.SHA1.Salt != again.SHA1.Salt || one.SHA256.Salt != again.SHA256.Salt {
		t.Error("made-up salt is not stable")
	}
	if one.SHA1.Salt == other.SHA1.Salt || one.SHA1.Salt == one.SHA256.Salt {
		t.Error("made-up salts repeat")
	}
	if len(one.SHA1.Salt) != len(real.SHA1.Salt) || one.SHA1.Iters != real.SHA1.Iters || len(one.SHA1.StoredKey) != len(real.SHA1.StoredKey) ||
		len(one.SHA256.Salt) != len(real.SHA256.Salt) || one.SHA256.Iters != real.SHA256.Iters || len(one.SHA256.StoredKey) != len(real.SHA256.StoredKey) {
		t.Error("made-up credentials differ in form from real ones")
	}
	if _, err := s.Lookup(ctx, "no name\x00", "???"); err != nil {
		t.Errorf("Lookup of an impossible name: %v, want made-up credentials", err)
	}
}

func TestRegisterFirst(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	for i, want := range []bool{true, false} {
		got, err := s.RegisterFirst(ctx, "host", "localhost", "pw")
		if err != nil || got != want {
			t.Errorf("start %d: RegisterFirst = %v, %v; want %v", i+1, got, err, want)
		}
	}
	must(t, s.Delete(ctx, "host", "localhost"))
	if got, err := s.RegisterFirst(ctx, "host", "localhost", "pw"); err != nil || got {
		t.Errorf("after its deletion: RegisterFirst = %v, %v; want false", got, err)
	}
	s = open(t, "")
	must(t, s.Register(ctx, "ana", "localhost", "secret"))
	if got, err := s.RegisterFirst(ctx, "host", "localhost", "pw"); err != nil || got {
		t.Errorf("with an account: RegisterFirst = %v, %v; want false", got, err)
	}
	must(t, s.Delete(ctx, "ana", "localhost"))
	if got, err := s.RegisterFirst(ctx, "host", "localhost", "pw"); err != nil || got {
		t.Errorf("once started with an account: RegisterFirst = %v, %v; want false", got, err)
	}
}

// What another process changes arrives, in order, and nothing from before.
func TestWatchSeesOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	s, cli, ctx := open(t, dir), open(t, dir), t.Context()
	must(t, cli.Register(ctx, "before", "meet.example", "x"))
	watch, cancel := context.WithCancel(ctx)
	changes, err := s.Watch(watch)
	must(t, err)
	must(t, cli.Register(ctx, "ana", "meet.example", "x"))
	must(t, cli.SetPassword(ctx, "ana", "meet.example", "y"))
	must(t, s.Register(ctx, "ben", "meet.example", "x")) // our own process counts too
	must(t, cli.Delete(ctx, "ana", "meet.example"))
	for _, want := range []Change{{Registered, "ana", "meet.example"}, {PasswordChanged, "ana", "meet.example"},
		{Registered, "ben", "meet.example"}, {Deleted, "ana", "meet.example"}} {
		select {
		case got := <-changes:
			if got != want {
				t.Errorf("change %+v, want %+v", got, want)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("no change within 2 s, want %+v", want)
		}
	}
	cancel()
	if c, open := <-changes; open {
		t.Errorf("after the end of the watch: %+v, want a closed channel", c)
	}
}

func TestCloseEndsWatches(t *testing.T) {
	d, err := datadir.Open(t.TempDir())
	must(t, err)
	s, err := Open(t.Context(), d)
	must(t, err)
	changes, err := s.Watch(t.Context())
	must(t, err)
	must(t, s.Close())
	if _, open := <-changes; open {
		t.Error("a change after Close")
	}
}

// A store whose file is not the one that other processes open any more sees no more changes, and says so.
func TestReplacedFileEndsWatches(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	changes, err := s.Watch(t.Context())
	must(t, err)
	must(t, s.Ping(t.Context()))
	must(t, os.Rename(filepath.Join(dir, FileName), filepath.Join(dir, "moved")))
	if c, open := <-changes; open {
		t.Errorf("a change: %+v", c)
	}
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
		t.Errorf("Ping: %v", err)
	}
}

func TestDiskFullIsNamed(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	s.db.SetMaxOpenConns(1) // so that the limit below is the writer's
	var pages int
	must(t, s.db.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages))
	if _, err := s.db.ExecContext(ctx, `PRAGMA max_page_count = `+itoa(pages)); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = s.Register(ctx, "user"+itoa(i), "meet.example", "x")
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Fatalf("error %v, want ErrDiskFull", err)
	}
	must(t, s.Check(ctx))
	if _, err := s.List(ctx, ""); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.db.ExecContext(t.Context(), `PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	d, err := datadir.Open(dir)
	must(t, err)
	if s, err := Open(t.Context(), d); err == nil {
		_ = s.Close()
		t.Error("Open accepted a newer schema")
	} else if !strings.Contains(err.Error(), "newer") {
		t.Errorf("error %v does not say so", err)
	}
}

func TestForeignFileIsRefused(t *testing.T) {
	d, err := datadir.Open(t.TempDir())
	must(t, err)
	must(t, d.Write(FileName, []byte(strings.Repeat("this is no database ", 500))))
	if s, err := Open(t.Context(), d); err == nil {
		_ = s.Close()
		t.Error("Open accepted a file of text")
	} else if !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v, want one that says damaged", err)
	}
}

func FuzzPrepare(f *testing.F) {
	for _, s := range []string{"", "ana", "Ana", "ä", "a@b", "\xff", "\u0340", "💬", "\u2060", "a b"} {
		f.Add(s, "meet.example", s)
	}
	f.Fuzz(func(t *testing.T, user, host, password string) {
		if u, h, err := prepareName(user, host); err == nil {
			if u2, h2, err := prepareName(u, h); err != nil || u2 != u || h2 != h {
				t.Errorf("prepared %q@%q becomes %q@%q, %v when prepared again", u, h, u2, h2, err)
			}
		}
		if p, err := preparePassword(password); err == nil && p == "" {
			t.Errorf("password %q prepared to nothing", password)
		}
	})
}

// Each time a password is set it has another name, also if it is the same one, so that a login tells which of them it was made with.
func TestPasswordID(t *testing.T) {
	s, ctx := open(t, ""), t.Context()
	id := func() string {
		c, err := s.Lookup(ctx, "ana", "meet.example")
		must(t, err)
		return c.PasswordID()
	}
	seen := map[string]bool{id(): true}
	if !seen[""] {
		t.Errorf("the password of nobody is named %v", seen)
	}
	set := func(err error) {
		must(t, err)
		now := id()
		if seen[now] || now != id() {
			t.Errorf("a password is named %q, the ones before %v", now, seen)
		}
		seen[now] = true
	}
	set(s.Register(ctx, "ana", "meet.example", "secret"))
	set(s.SetPassword(ctx, "ana", "meet.example", "secret"))
	must(t, s.Delete(ctx, "ana", "meet.example"))
	if last := id(); last != "" {
		t.Errorf("after the end of the account its password is named %q", last)
	}
	set(s.Register(ctx, "ana", "meet.example", "secret"))
}
