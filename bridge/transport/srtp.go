package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/udp"
)

// Sizes around an RTP packet.
const (
	gcmTag     = 16
	gcmNonce   = 12
	cmTag      = 10
	rtcpHeader = 8 // what of a compound packet is not encrypted, RFC 3711 §3.4
	srtcpIndex = 4
	// srtcpEncrypted is the E bit above the 31 bits of the index.
	srtcpEncrypted = 1 << 31
)

var (
	errTooLong  = errors.New("longer than a datagram")
	errTooShort = errors.New("shorter than its header")
	errWornOut  = errors.New("keys have been used as often as they may") // RFC 3711 §9.2
)

// gcmSender encrypts SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714). Besides the keys its only state is the SRTCP index:
// the roll-over counter comes with each packet, so that any goroutine may encrypt at any time.
type gcmSender struct {
	rtp, rtcp gcmKey
	index     atomic.Uint32 // of SRTCP, one for all SSRCs: each sees it grow
}

// gcmKey is a session key with its salt.
type gcmKey struct {
	aead cipher.AEAD
	salt [gcmNonce]byte
}

// Labels of key derivation, RFC 3711 §4.3.1 and §4.3.2.
const (
	labelRTPEncryption  = 0
	labelRTPSalt        = 2
	labelRTCPEncryption = 3
	labelRTCPSalt       = 5
)

func newGCMSender(masterKey, masterSalt []byte) (*gcmSender, error) {
	g := &gcmSender{}
	for _, k := range []struct {
		key               *gcmKey
		encryption, salty byte
	}{{&g.rtp, labelRTPEncryption, labelRTPSalt}, {&g.rtcp, labelRTCPEncryption, labelRTCPSalt}} {
		secret, err := deriveKey(masterKey, masterSalt, k.encryption, len(masterKey))
		if err != nil {
			return nil, err
		}
		salt, err := deriveKey(masterKey, masterSalt, k.salty, gcmNonce)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, fmt.Errorf("SRTP session key: %w", err)
		}
		if k.key.aead, err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("SRTP session key: %w", err)
		}
		k.key.salt = [gcmNonce]byte(salt)
	}
	return g, nil
}

// deriveKey is RFC 3711 §4.3.3 with a key derivation rate of zero; RFC 7714 §11 pads the shorter salt with zeros.
func deriveKey(masterKey, masterSalt []byte, label byte, size int) ([]byte, error) {
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("SRTP master key: %w", err)
	}
	var iv [aes.BlockSize]byte
	copy(iv[:14], masterSalt)
	iv[7] ^= label
	out := make([]byte, size)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
	return out, nil
}

// write encrypts one packet into b. header must hold the fixed header at least.
func (g *gcmSender) write(b *udp.Batch, to *udp.Remote, roc uint32, header, payload []byte) {
	size := len(header) + len(payload) + gcmTag
	// The nonce is made behind the packet, in memory that is the batch's anyway.
	room := b.Reserve(to, size+gcmNonce)
	if room == nil {
		return
	}
	copy(room, header)
	// RFC 7714 §8.1: zeros, SSRC, roll-over counter and sequence number.
	nonce := room[size : size+gcmNonce]
	nonce[0], nonce[1] = 0, 0
	copy(nonce[2:6], room[8:12])
	binary.BigEndian.PutUint32(nonce[6:], roc)
	copy(nonce[10:12], room[2:4])
	g.rtp.mask(nonce)
	g.rtp.aead.Seal(room[:len(header):size], nonce, payload, room[:len(header)])
	b.Commit(size)
}

// mask XORs the salt into a nonce.
func (k *gcmKey) mask(nonce []byte) {
	for i, s := range k.salt {
		nonce[i] ^= s
	}
}

// writeRTCP encrypts a compound packet into b.
func (g *gcmSender) writeRTCP(b *udp.Batch, to *udp.Remote, compound []byte) error {
	if len(compound) < rtcpHeader {
		return errTooShort
	}
	index := g.index.Add(1)
	if index >= srtcpEncrypted {
		return errWornOut
	}
	sealed := len(compound) + gcmTag
	size := sealed + srtcpIndex
	room := b.Reserve(to, size+gcmNonce+rtcpHeader+srtcpIndex)
	if room == nil {
		return errTooLong
	}
	// RFC 7714 §9.1: zeros, SSRC, zeros and index. §9.2: header and encryption bit with index are authenticated too.
	nonce, aad := room[size:size+gcmNonce], room[size+gcmNonce:]
	clear(nonce)
	copy(nonce[2:6], compound[4:8])
	binary.BigEndian.PutUint32(nonce[8:], index)
	g.rtcp.mask(nonce)
	copy(aad, compound[:rtcpHeader])
	binary.BigEndian.PutUint32(aad[rtcpHeader:], srtcpEncrypted|index)
	copy(room, compound[:rtcpHeader])
	g.rtcp.aead.Seal(room[:rtcpHeader:sealed], nonce, compound[rtcpHeader:], aad)
	copy(room[sealed:], aad[rtcpHeader:])
	b.Commit(size)
	return nil
}

// cmSender encrypts SRTP and SRTCP with AES128_CM_HMAC_SHA1_80 (RFC 3711), for peers that cannot do better.
type cmSender struct {
	mu         sync.Mutex
	context    *srtp.Context // guarded by mu
	header     rtp.Header    // guarded by mu
	rtcpHeader rtcp.Header   // guarded by mu
}

func newCMSender(masterKey, masterSalt []byte) (*cmSender, error) {
	c, err := srtp.CreateContext(masterKey, masterSalt, srtp.ProtectionProfileAes128CmHmacSha1_80)
	if err != nil {
		return nil, fmt.Errorf("create sending SRTP context: %w", err)
	}
	return &cmSender{context: c}, nil
}

// write encrypts one packet into b. header must hold the fixed header at least.
func (c *cmSender) write(b *udp.Batch, to *udp.Remote, roc uint32, header, payload []byte) {
	plain := len(header) + len(payload)
	room := b.Reserve(to, plain+cmTag)
	if room == nil {
		return
	}
	copy(room[copy(room, header):], payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.context.SetROC(binary.BigEndian.Uint32(room[8:]), roc)
	if out, err := c.context.EncryptRTP(room[:0], room[:plain], &c.header); err == nil {
		b.Commit(len(out))
	}
}

// writeRTCP encrypts a compound packet into b.
func (c *cmSender) writeRTCP(b *udp.Batch, to *udp.Remote, compound []byte) error {
	room := b.Reserve(to, len(compound)+srtcpIndex+cmTag)
	if room == nil {
		return errTooLong
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := c.context.EncryptRTCP(room[:0], compound, &c.rtcpHeader)
	if err != nil {
		return err
	}
	b.Commit(len(out))
	return nil
}
