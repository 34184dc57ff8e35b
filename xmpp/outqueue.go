package xmpp

import (
	"sync"
	"time"
)

// transport is what differs between TCP, WebSocket and BOSH. Its reading side belongs to the stream's goroutine, its writing side
// to the goroutine that empties the out queue.
type transport interface {
	// begin reserves room for a frame's header, end completes the frame that begins at start.
	begin(dst []byte) []byte
	end(dst []byte, start int) []byte
	// writable waits until something can be written; only BOSH has to wait.
	writable() error
	// write writes whole frames in one piece.
	write(frames []byte, deadline time.Time) error

	// appendOpen appends the stream's header, unframed; nil for none. goodbye returns the frames that end the stream.
	appendOpen(dst []byte, o opening) []byte
	goodbye(tell *StreamError) [][]byte

	// next returns the next element, or an error: one to tell the peer, errPeerClosed, or what broke the connection. The bytes are
	// the caller's.
	next() ([]byte, error)
	// allow sets how long elements may be from now on.
	allow(bytes int)
	// secure says whether passwords may be sent over it in the clear.
	secure() bool
	// abort breaks the connection.
	abort()
	// finish ends the writing side after the last frame was written; linger, called by the reader, what is left of the connection.
	finish()
	linger()
	// restart makes the transport expect a stream's header again.
	restart()
}

// entry is one thing to send: a stanza, text that is complete already, or a state: many stanzas that others share, for whom st.To is
// the addressee.
type entry struct {
	st  Stanza
	raw []byte
	all []*Stanza
}

// size is about how much room e takes up in a queue.
func (e *entry) size() int {
	if e.all != nil {
		return 0
	}
	return e.st.Size()
}

// batch is what waits to be sent. Batches go back to a pool, so that an idle stream holds none.
type batch struct {
	entries []entry
}

var (
	batches     = sync.Pool{New: func() any { return new(batch) }}
	writeBufs   = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}
	maxWriteBuf = 256 << 10 // written at once; larger buffers are not kept
)

// outQueue holds what waits to be sent on one stream. All that waits leaves in one write, by a goroutine that lives only as long as
// there is something to do.
type outQueue struct {
	tr    transport
	max   int           // bytes
	time  time.Duration // for a write
	stats *counters
	wg    *sync.WaitGroup
	fail  func(error) // told once that a write failed
	run   func()      // is flush; made once, so that starting it allocates nothing

	mu     sync.Mutex
	wait   *batch        // guarded by mu; nil when empty
	bytes  int           // guarded by mu; waiting or being written, a state not counted
	state  bool          // guarded by mu; a state is
	active bool          // guarded by mu; flush runs
	closed bool          // guarded by mu
	idle   chan struct{} // guarded by mu; closed when flush ends, made by who waits for it
}

func (q *outQueue) init(tr transport, l Limits, stats *counters, wg *sync.WaitGroup, fail func(error)) {
	q.tr, q.max, q.time, q.stats, q.wg, q.fail = tr, l.QueueBytes, l.QueueTime, stats, wg, fail
	q.run = q.flush
}

// push queues e, which is about size bytes long. It fails with ErrQueueFull or ErrClosed. A state takes up no room in the queue, but
// there is room for one only.
func (q *outQueue) push(e entry, size int, force bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	if !force && (e.all != nil && q.state || q.bytes > 0 && q.bytes+size > q.max) {
		return ErrQueueFull
	}
	q.state = q.state || e.all != nil
	if q.wait == nil {
		q.wait = batches.Get().(*batch)
	}
	q.wait.entries = append(q.wait.entries, e)
	q.bytes += size
	if !q.active {
		q.active = true
		q.wg.Add(1)
		go q.run()
	}
	return nil
}

// flush sends batches until none is left.
func (q *outQueue) flush() {
	defer q.wg.Done()
	for {
		q.mu.Lock()
		if q.wait == nil {
			q.active = false
			if q.idle != nil {
				close(q.idle)
				q.idle = nil
			}
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		err := q.tr.writable()
		q.mu.Lock()
		b, size, state := q.wait, q.bytes, q.state
		q.wait = nil
		q.mu.Unlock()
		if b == nil { // closed while waiting
			continue
		}
		if err == nil {
			err = q.writeBatch(b)
		}
		clear(b.entries)
		b.entries = b.entries[:0]
		if cap(b.entries) <= 256 {
			batches.Put(b)
		}
		q.mu.Lock()
		q.bytes -= size
		q.state = q.state && !state
		q.mu.Unlock()
		if err != nil {
			q.close()
			q.fail(err)
		}
	}
}

func (q *outQueue) writeBatch(b *batch) (err error) {
	pooled := writeBufs.Get().(*[]byte)
	f := frames{q: q, buf: (*pooled)[:0], deadline: time.Now().Add(q.time)}
	defer func() {
		if cap(f.buf) <= maxWriteBuf {
			*pooled = f.buf
			writeBufs.Put(pooled)
		}
	}()
	for i := range b.entries {
		if e := &b.entries[i]; e.all != nil {
			err = f.addState(e)
		} else {
			err = f.add(&e.st, e.raw)
		}
		if err != nil {
			return err
		}
	}
	return f.write()
}

// frames gathers what leaves in one write.
type frames struct {
	q        *outQueue
	buf      []byte
	deadline time.Time
}

func (f *frames) add(st *Stanza, raw []byte) error {
	start := len(f.buf)
	f.buf = f.q.tr.begin(f.buf)
	if raw != nil {
		f.buf = append(f.buf, raw...)
	} else {
		f.buf = st.appendTo(f.buf)
		f.q.stats.stanzasOut.Add(1)
	}
	f.buf = f.q.tr.end(f.buf, start)
	if len(f.buf) < maxWriteBuf/2 {
		return nil
	}
	return f.write()
}

// addState adds a state. Each write of it has the time that a batch has: it is long, and the peer is not to be blamed for that.
func (f *frames) addState(e *entry) error {
	for _, shared := range e.all {
		st := *shared
		st.To = e.st.To
		if err := f.add(&st, nil); err != nil {
			return err
		}
		if len(f.buf) == 0 {
			f.deadline = time.Now().Add(f.q.time)
		}
	}
	return nil
}

func (f *frames) write() error {
	if len(f.buf) == 0 {
		return nil
	}
	f.q.stats.bytesOut.Add(uint64(len(f.buf)))
	err := f.q.tr.write(f.buf, f.deadline)
	f.buf = f.buf[:0]
	return err
}

// close drops what waits and takes no more.
func (q *outQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.wait = true, nil
}

// seal takes no more; what waits is still sent.
func (q *outQueue) seal() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// drained returns a channel that is closed once everything queued so far has been sent, or given up.
func (q *outQueue) drained() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.active {
		done := make(chan struct{})
		close(done)
		return done
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	return q.idle
}
