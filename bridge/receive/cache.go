package receive

import "time"

// Sizes of a cache: it starts small, for most encodings are small, and grows until it holds cacheTime.
const (
	minCacheBytes  = 32 << 10
	maxCacheBytes  = 1 << 20
	bytesPerEntry  = 256
	minEntries     = 512
	cacheTime      = time.Second
	maxCachedBytes = 2048 // a larger payload is no RTP over UDP of ours
)

// Cached is a packet in a Cache.
type Cached struct {
	Timestamp   uint32
	PayloadType uint8
	Marker      bool
	// Orientation is the video orientation extension's value, if HasOrientation.
	Orientation    uint8
	HasOrientation bool
}

// Cache keeps the payloads of the last packets of one stream in one ring of bytes, by sequence number. It is not safe
// for concurrent use. The zero Cache is ready.
type Cache struct {
	arena   []byte
	entries []entry // by sequence number, a power of two of them
	at      int     // where the next payload goes
	lap     uint64  // how often at has come around
	lapAt   time.Time
}

type entry struct {
	ext    uint64
	lap    uint64
	offset uint32
	size   uint16
	used   bool
	Cached
}

// Put stores a copy of payload under ext.
func (c *Cache) Put(ext uint64, p Cached, payload []byte, now time.Time) {
	if len(payload) > maxCachedBytes {
		return
	}
	if c.arena == nil {
		c.resize(minCacheBytes)
		c.lapAt = now
	}
	if c.at+len(payload) > len(c.arena) {
		c.wrap(now)
	}
	copy(c.arena[c.at:], payload)
	c.entries[ext%uint64(len(c.entries))] = entry{
		ext: ext, lap: c.lap, offset: uint32(c.at), size: uint16(len(payload)), used: true, Cached: p,
	}
	c.at += len(payload)
}

// wrap starts a new lap, or doubles the ring if the last lap was too short for retransmissions.
func (c *Cache) wrap(now time.Time) {
	if now.Sub(c.lapAt) < cacheTime && 2*len(c.arena) <= maxCacheBytes {
		c.resize(2 * len(c.arena))
		return
	}
	c.at, c.lapAt = 0, now
	c.lap++
}

func (c *Cache) resize(size int) {
	arena := make([]byte, size)
	copy(arena, c.arena)
	entries := make([]entry, max(size/bytesPerEntry, minEntries))
	for _, e := range c.entries {
		if e.used && c.holds(e) {
			entries[e.ext%uint64(len(entries))] = e
		}
	}
	if c.lap > 0 { // the older lap's bytes stay where they are, but the ring's end has moved: only this lap is known
		for i := range entries {
			entries[i].used = entries[i].used && entries[i].lap == c.lap
		}
	}
	c.arena, c.entries = arena, entries
}

// holds says whether e's bytes have not been overwritten.
func (c *Cache) holds(e entry) bool {
	return e.lap == c.lap || e.lap+1 == c.lap && int(e.offset) >= c.at
}

// Get appends the payload stored under ext to dst. ok is false if it is not there any more.
func (c *Cache) Get(ext uint64, dst []byte) (payload []byte, _ Cached, ok bool) {
	if len(c.entries) == 0 {
		return dst, Cached{}, false
	}
	e := c.entries[ext%uint64(len(c.entries))]
	if !e.used || e.ext != ext || !c.holds(e) {
		return dst, Cached{}, false
	}
	return append(dst, c.arena[e.offset:int(e.offset)+int(e.size)]...), e.Cached, true
}
