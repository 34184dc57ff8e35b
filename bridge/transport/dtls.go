package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/ice/pionlog"
)

const (
	handshakeTimeout = 30 * time.Second
	// flightInterval is the first wait before a flight is repeated. RFC 6347 §4.2.4.1 wants a second where nothing is
	// known of the path; ICE has just crossed it.
	flightInterval = 200 * time.Millisecond
)

// profiles in our order of preference: the library's server goes by its own list, and AES-GCM costs a sixth of the other.
var profiles = [...]dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}

// dtlsOptions are those of both roles.
func (t *Transport) dtlsOptions(want *expected) []dtls.Option {
	return []dtls.Option{
		dtls.WithCertificates(t.certificate.tls),
		dtls.WithSRTPProtectionProfiles(profiles[:]...),
		dtls.WithCipherSuites(
			dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		),
		// The certificates are self-signed: the fingerprint in signalling is what vouches for them (RFC 5763 §5).
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 {
				return errFingerprint
			}
			return want.verify(raw[0])
		}),
		dtls.WithExtendedMasterSecret(dtls.RequestExtendedMasterSecret),
		dtls.WithFlightInterval(flightInterval),
		dtls.WithLoggerFactory(pionlog.New(t.log)),
	}
}

func (t *Transport) newDTLS(as role, want *expected) (*dtls.Conn, error) {
	shared := t.dtlsOptions(want)
	if as == roleClient {
		var options []dtls.ClientOption
		for _, o := range shared {
			options = append(options, o)
		}
		return dtls.ClientWithOptions(t.pipe, pipeAddr{}, options...)
	}
	options := []dtls.ServerOption{
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithInsecureSkipVerifyHello(true), // ICE has shown that the address is no forgery
	}
	for _, o := range shared {
		options = append(options, o)
	}
	return dtls.ServerWithOptions(t.pipe, pipeAddr{}, options...)
}

// handshake does DTLS on the pipe in the given role.
func (t *Transport) handshake(ctx context.Context, as role, want *expected) (*dtls.Conn, error) {
	conn, err := t.newDTLS(as, want)
	if err != nil {
		return nil, fmt.Errorf("start DTLS: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("DTLS handshake: %w", err)
	}
	return conn, nil
}

// newSession derives the SRTP keys of a finished handshake (RFC 5764 §4.2).
func newSession(conn *dtls.Conn, as role) (*session, error) {
	chosen, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return nil, errors.New("the peer chose no SRTP profile")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("DTLS has no state to export keys from")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(chosen)}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, as == roleClient); err != nil {
		return nil, fmt.Errorf("export SRTP keys: %w", err)
	}
	return sessionFromKeys(cfg.Profile, cfg.Keys)
}
