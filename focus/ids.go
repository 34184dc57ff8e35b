package focus

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"sync"
)

// ids makes random identifiers. It is safe for concurrent use.
type ids struct {
	mu   sync.Mutex
	rand io.Reader
}

// bytes returns n random bytes. Without randomness nothing here is safe, so that a failing source ends the process.
func (g *ids) bytes(n int) []byte {
	b := make([]byte, n)
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := io.ReadFull(g.rand, b); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err))
	}
	return b
}

// token returns 13 letters and digits, hard to guess.
func (g *ids) token() string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(g.bytes(8)))
}

// uuid returns a random UUID (RFC 9562 §5.4).
func (g *ids) uuid() string {
	b := g.bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
