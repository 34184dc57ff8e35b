package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/udp"
)

// Sizes around an RTP packet.
const (
	gcmTag       = 16
	gcmNonce     = 12
	cmTag        = 10
	srtcpTrailer = 4 + gcmTag // the index, and the longer of the tags
)

// gcmSender encrypts SRTP with AEAD_AES_128_GCM (RFC 7714). It has no state besides the key: the roll-over counter comes
// with each packet, so that any goroutine may encrypt at any time.
type gcmSender struct {
	aead cipher.AEAD
	salt [gcmNonce]byte
}

// Labels of key derivation, RFC 3711 §4.3.1.
const (
	labelEncryption = 0
	labelSalt       = 2
)

func newGCMSender(masterKey, masterSalt []byte) (*gcmSender, error) {
	key, err := deriveKey(masterKey, masterSalt, labelEncryption, len(masterKey))
	if err != nil {
		return nil, err
	}
	salt, err := deriveKey(masterKey, masterSalt, labelSalt, gcmNonce)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("SRTP session key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("SRTP session key: %w", err)
	}
	return &gcmSender{aead: aead, salt: [gcmNonce]byte(salt)}, nil
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
	nonce := room[size : size+gcmNonce]
	g.nonce(nonce, room, roc)
	g.aead.Seal(room[:len(header):size], nonce, payload, room[:len(header)])
	b.Commit(size)
}

// nonce is RFC 7714 §8.1: zeros, SSRC, roll-over counter and sequence number, XORed with the salt.
func (g *gcmSender) nonce(nonce, header []byte, roc uint32) {
	nonce[0], nonce[1] = 0, 0
	copy(nonce[2:6], header[8:12])
	binary.BigEndian.PutUint32(nonce[6:], roc)
	copy(nonce[10:12], header[2:4])
	for i, s := range g.salt {
		nonce[i] ^= s
	}
}

// cmSender encrypts SRTP with AES128_CM_HMAC_SHA1_80 (RFC 3711), for peers that cannot do better.
type cmSender struct {
	mu      sync.Mutex
	context *srtp.Context // guarded by mu
	header  rtp.Header    // guarded by mu
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
