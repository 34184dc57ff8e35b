//go:build perf

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The measurements of docs/performance.md: `make perf`. They start the built program and look at it from outside.

// perfBinary is the program to measure, as `make build` leaves it.
const perfBinary = "../../bin/stammtisch"

// perfSite is a site as nobody configures it further: localhost, everybody may start a room.
func perfSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, "localhost")
	text := fmt.Sprintf("domain: localhost\naccess: open\nweb: {listen: '127.0.0.1:%d'}\nxmpp: {listen: '127.0.0.1:%d'}\nbridge: {listen: '127.0.0.1:%d'}\nmetrics: {listen: '127.0.0.1:%d'}\n",
		s.web, s.xmpp, s.bridge, s.metrics)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// perfStart starts the program and returns it with the time until it served a page.
func perfStart(t *testing.T, s *site) (*exec.Cmd, time.Duration) {
	t.Helper()
	file, err := filepath.Abs(perfBinary)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "serve", "--config", s.config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	transport := dialer(nil)
	transport.DisableKeepAlives = true
	client := http.Client{Transport: transport}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (make build first)", err)
	}
	t.Cleanup(func() { perfStop(t, cmd) })
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for time.Since(start) < patience {
		if resp, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/", s.web)); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd, time.Since(start)
			}
		}
		<-tick.C
	}
	t.Fatal("no page is served")
	return nil, 0
}

func perfStop(t *testing.T, cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server: %v", err)
	}
}

// residentMiB is the process' resident memory.
func residentMiB(t *testing.T, cmd *exec.Cmd) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(data), "Rss:")
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}

// cpuTime is what the process has used, in user mode and in the kernel (proc_pid_stat(5)).
func cpuTime(t *testing.T, cmd *exec.Cmd) (user, system time.Duration) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	ticks := func(i int) time.Duration {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(n) * time.Second / 100 // USER_HZ
	}
	return ticks(11), ticks(12)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// load is the load average of the machine: how much else went on.
func load(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}

func report(format string, args ...any) { fmt.Printf("| "+format+" |\n", args...) }

func TestPerfStart(t *testing.T) {
	s := perfSite(t)
	cmd, first := perfStart(t, s)
	perfStop(t, cmd)
	var all []time.Duration
	for range 10 {
		cmd, took := perfStart(t, s)
		perfStop(t, cmd)
		all = append(all, took)
	}
	m := median(all)
	report("first start to first page (makes certificate and account) | %d ms", first.Milliseconds())
	report("start to first page, p50 of 10 (%d–%d) | %d ms", all[0].Milliseconds(), all[9].Milliseconds(), m.Milliseconds())
	report("load average meanwhile | %s", load(t))
}

func TestPerfMemory(t *testing.T) {
	s := perfSite(t)
	cmd, _ := perfStart(t, s)
	pause(10 * time.Second)
	report("resident memory idle, 10 s after start | %.1f MiB", residentMiB(t, cmd))
	people := conference(t, s, "three", 3)
	for _, c := range people {
		c.perform(25, 4, 1000)
	}
	pause(5 * time.Second)
	u0, s0 := cpuTime(t, cmd)
	before := received(people)
	pause(20 * time.Second)
	u1, s1 := cpuTime(t, cmd)
	report("resident memory with a conference of 3 (each sends VP8 100/s × 1000 B, Opus 50/s), after 25 s | %.1f MiB", residentMiB(t, cmd))
	n := received(people) - before
	report("CPU of that conference | %.1f %% of a core, %.1f µs per forwarded packet (%d/s)", 100*(u1+s1-u0-s0).Seconds()/20, perPacket(u1+s1-u0-s0, n), n/20)
	report("load average meanwhile | %s", load(t))
}

func perPacket(d time.Duration, n uint64) float64 {
	return float64(d.Microseconds()) / float64(max(n, 1))
}

// conference brings n people into a room; all have media and take everybody's.
func conference(t *testing.T, s *site, room string, n int) []*caller {
	t.Helper()
	people := make([]*caller, n)
	for i := range people {
		people[i] = call(t, s, fmt.Sprintf("%s-%d", room, i), i+1, room)
	}
	for i, c := range people {
		c.accept(append(slices.Clone(people[:i]), people[i+1:]...)...)
	}
	for _, c := range people {
		c.want()
	}
	return people
}

func received(people []*caller) (n uint64) {
	for _, c := range people {
		n += c.got.Load()
	}
	return n
}

// pause lets the server work for a while that is measured.
func pause(d time.Duration) { <-time.After(d) }

// From the client's first connection to the first packet of somebody else's video, for somebody who joins a running call.
func TestPerfJoin(t *testing.T) {
	s := perfSite(t)
	perfStart(t, s)
	people := conference(t, s, "join", 2)
	people[0].perform(25, 4, 1000)
	people[1].see()
	var joined, video []time.Duration
	for i := range 20 {
		t.Run("", func(t *testing.T) {
			c := call(t, s, fmt.Sprintf("late-%d", i), 100+i, "join")
			c.accept(people[0])
			c.want()
			first := c.see()
			joined, video = append(joined, c.entered.Sub(c.started)), append(video, first.Sub(c.started))
		})
	}
	report("connect to joined, p50 of 20 (no browser) | %d ms", median(joined).Milliseconds())
	report("connect to first packet of remote video, p50 of 20 (no browser; %d–%d) | %d ms", slices.Min(video).Milliseconds(), slices.Max(video).Milliseconds(), median(video).Milliseconds())
	report("load average meanwhile | %s", load(t))
}

// One sends VP8 300/s × 1100 B in frames of 10 and Opus 50/s, n receive.
func TestPerfForward(t *testing.T) {
	for _, n := range []int{10, 50} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := perfSite(t)
			cmd, _ := perfStart(t, s)
			sender := call(t, s, "sender", 1, "fan")
			people := []*caller{}
			for i := range n {
				c := call(t, s, fmt.Sprintf("viewer-%d", i), i+2, "fan")
				if i == 0 {
					sender.accept()
				}
				c.accept(sender)
				people = append(people, c)
			}
			for _, c := range people {
				c.want()
			}
			sender.perform(30, 10, 1100)
			pause(5 * time.Second)
			u0, s0 := cpuTime(t, cmd)
			before, start := received(people), time.Now()
			pause(15 * time.Second)
			u1, s1 := cpuTime(t, cmd)
			got, seconds := received(people)-before, time.Since(start).Seconds()
			report("CPU per forwarded packet, 1 sender (VP8 300/s × 1100 B in frames of 10, Opus 50/s), %d receivers: user + kernel | %.1f + %.1f = %.1f µs (%.0f packets/s, %.1f %% of what was sent arrived)",
				n, perPacket(u1-u0, got), perPacket(s1-s0, got), perPacket(u1+s1-u0-s0, got), float64(got)/seconds, 100*float64(got)/seconds/350/float64(n))
			report("resident memory with that | %.1f MiB", residentMiB(t, cmd))
			report("load average meanwhile | %s", load(t))
		})
	}
}
