package accounts

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"stammtisch/configs/datadir"
)

// childEnv makes the test binary register one account and exit: "DIR" with the account's name as its argument.
const childEnv = "STAMMTISCH_TEST_REGISTER_IN"

func itoa(n int) string { return strconv.Itoa(n) }

// registerChild is `stammtisch register` without the command line: exit 0 promises that the account is kept.
func registerChild() int {
	d, err := datadir.Open(os.Getenv(childEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := Open(context.Background(), d)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	user := os.Args[1]
	if err := s.Register(context.Background(), user, "meet.example", "password of "+user); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// registerKilled starts a child that registers user and kills it after some time. It reports whether the child had succeeded.
func registerKilled(dir, user string, after time.Duration) (bool, error) {
	cmd := exec.Command(os.Args[0], user)
	cmd.Env = append(os.Environ(), childEnv+"="+dir, "GOMAXPROCS=1")
	if err := cmd.Start(); err != nil {
		return false, err
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() > 0 {
		return false, fmt.Errorf("register %s: %w", user, err)
	}
	return err == nil, nil
}

// The promise of `register`: killed at any point, 200 times, while a server has the store open, no account that was acknowledged is
// lost, and the database is whole.
func TestRegisterSurvivesKill(t *testing.T) {
	const times, parallel = 200, 4
	dir := t.TempDir()
	server := open(t, dir)
	start := time.Now()
	if ok, err := registerKilled(dir, "calibration", time.Minute); !ok || err != nil {
		t.Fatalf("undisturbed register: %v, %v", ok, err)
	}
	whole := time.Since(start) * parallel / 2 // the machine is about to be busier

	var mu sync.Mutex
	acknowledged := []string{"calibration"}
	var wg sync.WaitGroup
	for w := range parallel {
		wg.Go(func() {
			limit := whole // follows the machine's pace, so that about half of them are killed
			for i := w; i < times; i += parallel {
				user := "user" + itoa(i)
				ok, err := registerKilled(dir, user, rand.N(limit))
				if err != nil {
					t.Error(err)
				}
				if !ok {
					limit += limit / 8
				} else {
					limit -= limit / 8
					mu.Lock()
					acknowledged = append(acknowledged, user)
					mu.Unlock()
				}
				if _, err := server.Lookup(t.Context(), user, "meet.example"); err != nil {
					t.Errorf("the server's own look-up meanwhile: %v", err)
				}
			}
		})
	}
	wg.Wait()
	restarted := open(t, dir)
	if err := restarted.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for _, user := range acknowledged {
		if _, ok, err := restarted.Verify(t.Context(), user, "meet.example", "password of "+user); err != nil || !ok {
			t.Errorf("%s was acknowledged and cannot log in: %v, %v", user, ok, err)
		}
	}
	if n := len(acknowledged) - 1; n == 0 || n == times {
		t.Errorf("%d of %d registrations got through: the kills did not hit", n, times)
	}
}

// Two processes that create the database at the same moment both succeed.
func TestConcurrentFirstOpen(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if ok, err := registerKilled(dir, "user"+itoa(i), time.Minute); !ok || err != nil {
				t.Errorf("process %d: %v, %v", i, ok, err)
			}
		})
	}
	wg.Wait()
	list, err := open(t, dir).List(t.Context(), "meet.example")
	if err != nil || len(list) != 4 {
		t.Errorf("accounts %v, %v; want 4", list, err)
	}
}
