package transport

import (
	"crypto/sha1" // RFC 8122 §5 keeps it for old peers
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Fingerprint is a certificate's, as RFC 8122 §5 writes it.
type Fingerprint struct {
	Hash  string // "sha-256"
	Value string // hexadecimal, a colon between bytes
}

// hashes lists what is accepted, strongest first. A peer that signals several is held to the strongest (RFC 8122 §5.1).
var hashes = [...]struct {
	name string
	sum  func([]byte) []byte
}{
	{"sha-512", func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }},
	{"sha-384", func(b []byte) []byte { s := sha512.Sum384(b); return s[:] }},
	{"sha-256", func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }},
	{"sha-1", func(b []byte) []byte { s := sha1.Sum(b); return s[:] }},
}

// fingerprintOf returns the SHA-256 fingerprint of a certificate in DER.
func fingerprintOf(der []byte) Fingerprint {
	sum := sha256.Sum256(der)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return Fingerprint{Hash: "sha-256", Value: strings.Join(parts, ":")}
}

// expected is what a peer's certificate must match: one of several values of one hash.
type expected struct {
	sum    func([]byte) []byte
	values [][]byte
}

// newExpected reads signalled fingerprints. Those of unknown hashes are ignored as long as a known one is left.
func newExpected(list []Fingerprint) (*expected, error) {
	for _, h := range hashes {
		e := &expected{sum: h.sum}
		for _, f := range list {
			if !strings.EqualFold(f.Hash, h.name) {
				continue
			}
			value, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
			if err != nil || len(value) != len(h.sum(nil)) {
				return nil, fmt.Errorf("fingerprint is not a %s", h.name)
			}
			e.values = append(e.values, value)
		}
		if len(e.values) > 0 {
			return e, nil
		}
	}
	return nil, errors.New("no fingerprint of a known hash")
}

// errFingerprint means that the peer's certificate is not the one signalled: somebody is in between.
var errFingerprint = errors.New("certificate does not match the signalled fingerprint")

func (e *expected) verify(der []byte) error {
	sum := e.sum(der)
	for _, v := range e.values {
		if subtle.ConstantTimeCompare(sum, v) == 1 {
			return nil
		}
	}
	return errFingerprint
}
