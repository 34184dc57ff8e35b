package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"
)

const (
	certificateRenewal = 24 * time.Hour
	certificatePast    = 24 * time.Hour // clocks differ
	certificateFuture  = 7 * 24 * time.Hour
)

// Identity is a bridge's certificate for DTLS: self-signed, ECDSA P-256, shared by all transports and renewed every day.
// A transport keeps the one it was created with. It is safe for concurrent use.
type Identity struct {
	now func() time.Time

	mu      sync.Mutex
	current *certificate // guarded by mu
	made    time.Time    // guarded by mu
}

type certificate struct {
	tls         tls.Certificate
	fingerprint Fingerprint
}

// NewIdentity makes a certificate. now tells the time; nil means the system's clock.
func NewIdentity(now func() time.Time) (*Identity, error) {
	if now == nil {
		now = time.Now
	}
	id := &Identity{now: now}
	_, err := id.certificate()
	return id, err
}

// certificate returns today's.
func (id *Identity) certificate() (*certificate, error) {
	id.mu.Lock()
	defer id.mu.Unlock()
	now := id.now()
	if id.current != nil && now.Sub(id.made) < certificateRenewal {
		return id.current, nil
	}
	c, err := newCertificate(now)
	if err != nil {
		return nil, fmt.Errorf("make DTLS certificate: %w", err)
	}
	id.current, id.made = c, now
	return c, nil
}

func newCertificate(now time.Time) (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "bridge"},
		NotBefore:    now.Add(-certificatePast),
		NotAfter:     now.Add(certificateFuture),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &certificate{
		tls:         tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: fingerprintOf(der),
	}, nil
}
