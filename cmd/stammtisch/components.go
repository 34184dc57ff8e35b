package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"syscall"
	"time"
)

// component is a part that runs for as long as the server does.
type component struct {
	name string
	// run blocks until ctx ends and then says goodbye within a time of its own. It returns nil when asked to stop.
	run func(ctx context.Context) error
	// ready is closed when others may rely on the component; nil when they may from the start.
	ready <-chan struct{}
	// last is for one that is to stop after all others, whenever it started: the others' goodbyes go through it.
	last bool
}

// running is a component that has been started.
type running struct {
	component
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned
	err    error         // what it returned; read after done
}

// runAll starts the components in order, calls up when all are ready, and stops them in stopOrder when ctx ends or one of them fails.
// All are visited even when some fail; grace bounds the stop as a whole.
func runAll(ctx context.Context, log *slog.Logger, list []component, grace time.Duration, up func()) error {
	failed := make(chan struct{}, len(list)) // buffered: nobody waits for us to look
	started, ready := startAll(ctx, list, failed)
	if ready {
		up()
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case <-failed:
		}
	}
	return stopAll(started, grace)
}

// startAll starts one component after the other is ready. It returns those it has started, and whether all are ready; otherwise one
// has failed or ctx has ended.
func startAll(ctx context.Context, list []component, failed chan<- struct{}) (started []*running, ready bool) {
	for _, c := range list {
		// Its own context: the order of stopping is ours.
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r := &running{component: c, cancel: cancel, done: make(chan struct{})}
		go func() {
			r.err = c.run(own)
			if r.err == nil && own.Err() == nil {
				r.err = errors.New("ended by itself")
			}
			close(r.done)
			failed <- struct{}{}
		}()
		started = append(started, r)
		if c.ready == nil {
			continue
		}
		select {
		case <-c.ready:
		case <-r.done:
			return started, false // stopAll tells why
		case <-ctx.Done():
			return started, false
		}
	}
	return started, ctx.Err() == nil
}

// stopOrder is what was started, last first, but for those that stop after all others.
func stopOrder(started []*running) []*running {
	order := slices.Clone(started)
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b *running) int {
		switch {
		case a.last == b.last:
			return 0
		case b.last:
			return -1
		}
		return 1
	})
	return order
}

// stopAll stops what was started, in stopOrder, and returns what went wrong in any of them.
func stopAll(started []*running, grace time.Duration) error {
	over, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	deadline, _ := over.Deadline()
	order := stopOrder(started)
	for _, r := range order {
		r.cancel()
		// Half of the time that is left, so that one that hangs leaves some to the others.
		wait, done := context.WithTimeout(over, time.Until(deadline)/2)
		select {
		case <-r.done:
		case <-wait.Done():
		}
		done()
	}
	var errs []error
	for _, r := range order {
		select {
		case <-r.done:
		case <-over.Done():
		}
		select {
		case <-r.done: // also when both were so far
			if r.err != nil {
				errs = append(errs, explain(r.name, r.err))
			}
		default:
			errs = append(errs, fmt.Errorf("%s did not stop within %s", r.name, grace))
		}
	}
	return errors.Join(errs...)
}

// explain puts into words what an operator meets at the start.
func explain(name string, err error) error {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: %s %s is in use; is another stammtisch running?", name, op.Net, op.Addr)
	case errors.As(err, &op) && op.Op == "listen" && errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: not allowed to listen on %s %s; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE", name, op.Net, op.Addr)
	case errors.As(err, &op) && op.Op == "listen" && errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: %s is no address of this machine", name, op.Addr)
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
}
