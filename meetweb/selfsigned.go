package meetweb

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"sync"
	"time"

	"stammtisch/configs/datadir"
)

// certName is one file with key and certificate, so that replacing both is one rename.
const certName = "self-signed.pem"

const (
	certLife  = 397 * 24 * time.Hour // browsers distrust longer ones
	renewLeft = 30 * 24 * time.Hour
)

// selfSigned is a certificate of our own making. It stays the same from start to start, because people teach their browsers to accept
// it, until it is about to expire or the domain has changed.
type selfSigned struct {
	dir          *datadir.Dir
	domain, host string
	log          *slog.Logger
	now          func() time.Time

	mu   sync.Mutex
	cert *tls.Certificate // guarded by mu
}

func (s *selfSigned) trusted() bool { return false }

func (s *selfSigned) certificate() (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cert != nil && s.now().Add(renewLeft).Before(s.cert.Leaf.NotAfter) {
		return s.cert, nil
	}
	if s.cert == nil {
		data, err := s.dir.Read(certName)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("self-signed certificate: %w", err)
		}
		if cert, err := tls.X509KeyPair(data, data); err == nil && s.fits(cert.Leaf) {
			s.cert = &cert
			return s.cert, nil
		}
	}
	data, err := makeCert(s.names(), s.now())
	if err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	if err := s.dir.Write(certName, data); err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	cert, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	s.cert = &cert
	s.log.Info("made a self-signed certificate", "file", s.dir.Path(certName), "expires", cert.Leaf.NotAfter)
	return s.cert, nil
}

// fits reports whether a certificate from the last start can go on.
func (s *selfSigned) fits(c *x509.Certificate) bool {
	return s.now().Add(renewLeft).Before(c.NotAfter) && !s.now().Before(c.NotBefore) &&
		c.VerifyHostname(s.domain) == nil && c.VerifyHostname(s.host) == nil
}

// names are the names and addresses that people may reach this machine by, the domain first.
func (s *selfSigned) names() []string {
	names := []string{s.domain}
	for _, n := range []string{s.host, "localhost", "127.0.0.1", "::1"} {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		s.log.Debug("cannot list this machine's addresses", "err", err)
	}
	for _, a := range addrs {
		ip, ok := a.(*net.IPNet)
		if ok && !ip.IP.IsLinkLocalUnicast() && !slices.Contains(names, ip.IP.String()) {
			names = append(names, ip.IP.String())
		}
	}
	return names
}

// makeCert returns a fresh key and certificate for names, in PEM.
func makeCert(names []string, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: names[0], Organization: []string{"Stammtisch, self-signed"}},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(certLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Not a CA: accepting it must not let it vouch for other names.
		BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...), nil
}
