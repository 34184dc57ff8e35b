package transport

import (
	"strings"
	"testing"
	"time"
)

func TestFingerprints(t *testing.T) {
	der := []byte("certificate")
	right := fingerprintOf(der)
	wrong := Fingerprint{"sha-256", strings.Repeat("00:", 31) + "00"}
	for _, tc := range []struct {
		name       string
		list       []Fingerprint
		bad, match bool
	}{
		{"the right one", []Fingerprint{right}, false, true},
		{"lower case, hash in upper case", []Fingerprint{{"SHA-256", strings.ToLower(right.Value)}}, false, true},
		{"one of two of a hash", []Fingerprint{wrong, right}, false, true},
		{"wrong", []Fingerprint{wrong}, false, false},
		{"the strongest counts", []Fingerprint{{"sha-1", sumOf("sha-1", der)}, wrong}, false, false},
		{"sha-1", []Fingerprint{{"sha-1", sumOf("sha-1", der)}}, false, true},
		{"sha-384", []Fingerprint{{"sha-384", sumOf("sha-384", der)}}, false, true},
		{"sha-512", []Fingerprint{{"sha-512", sumOf("sha-512", der)}}, false, true},
		{"an unknown hash beside", []Fingerprint{{"md5", "00"}, right}, false, true},
		{"an unknown hash alone", []Fingerprint{{"md5", "00"}}, true, false},
		{"too short", []Fingerprint{{"sha-256", "00:11"}}, true, false},
		{"not hexadecimal", []Fingerprint{{"sha-256", strings.Replace(right.Value, right.Value[:2], "ZZ", 1)}}, true, false},
		{"none", nil, true, false},
	} {
		e, err := newExpected(tc.list)
		if (err != nil) != tc.bad {
			t.Errorf("%s: error %v, want one: %v", tc.name, err, tc.bad)
		}
		if err == nil && (e.verify(der) == nil) != tc.match {
			t.Errorf("%s: verify = %v, want a match: %v", tc.name, e.verify(der), tc.match)
		}
	}
}

func sumOf(hash string, der []byte) string {
	const digits = "0123456789ABCDEF"
	for _, h := range hashes {
		if h.name == hash {
			var parts []string
			for _, b := range h.sum(der) {
				parts = append(parts, string([]byte{digits[b>>4], digits[b&15]}))
			}
			return strings.Join(parts, ":")
		}
	}
	return ""
}

func TestIdentityIsRenewedDaily(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	id, err := NewIdentity(func() time.Time { return now })
	must(t, err)
	first, err := id.certificate()
	must(t, err)
	now = now.Add(23 * time.Hour)
	if same, _ := id.certificate(); same != first {
		t.Error("another certificate within a day")
	}
	now = now.Add(time.Hour)
	if next, _ := id.certificate(); next == first || next.fingerprint == first.fingerprint {
		t.Error("the same certificate after a day")
	}
}
