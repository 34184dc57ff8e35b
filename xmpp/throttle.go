package xmpp

import (
	"net/netip"
	"sync"
	"time"
)

// Failed attempts to authenticate make the next ones wait: those on the same account from the same network the longest, those on
// the same account less, those from the same network, which may be a whole office behind one address, the least. Only the first is
// ever refused, so that nobody can lock an account's owner or a network out. Failures are forgotten one every forgetTime.
const (
	freeFailures  = 4
	accountWait   = 2 * time.Second // at most, for an account
	networkWait   = time.Second     // at most, for a network
	bothWait      = 8 * time.Second // at most, for an account from a network; beyond it is refused
	forgetTime    = 20 * time.Second
	throttleBound = 10000 // entries of the table
)

// throttleKey is an account (network zero), a network (account zero), or both.
type throttleKey struct {
	account JID
	network netip.Addr
}

type throttleEntry struct {
	failures int
	last     time.Time // when failures was brought up to date
	free     time.Time // when the next attempt may be made
}

// throttle remembers failures in a bounded table.
type throttle struct {
	mu      sync.Mutex
	entries map[throttleKey]*throttleEntry // guarded by mu
}

func throttleKeys(user JID, a ClientAddr) [3]throttleKey {
	return [3]throttleKey{{account: user, network: a.network()}, {account: user}, {network: a.network()}}
}

// wait waits before an attempt. It returns false where the attempt is refused because too many others wait.
func (t *throttle) wait(user JID, a ClientAddr, done <-chan struct{}, count *counters) bool {
	d, ok := t.reserve(user, a, time.Now())
	if d > 0 || !ok {
		count.authSlowed.Add(1)
	}
	if !ok || d <= 0 {
		return ok
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	}
	return true
}

// reserve says how long an attempt has to wait, and makes the ones after it wait longer.
func (t *throttle) reserve(user JID, a ClientAddr, now time.Time) (d time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, key := range throttleKeys(user, a) {
		e := t.entries[key]
		if e == nil {
			continue
		}
		e.forget(now)
		step := e.step()
		if step == 0 {
			continue
		}
		free := e.free
		if free.Before(now) {
			free = now
		}
		w := free.Add(step).Sub(now)
		if i == 0 && w > bothWait {
			return 0, false
		}
		w = min(w, [3]time.Duration{bothWait, accountWait, networkWait}[i])
		e.free = now.Add(w)
		d = max(d, w)
	}
	return d, true
}

// failed notes a failure. It says whether the next attempt will have to wait.
func (t *throttle) failed(user JID, a ClientAddr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	slow := false
	for _, key := range throttleKeys(user, a) {
		e := t.entries[key]
		if e == nil {
			e = t.addLocked(key, now)
		}
		e.forget(now)
		e.failures = min(e.failures+1, freeFailures+20)
		slow = slow || e.step() > 0
	}
	return slow
}

// succeeded forgets the failures of this account from this network.
func (t *throttle) succeeded(user JID, a ClientAddr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.entries, throttleKeys(user, a)[0])
}

func (t *throttle) addLocked(key throttleKey, now time.Time) *throttleEntry {
	if t.entries == nil {
		t.entries = make(map[throttleKey]*throttleEntry)
	}
	if len(t.entries) >= throttleBound {
		t.evictLocked(now)
	}
	e := &throttleEntry{last: now}
	t.entries[key] = e
	return e
}

// evictLocked makes room: what is forgotten goes, and if that is nothing, whatever comes first.
func (t *throttle) evictLocked(now time.Time) {
	for key, e := range t.entries {
		if e.forget(now); e.failures == 0 {
			delete(t.entries, key)
		}
	}
	for key := range t.entries {
		if len(t.entries) < throttleBound*9/10 {
			return
		}
		delete(t.entries, key)
	}
}

func (e *throttleEntry) forget(now time.Time) {
	n := int(now.Sub(e.last) / forgetTime)
	e.failures = max(0, e.failures-n)
	e.last = e.last.Add(time.Duration(n) * forgetTime)
}

// step is the time between two attempts.
func (e *throttleEntry) step() time.Duration {
	n := e.failures - freeFailures
	if n < 0 {
		return 0
	}
	return min(250*time.Millisecond<<min(n, 5), 4*time.Second)
}
