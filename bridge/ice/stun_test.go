package ice

import (
	"bytes"
	"testing"

	"github.com/pion/stun/v4"
)

func check(t testing.TB, username, password string) []byte {
	t.Helper()
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewSoftware("odd"), stun.NewUsername(username),
		stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func TestLocalUfrag(t *testing.T) {
	whole := check(t, "ours:theirs", "password")
	long := bytes.Clone(whole)
	long[3] += 4
	overrun := bytes.Clone(whole)
	overrun[headerSize+3] = 0xff
	for _, tc := range []struct {
		name   string
		packet []byte
		want   string
	}{
		{"a check", whole, "ours"},
		{"colon in the remote part", check(t, "a:b:c", "p"), "a"},
		{"no colon", check(t, "ours", "p"), ""},
		{"empty ufrag", check(t, ":theirs", "p"), ""},
		{"cut", whole[:len(whole)-1], ""},
		{"length says more", long, ""},
		{"attribute runs over the end", overrun, ""},
		{"header only", append([]byte{0, 1, 0, 0}, make([]byte, 16)...), ""},
		{"nothing", nil, ""},
	} {
		if got := localUfrag(tc.packet); string(got) != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { localUfrag(whole) }); n != 0 {
		t.Errorf("localUfrag allocates %v times, want 0", n)
	}
}

// FuzzLocalUfrag holds our reading of a request against the library's.
func FuzzLocalUfrag(f *testing.F) {
	f.Add(check(f, "ours:theirs", "password"))
	f.Add(check(f, "ours", ""))
	f.Add([]byte{0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 200})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		got := localUfrag(packet)
		m := &stun.Message{Raw: bytes.Clone(packet)}
		if m.Decode() != nil || headerSize+int(m.Length) != len(packet) {
			return // the library lets something follow the message; a datagram holds one message (RFC 8489 §6.2.1)
		}
		var name stun.Username
		_ = name.GetFrom(m)
		want, _, found := bytes.Cut(name, []byte(":"))
		if !found {
			want = nil
		}
		if !bytes.Equal(got, want) {
			t.Errorf("localUfrag(%x) = %q, the library reads %q", packet, got, want)
		}
	})
}
