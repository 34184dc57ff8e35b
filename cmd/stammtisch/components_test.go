package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/configs/datadir"
	"stammtisch/xmpp/accounts"
)

// diary notes what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// read returns what has happened so far.
func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// part is a component that is ready after some time and takes some to stop.
func (d *diary) part(name string, starts, stops time.Duration, result error) component {
	ready := make(chan struct{})
	return component{name: name, ready: ready, run: func(ctx context.Context) error {
		time.Sleep(starts)
		d.note("%s is up", name)
		close(ready)
		<-ctx.Done()
		d.note("%s is told to stop", name)
		time.Sleep(stops)
		d.note("%s is down", name)
		return result
	}}
}

func TestComponentsStartInOrderAndStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		ctx, cancel := context.WithCancel(t.Context())
		err := runAll(ctx, slog.New(slog.DiscardHandler), []component{
			d.part("one", time.Second, 500*time.Millisecond, nil),
			d.part("two", 2*time.Second, 0, errors.New("could not say goodbye")),
			d.part("three", 0, time.Second, nil),
		}, 5*time.Second, func() { d.note("all up"); cancel() })
		want := []string{"one is up", "two is up", "three is up", "all up", "three is told to stop", "three is down",
			"two is told to stop", "two is down", "one is told to stop", "one is down"}
		if !slices.Equal(d.read(), want) {
			t.Errorf("happened\n%s, want\n%s", strings.Join(d.read(), "\n"), strings.Join(want, "\n"))
		}
		if err == nil || err.Error() != "two: could not say goodbye" {
			t.Errorf("error %v, want two's", err)
		}
	})
}

// A component that the others' goodbyes go through stops after all of them, wherever it stands in the list.
func TestLastStopsLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		ctx, cancel := context.WithCancel(t.Context())
		web := d.part("web", 0, time.Second, nil)
		web.last = true
		err := runAll(ctx, slog.New(slog.DiscardHandler), []component{d.part("xmpp", 0, 0, nil), web, d.part("metrics", 0, 0, nil)}, 5*time.Second, cancel)
		want := []string{"xmpp is up", "web is up", "metrics is up", "metrics is told to stop", "metrics is down", "xmpp is told to stop", "xmpp is down",
			"web is told to stop", "web is down"}
		if err != nil || !slices.Equal(d.read(), want) {
			t.Errorf("happened\n%s, %v, want\n%s", strings.Join(d.read(), "\n"), err, strings.Join(want, "\n"))
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		err := runAll(ctx, slog.New(slog.DiscardHandler),
			[]component{d.part("quick", 0, 0, nil), d.part("stuck", 0, time.Minute, nil)}, 5*time.Second, cancel)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("stopping took %s, want the 5 s of grace", took)
		}
		if err == nil || err.Error() != "stuck did not stop within 5s" {
			t.Errorf("error %v, want one that names the stuck component", err)
		}
		if !slices.Contains(d.read(), "quick is down") {
			t.Errorf("the component before the stuck one was not stopped: %v", d.read())
		}
		time.Sleep(time.Minute) // until the stuck one ends, for the bubble's sake
	})
}

func TestFailedStartStopsTheStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		broken := component{name: "broken", ready: make(chan struct{}), run: func(context.Context) error { return errors.New("no port") }}
		err := runAll(t.Context(), slog.New(slog.DiscardHandler), []component{d.part("one", 0, 0, nil), broken, d.part("never", 0, 0, nil)},
			time.Second, func() { t.Error("reported as up") })
		if err == nil || err.Error() != "broken: no port" {
			t.Errorf("error %v, want broken's", err)
		}
		if want := []string{"one is up", "one is told to stop", "one is down"}; !slices.Equal(d.read(), want) {
			t.Errorf("happened %v, want %v", d.read(), want)
		}
	})
}

func TestComponentThatEndsStopsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(diary)
		brief := component{name: "brief", run: func(context.Context) error { time.Sleep(time.Minute); return nil }}
		err := runAll(t.Context(), slog.New(slog.DiscardHandler), []component{d.part("one", 0, 0, nil), brief}, time.Second, func() {})
		if err == nil || err.Error() != "brief: ended by itself" {
			t.Errorf("error %v, want brief's end", err)
		}
	})
}

// Where one component cannot start, those that are told to stop before they have begun have nothing to complain about.
func TestWatchingAccountsMayEndBeforeItBegins(t *testing.T) {
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
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := (&assembly{store: store}).endChangedAccounts(stopped); err != nil {
		t.Errorf("it says %v", err)
	}
}

func TestPortInUseIsOneClearError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = net.Listen("tcp", l.Addr().String())
	got := explain("web.listen", err).Error()
	if want := "web.listen: tcp " + l.Addr().String() + " is in use; is another stammtisch running?"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}
