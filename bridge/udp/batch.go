package udp

// Sizes of batches, in datagrams. A read batch forwarded to many receivers fills and flushes the large one several times,
// which lets the reader's socket breathe in between.
const (
	batchPackets      = 512
	smallBatchPackets = 64
	arenaPerPacket    = 1280 // what a datagram takes of the arena on average, at most
)

// Batch collects outgoing datagrams, per destination, and hands them to the kernel together: by [Batch.Flush], or by
// itself when it is full. One goroutine owns it. Whoever is given one borrows it until return and does not flush it.
type Batch struct {
	server *Server
	limit  int // datagrams
	arena  []byte
	used   int

	reserved *Remote
	packets  []outgoing
	dests    []destination
	slots    []uint16 // open-addressing hash of dests: index + 1, 0 is free
	out      sender
}

// outgoing is one datagram, linked to the next for the same destination.
type outgoing struct {
	offset, length int32
	next           int32 // index in packets, -1 at the end
}

type destination struct {
	remote      *Remote
	first, last int32 // indexes in packets
	slot        uint32
}

// sender hands a batch's datagrams to the kernel and counts what became of them.
type sender interface {
	send(b *Batch)
}

// NewBatch returns a small batch for what is sent outside of a read batch, as by a timer. It needs no closing.
func (s *Server) NewBatch() *Batch { return s.newBatch(smallBatchPackets) }

// NewBatch returns a small batch, as [Server.NewBatch] does.
func (s *Socket) NewBatch() *Batch { return s.server.NewBatch() }

// NewLargeBatch returns a batch of the size that a reading goroutine has, for who sends to many at once.
func (s *Server) NewLargeBatch() *Batch { return s.newBatch(batchPackets) }

func (s *Server) newBatch(limit int) *Batch {
	return &Batch{server: s, limit: limit, out: s.newSender(limit)}
}

// Reserve returns room for a datagram of n bytes to r, to be written by the caller before its next call, [Batch.Commit].
// It returns nil if n is more than MaxDatagram. A reservation that is not committed is void at the next one.
func (b *Batch) Reserve(r *Remote, n int) []byte {
	if n > MaxDatagram {
		b.server.batches.refused.Add(1)
		return nil
	}
	if b.arena == nil {
		b.allocate()
	}
	if len(b.packets) == b.limit || b.used+n > len(b.arena) {
		b.Flush()
	}
	b.reserved = r
	return b.arena[b.used : b.used+n : b.used+n]
}

// Commit takes the first n bytes of the reservation as the datagram.
func (b *Batch) Commit(n int) {
	r := b.reserved
	b.reserved = nil
	if n <= 0 || r == nil {
		return
	}
	index := int32(len(b.packets))
	b.packets = append(b.packets, outgoing{offset: int32(b.used), length: int32(n), next: -1})
	b.used += n
	slot := b.find(r)
	if at := b.slots[slot]; at != 0 {
		d := &b.dests[at-1]
		b.packets[d.last].next = index
		d.last = index
		return
	}
	b.dests = append(b.dests, destination{remote: r, first: index, last: index, slot: slot})
	b.slots[slot] = uint16(len(b.dests))
}

// find returns the slot of r, or the free one where it belongs.
func (b *Batch) find(r *Remote) uint32 {
	mask := uint32(len(b.slots) - 1)
	for slot := r.hash & mask; ; slot = (slot + 1) & mask {
		if at := b.slots[slot]; at == 0 || b.dests[at-1].remote == r {
			return slot
		}
	}
}

func (b *Batch) allocate() {
	b.arena = make([]byte, b.limit*arenaPerPacket)
	b.packets = make([]outgoing, 0, b.limit)
	b.dests = make([]destination, 0, b.limit)
	b.slots = make([]uint16, 2*b.limit) // a power of two, as limit is
}

// Flush hands everything collected to the kernel. It does not wait: what the kernel does not take is dropped and counted.
func (b *Batch) Flush() {
	if len(b.packets) == 0 {
		return
	}
	b.out.send(b)
	for i := range b.dests {
		b.slots[b.dests[i].slot] = 0
		b.dests[i].remote = nil
	}
	b.packets, b.dests, b.used = b.packets[:0], b.dests[:0], 0
}

func (b *Batch) data(p *outgoing) []byte { return b.arena[p.offset : p.offset+p.length] }
