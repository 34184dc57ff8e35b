package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/udp"
)

const (
	// replayWindow in packets (RFC 3711 §3.3.2): what a keyframe's packets may be overtaken by.
	replayWindow = 1024
	// maxSources bounds the state that an endpoint can make us keep by sending ever new SSRCs, in RTP and in RTCP each.
	maxSources = 1024
)

// session is what SRTP needs in both directions. It is safe for concurrent use.
type session struct {
	gcm *gcmSender // nil if the profile is AES-CM
	cm  *cmSender  // nil if the profile is AES-GCM

	inMu      sync.Mutex
	in        *srtp.Context // guarded by inMu, as all below
	inHdr     rtp.Header
	inRTCP    rtcp.Header
	sources   ssrcs
	reporters ssrcs // of RTCP
}

// ssrcs are those that something authentic came from, so that they are not just anybody's.
type ssrcs map[uint32]struct{}

// admits says whether ssrc is known or may become so.
func (s ssrcs) admits(ssrc uint32) (known, ok bool) {
	_, known = s[ssrc]
	return known, known || len(s) < maxSources
}

var errTooManySources = errors.New("more sources than one endpoint may have")

func sessionFromKeys(profile srtp.ProtectionProfile, keys srtp.SessionKeys) (*session, error) {
	s := &session{sources: make(ssrcs), reporters: make(ssrcs)}
	var err error
	s.in, err = srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("create receiving SRTP context: %w", err)
	}
	switch profile {
	case srtp.ProtectionProfileAeadAes128Gcm:
		s.gcm, err = newGCMSender(keys.LocalMasterKey, keys.LocalMasterSalt)
	case srtp.ProtectionProfileAes128CmHmacSha1_80:
		s.cm, err = newCMSender(keys.LocalMasterKey, keys.LocalMasterSalt)
	default:
		err = fmt.Errorf("unexpected SRTP profile %v", profile)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openRTP decrypts packet in place and returns the RTP packet.
func (s *session) openRTP(packet []byte) ([]byte, error) {
	s.inMu.Lock()
	defer s.inMu.Unlock()
	if _, err := s.inHdr.Unmarshal(packet); err != nil {
		return nil, err
	}
	ssrc := s.inHdr.SSRC
	known, ok := s.sources.admits(ssrc)
	if !ok {
		return nil, errTooManySources
	}
	plain, err := s.in.DecryptRTP(packet[:0], packet, &s.inHdr)
	if err == nil && !known {
		s.sources[ssrc] = struct{}{}
	}
	return plain, err
}

// openRTCP decrypts packet in place and returns the compound packet.
func (s *session) openRTCP(packet []byte) ([]byte, error) {
	s.inMu.Lock()
	defer s.inMu.Unlock()
	if len(packet) < rtcpHeader {
		return nil, errTooShort
	}
	ssrc := binary.BigEndian.Uint32(packet[4:])
	known, ok := s.reporters.admits(ssrc)
	if !ok {
		return nil, errTooManySources
	}
	plain, err := s.in.DecryptRTCP(packet[:0], packet, &s.inRTCP)
	if err == nil && !known {
		s.reporters[ssrc] = struct{}{}
	}
	return plain, err
}

// writeRTP encrypts an RTP packet into b. The two ways are told apart here, not by an interface, whose arguments would be
// moved to the heap by every caller.
func (s *session) writeRTP(b *udp.Batch, to *udp.Remote, roc uint32, header, payload []byte) {
	if s.gcm != nil {
		s.gcm.write(b, to, roc, header, payload)
		return
	}
	s.cm.write(b, to, roc, header, payload)
}

// writeRTCP encrypts a compound packet into b.
func (s *session) writeRTCP(b *udp.Batch, to *udp.Remote, compound []byte) error {
	if s.gcm != nil {
		return s.gcm.writeRTCP(b, to, compound)
	}
	return s.cm.writeRTCP(b, to, compound)
}
