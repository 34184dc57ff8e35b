package meetweb

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certSource gives the certificate for the next handshake. It is safe for concurrent use.
type certSource interface {
	certificate() (*tls.Certificate, error)
	trusted() bool // whether somebody else than its own key signed it
}

// newCertSource returns nil for TLSOff.
func newCertSource(cfg Config, log *slog.Logger, now func() time.Time) (certSource, error) {
	switch cfg.TLS {
	case TLSOff:
		return nil, nil
	case TLSFiles:
		f := &certFiles{certPath: cfg.CertFile, keyPath: cfg.KeyFile, host: cfg.URL.Hostname(), log: log, now: now}
		if err := f.load(); err != nil {
			return nil, err
		}
		return f, nil
	case TLSSelfSigned, "":
		if cfg.Dir == nil {
			return nil, errors.New("web server: a self-signed certificate needs a data directory")
		}
		s := &selfSigned{dir: cfg.Dir, domain: cfg.Domain, host: cfg.URL.Hostname(), log: log, now: now}
		if _, err := s.certificate(); err != nil {
			return nil, err
		}
		return s, nil
	default:
		return nil, fmt.Errorf("web server: unknown TLS mode %q", cfg.TLS)
	}
}

// certFiles is a certificate in two PEM files that somebody else renews. They are looked at every few seconds when somebody connects.
type certFiles struct {
	certPath, keyPath string
	host              string // of the address that people type
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	cert    *tls.Certificate // guarded by mu
	certPEM []byte           // guarded by mu; what cert was read from
	keyPEM  []byte           // guarded by mu
	looked  time.Time        // guarded by mu
}

const lookEvery = 5 * time.Second

func (f *certFiles) certificate() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		if err := f.loadLocked(); err != nil {
			// Between the renewal of one file and the other they do not match: go on with what we have.
			f.log.Error("cannot reload the certificate; the one from before stays", "err", err)
		}
	}
	return f.cert, nil
}

func (f *certFiles) load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loadLocked()
}

func (f *certFiles) loadLocked() error {
	certPEM, err := os.ReadFile(f.certPath)
	if err != nil {
		return fmt.Errorf("web.cert: %w", err)
	}
	keyPEM, err := os.ReadFile(f.keyPath)
	if err != nil {
		return fmt.Errorf("web.key: %w", err)
	}
	if bytes.Equal(certPEM, f.certPEM) && bytes.Equal(keyPEM, f.keyPEM) {
		return nil
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("web.cert and web.key: %w", err)
	}
	if f.cert != nil {
		f.log.Info("certificate reloaded", "expires", cert.Leaf.NotAfter)
	}
	if f.now().After(cert.Leaf.NotAfter) {
		f.log.Warn("the certificate has expired", "expired", cert.Leaf.NotAfter)
	}
	if err := cert.Leaf.VerifyHostname(f.host); err != nil {
		f.log.Warn("browsers will refuse the certificate, for it is not for the address that people type (web.url)", "err", err)
	}
	f.cert, f.certPEM, f.keyPEM = &cert, certPEM, keyPEM
	return nil
}

func (f *certFiles) trusted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cert != nil && !signedByItself(f.cert.Leaf)
}

func signedByItself(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }
