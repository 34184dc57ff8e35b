package jingle

import (
	"encoding/hex"
	"slices"
	"strings"
)

// maxCredential is how long an ICE ufrag or password may be (RFC 8839 §5.4).
const maxCredential = 256

// hashBytes is how long the fingerprints of the hash functions are that are in use (RFC 8122 §5).
var hashBytes = map[string]int{"sha-1": 20, "sha-256": 32, "sha-384": 48, "sha-512": 64}

// Complete says whether t has all that a peer must know before anything connects: ICE credentials and a fingerprint with the role of
// its holder. Whether it makes sense is what [Transport.Check] tells.
func (t *Transport) Complete() bool {
	return t != nil && t.Ufrag != "" && t.Pwd != "" && slices.ContainsFunc(t.Fingerprints, func(f Fingerprint) bool { return f.Setup != "" })
}

// Check returns an *xmpp.Error for the sender of a transport that nothing could ever connect on. What is missing may come later and is
// no error.
func (t *Transport) Check() error {
	if len(t.Ufrag) > maxCredential || len(t.Pwd) > maxCredential {
		return badRequest("the ufrag or pwd is longer than %d characters", maxCredential)
	}
	known := false
	for _, f := range t.Fingerprints {
		switch lower(f.Setup) {
		case "", "active", "passive", "actpass":
		default:
			return badRequest("the fingerprint's setup is none of active, passive and actpass")
		}
		size, ok := hashBytes[lower(f.Hash)]
		if !ok {
			continue // a peer ignores it where there is another
		}
		if value, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", "")); err != nil || len(value) != size {
			return badRequest("the fingerprint is not a %s", lower(f.Hash))
		}
		known = true
	}
	if len(t.Fingerprints) > 0 && !known {
		return badRequest("no fingerprint of a known hash function")
	}
	return nil
}
