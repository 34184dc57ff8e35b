package ice

import (
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestCandidatesFollowTheMachine carries the machine to another network: in a network namespace of its own, which it runs itself in.
func TestCandidatesFollowTheMachine(t *testing.T) {
	const inside = "STAMMTISCH_TEST_NAMESPACE"
	if os.Getenv(inside) == "" {
		if err := exec.Command("unshare", "--map-root-user", "--net", "ip", "link").Run(); err != nil {
			t.Skipf("needs ip and network namespaces for users: %v", err)
		}
		self := exec.Command("unshare", "--map-root-user", "--net", os.Args[0], "-test.run", "^"+t.Name()+"$")
		self.Env = append(os.Environ(), inside+"=1")
		if out, err := self.CombinedOutput(); err != nil {
			t.Errorf("in a namespace: %v\n%s", err, out)
		}
		return
	}
	ip := func(arguments string) {
		t.Helper()
		if out, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", arguments, err, out)
		}
	}
	ip("link set lo up")
	ip("link add table type veth peer name chair")
	ip("link set table up")
	ip("address add 192.0.2.1/24 dev table")
	m := newMux(t, ":0", Config{})
	if got := m.server.Sockets()[0].Addr().Addr().String(); got != "192.0.2.1" {
		t.Fatalf("the port is open on %s", got)
	}
	ip("address add 198.51.100.1/24 dev table")
	ip("address delete 192.0.2.1/24 dev table")
	p, _ := newPath(t, m)
	candidates := p.Candidates()
	if len(candidates) != 1 || candidates[0].Address != "198.51.100.1" {
		t.Fatalf("candidates %+v, want the address of the new network", candidates)
	}
	// The client takes nothing but what comes from the address that it spoke to.
	client := dial(t, netip.AddrPortFrom(netip.MustParseAddr(candidates[0].Address), uint16(candidates[0].Port)))
	ufrag, password := p.Credentials()
	if _, err := client.Write(check(t, ufrag+":x", password)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	n, err := client.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authenticated(buf[:n], password); err != nil || messageType(buf) != bindingSuccess {
		t.Errorf("answer of type %04x: %v", messageType(buf), err)
	}
}
