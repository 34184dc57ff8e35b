package jingle

import (
	"errors"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// TestTransportCheck: cases composed from RFC 8122 §5, RFC 4145 §4 and RFC 8839 §5.4.
func TestTransportCheck(t *testing.T) {
	sha256 := strings.TrimSuffix(strings.Repeat("0a:", 32), ":")
	for name, c := range map[string]struct {
		t        Transport
		complete bool
		text     string // of the error; empty for none
	}{
		"an answer":              {Transport{Ufrag: "abcd", Pwd: "secret", Fingerprints: []Fingerprint{{"sha-256", "active", sha256}}}, true, ""},
		"capital letters":        {Transport{Fingerprints: []Fingerprint{{"SHA-256", "ACTIVE", strings.ToUpper(sha256)}}}, false, ""},
		"candidates only":        {Transport{Candidates: []Candidate{{IP: "192.0.2.1"}}}, false, ""},
		"no role":                {Transport{Ufrag: "abcd", Pwd: "secret", Fingerprints: []Fingerprint{{"sha-256", "", sha256}}}, false, ""},
		"an unknown hash beside": {Transport{Fingerprints: []Fingerprint{{"sha-3", "active", "x"}, {"sha-256", "active", sha256}}}, false, ""},
		"an unknown hash":        {Transport{Fingerprints: []Fingerprint{{"md5", "active", "0a:0b"}}}, false, "no fingerprint of a known hash function"},
		"a short fingerprint":    {Transport{Fingerprints: []Fingerprint{{"sha-256", "active", "0a:0b"}}}, false, "the fingerprint is not a sha-256"},
		"no hexadecimal":         {Transport{Fingerprints: []Fingerprint{{"sha-256", "active", strings.Replace(sha256, "0a", "zz", 1)}}}, false, "the fingerprint is not a sha-256"},
		"an unknown role":        {Transport{Fingerprints: []Fingerprint{{"sha-256", "holdconn?", sha256}}}, false, "the fingerprint's setup is none of active, passive and actpass"},
		"a long ufrag":           {Transport{Ufrag: strings.Repeat("a", 257)}, false, "the ufrag or pwd is longer than 256 characters"},
	} {
		if got := c.t.Complete(); got != c.complete {
			t.Errorf("%s: complete %t, want %t", name, got, c.complete)
		}
		err := c.t.Check()
		var e *xmpp.Error
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: %v, want no error", name, err)
		case c.text != "" && (!errors.As(err, &e) || e.Condition != xmpp.BadRequest || e.Text != c.text):
			t.Errorf("%s: %v, want bad-request %q", name, err, c.text)
		}
	}
	if (*Transport)(nil).Complete() {
		t.Error("no transport is complete")
	}
}
