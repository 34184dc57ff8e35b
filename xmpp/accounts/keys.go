package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

	"github.com/xdg-go/scram"
)

// iterations is the PBKDF2 count of new accounts, for both hashes: the one that stock servers use. RFC 7677 §4 asks for 4096 at least.
const iterations = 10000

const saltSize = 16 // bytes

// derive computes the stored keys of a prepared password with a fresh salt.
func derive(hash scram.HashGeneratorFcn, password string, iters int) (scram.StoredCredentials, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails (crypto/rand)
	return deriveWith(hash, password, scram.KeyFactors{Salt: string(salt), Iters: iters})
}

func deriveWith(hash scram.HashGeneratorFcn, password string, factors scram.KeyFactors) (scram.StoredCredentials, error) {
	client, err := hash.NewClientUnprepped("", password, "") // the caller has prepared it
	if err != nil {
		return scram.StoredCredentials{}, fmt.Errorf("derive keys: %w", err)
	}
	creds, err := client.GetStoredCredentialsWithError(factors)
	if err != nil {
		return scram.StoredCredentials{}, fmt.Errorf("derive keys: %w", err)
	}
	return creds, nil
}

// matches reports whether a prepared password has these keys.
func matches(c scram.StoredCredentials, password string) (bool, error) {
	got, err := deriveWith(scram.SHA256, password, c.KeyFactors)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got.StoredKey, c.StoredKey) == 1, nil
}

// fake makes credentials up for an account that does not exist: the same ones each time, like real ones in every visible respect
// (RFC 5802 §9 asks for that against probing for names), and fitting no password, because nobody knows a preimage of the keys.
func fake(secret []byte, user, host string) Credentials {
	made := func(label string, size int) []byte {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s\x00%s\x00%s", label, user, host)
		return mac.Sum(nil)[:size]
	}
	set := func(hash string, size int) scram.StoredCredentials {
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(made(hash+" salt", saltSize)), Iters: iterations},
			StoredKey:  made(hash+" stored key", size),
			ServerKey:  made(hash+" server key", size),
		}
	}
	return Credentials{User: user, Host: host, SHA1: set("SHA-1", 20), SHA256: set("SHA-256", 32)}
}
