package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kills is how many `register` processes are killed.
const kills = 200

// attempt is one `register`.
type attempt struct {
	user string
	done bool // it had exited 0
}

// Of 200 `register` processes, each killed at a random point while the server runs, every one that had said that it was done has made
// an account that logs in, also after a restart of the server, and none has left half an account.
func TestRegisterIsKilled(t *testing.T) {
	s := newSite(t, "meet.example")
	server := s.start(t)
	usual := time.Duration(0)
	for i := range 3 {
		start := time.Now()
		s.must(t, "register", fmt.Sprintf("sample%d", i), s.domain, "pw")
		usual = max(usual, time.Since(start))
	}
	attempts := make([]attempt, kills)
	var wg sync.WaitGroup
	queue := make(chan int)
	for range 3 {
		wg.Go(func() {
			limit := 2 * usual // follows the machine's pace, so that about half of them are killed
			for i := range queue {
				attempts[i] = registerAndKill(t, s, fmt.Sprintf("user%d", i), rand.N(limit))
				if attempts[i].done {
					limit -= limit / 8
				} else {
					limit += limit / 8
				}
			}
		})
	}
	for i := range attempts {
		queue <- i
	}
	close(queue)
	wg.Wait()
	if took, code := server.signal(t, syscall.SIGTERM); code != exitOK {
		t.Errorf("the server ended after %s with exit %d", took, code)
	}
	checkAccounts(t, s, attempts)
}

// registerAndKill runs `register` and kills it after a while, unless it has ended by then.
func registerAndKill(t *testing.T, s *site, user string, after time.Duration) attempt {
	cmd := s.program(t, "register", user, s.domain)
	cmd.Stdin = strings.NewReader("pw of " + user + "\n")
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return attempt{}
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	return attempt{user: user, done: cmd.Wait() == nil}
}

// checkAccounts checks the store, and logs in as everybody that it lists and everybody whose `register` was done.
func checkAccounts(t *testing.T, s *site, attempts []attempt) {
	t.Helper()
	listed := integrity(t, s)
	s.start(t)
	done, made := 0, 0
	for _, a := range attempts {
		if a.done {
			done++
		}
		if listed[a.user] {
			made++
		}
		if a.done && !listed[a.user] {
			t.Errorf("%s: register had exited 0, but there is no account", a.user)
		}
		if !a.done && !listed[a.user] {
			continue
		}
		p := overTCP(t, a.user, s.tcpAddr())
		if failed := p.logIn(t, s.domain, a.user, "pw of "+a.user); failed != nil {
			t.Errorf("%s (register exited 0: %t) cannot log in: %s", a.user, a.done, failed)
		}
		p.wire.cut()
	}
	t.Logf("%d of %d were done, %d accounts were made", done, len(attempts), made)
	if done == 0 || done == len(attempts) {
		t.Errorf("%d of %d were done: this kills too early or too late to show anything", done, len(attempts))
	}
}

// integrity runs the store's own check and returns the site's users.
func integrity(t *testing.T, s *site) map[string]bool {
	t.Helper()
	store, _, err := (&settings{config: s.config}).store(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := store.Check(t.Context()); err != nil {
		t.Errorf("integrity: %v", err)
	}
	list, err := store.List(t.Context(), s.domain)
	if err != nil {
		t.Fatal(err)
	}
	users := make(map[string]bool)
	for _, a := range list {
		users[a.User] = true
	}
	return users
}
