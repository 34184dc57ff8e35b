package xmpp

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func addr(s string) ClientAddr { return ClientAddr{addr: netip.MustParseAddr(s)} }

func TestFailuresSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var th throttle
		var count counters
		never := make(chan struct{})
		ana, attacker, home := MustJID("ana@meet.example"), addr("192.0.2.7"), addr("198.51.100.1")
		wait := func(user JID, from ClientAddr) (time.Duration, bool) {
			start := time.Now()
			ok := th.wait(user, from, never, &count)
			return time.Since(start), ok
		}
		for range freeFailures {
			if d, ok := wait(ana, attacker); d != 0 || !ok {
				t.Fatalf("the first attempts wait %v, %v", d, ok)
			}
			th.failed(ana, attacker)
		}
		var last time.Duration
		for range 6 {
			d, ok := wait(ana, attacker)
			if !ok || d < last || d == 0 {
				t.Fatalf("after failures an attempt waits %v, %v; the one before %v", d, ok, last)
			}
			last = d
			th.failed(ana, attacker)
		}
		// Attempts at the same time do not get around it.
		refused := 0
		for range 10 {
			if _, ok := th.reserve(ana, attacker, time.Now()); !ok {
				refused++
			}
		}
		if refused < 7 {
			t.Errorf("of ten attempts at once %d are refused", refused)
		}
		// The owner gets in from elsewhere, and others from the attacker's address, a little later at worst.
		if d, ok := wait(ana, home); !ok || d > accountWait {
			t.Errorf("the owner waits %v, %v", d, ok)
		}
		if d, ok := wait(MustJID("ben@meet.example"), attacker); !ok || d > networkWait {
			t.Errorf("another user of the address waits %v, %v", d, ok)
		}
		<-time.After(20 * forgetTime)
		if d, ok := wait(ana, attacker); d != 0 || !ok {
			t.Errorf("long after, an attempt waits %v, %v", d, ok)
		}
	})
}

func TestThrottleIsBounded(t *testing.T) {
	var th throttle
	for i := range 3 * throttleBound {
		th.failed(JID{local: fmt.Sprint(i), domain: "meet.example"}, addr("192.0.2.7"))
	}
	if len(th.entries) > throttleBound {
		t.Errorf("%d entries, want %d at most", len(th.entries), throttleBound)
	}
}

func TestAddressesAreRedacted(t *testing.T) {
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("x", "address", addr("192.0.2.7"))
	if strings.Contains(b.String(), "192") {
		t.Errorf("the log shows the address: %s", b.String())
	}
	log.Info("x", "address", ClientAddr{netip.MustParseAddr("192.0.2.7"), true})
	if !strings.Contains(b.String(), "192.0.2.7") {
		t.Errorf("the log hides the address that was asked for: %s", b.String())
	}
	if a, b := addr("2001:db8::1").network(), addr("2001:db8::ffff:1").network(); a != b {
		t.Errorf("two addresses of a customer count as %v and %v", a, b)
	}
	if a, b := addr("::ffff:192.0.2.7").network(), addr("192.0.2.7").network(); a != b {
		t.Errorf("an address counts as %v and %v", a, b)
	}
}

// The address that counts is the one that the HTTP server worked out, if it did.
func TestAddressOfRequest(t *testing.T) {
	s := new(Server)
	r := httptest.NewRequest("GET", "/xmpp-websocket", nil)
	r.RemoteAddr = "192.0.2.7:1234"
	if got := s.addrOfRequest(r).Addr(); got != netip.MustParseAddr("192.0.2.7") {
		t.Errorf("address %v", got)
	}
	behind := netip.MustParseAddr("198.51.100.1")
	if got := s.addrOfRequest(r.WithContext(WithRemoteAddr(r.Context(), behind))).Addr(); got != behind {
		t.Errorf("behind a proxy: address %v, want %v", got, behind)
	}
}
