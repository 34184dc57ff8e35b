package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A second process on the same ports says one thing and ends; the first serves on.
func TestSecondProcess(t *testing.T) {
	s := newSite(t, "meet.example")
	s.must(t, "register", "host", s.domain, "hostpw")
	first := s.start(t)
	host := overWebSocket(t, "host", s.webSocketURL("x"))
	openRoom(t, host, s, s.room("x"))
	code, errs := s.do(t, "serve")
	var said []string
	for line := range strings.Lines(errs) {
		if strings.HasPrefix(line, "stammtisch: ") {
			said = append(said, line)
		}
	}
	if code != exitFailure || len(said) != 1 || !strings.Contains(said[0], "is in use; is another stammtisch running?") {
		t.Errorf("the second process: exit %d, it says\n%s", code, errs)
	}
	host.say(t, s.room("x"), "still here")
	host.await(t, "its own words", says(s.room("x")+"/host", "still here"))
	guest := overWebSocket(t, "guest", s.webSocketURL("x"))
	joinRoom(t, guest, s, s.room("x"))
	if took, code := first.signal(t, syscall.SIGTERM); code != exitOK {
		t.Errorf("the first process ended after %s with exit %d", took, code)
	}
}

// `register` on a full disk says so and makes nothing; what was there works, and so does the next one when there is room again.
func TestRegisterOnAFullDisk(t *testing.T) {
	s := newSite(t, "meet.example")
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=512k,mode=0700"); err != nil {
		t.Skipf("no file system of our own (%v): the store's own tests say what a full one does", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s.must(t, "register", "before", s.domain, "pw")
	server := s.start(t)
	filler := filepath.Join(data, "filler")
	fillDisk(t, filler)
	refused := 0
	for refused == 0 {
		code, errs := s.do(t, "register", "late", s.domain, "pw")
		if code == exitOK { // the database had room inside
			s.must(t, "deluser", "late", s.domain)
			fillDisk(t, filler)
			continue
		}
		refused++
		if lines := strings.Count(errs, "\n"); code != exitFailure || lines != 1 || !strings.Contains(errs, "disk") || !strings.Contains(errs, "full") {
			t.Errorf("register on a full disk: exit %d, %q, want one line that says so", code, errs)
		}
	}
	if failed := overTCP(t, "before", s.tcpAddr()).logIn(t, s.domain, "before", "pw"); failed != nil {
		t.Errorf("login while the disk is full: %s", failed)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if users := integrity(t, s); users["late"] {
		t.Error("the account that was refused is there")
	}
	s.must(t, "register", "late", s.domain, "pw")
	if failed := overTCP(t, "late", s.tcpAddr()).logIn(t, s.domain, "late", "pw"); failed != nil {
		t.Errorf("login when there is room again: %s", failed)
	}
	if took, code := server.signal(t, syscall.SIGTERM); code != exitOK {
		t.Errorf("the server ended after %s with exit %d", took, code)
	}
}

// fillDisk takes all the space that is left, into one file.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A server whose account store was replaced, as by a backup that was put back, says so and ends with a goodbye: it would not see any more
// whom the commands delete.
func TestReplacedAccounts(t *testing.T) {
	s := newSite(t, "meet.example")
	s.must(t, "register", "ana", s.domain, "pw")
	server := s.start(t)
	ana := overTCP(t, "ana", s.tcpAddr())
	if failed := ana.logIn(t, s.domain, "ana", "pw"); failed != nil {
		t.Fatal(failed)
	}
	data := filepath.Join(s.dir, "data")
	if err := os.Rename(data, data+"-before"); err != nil {
		t.Fatal(err)
	}
	s.must(t, "register", "ben", s.domain, "pw")
	if end := ana.await(t, "the stream's goodbye", named("error")); end.at("system-shutdown") == nil {
		t.Errorf("the stream's goodbye is %s", end)
	}
	<-server.done
	if code := server.cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(server.log.String(), "was removed or replaced") {
		t.Errorf("exit %d, log\n%s", code, server.log)
	}
	s.start(t)
	if failed := overTCP(t, "ben", s.tcpAddr()).logIn(t, s.domain, "ben", "pw"); failed != nil {
		t.Errorf("after the next start: %s", failed)
	}
}
