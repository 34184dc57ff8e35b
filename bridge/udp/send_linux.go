package udp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Limits of one write that the kernel cuts into datagrams (UDP_SEGMENT, udp(7)).
const (
	maxSegments     = 64
	maxSegmentBytes = 60_000
)

// linuxSender writes with sendmmsg(2), one message per run: consecutive datagrams for one destination of equal size, of
// which the last may be shorter, that the kernel cuts apart again.
type linuxSender struct {
	headers []messageHeader
	vectors []unix.Iovec
	control [][unix.SizeofCmsghdr + 8]byte
	runs    []run // the same index as headers
	sendFD  func(fd uintptr)

	batch    *Batch
	done     int
	nvectors int
}

// run is what one message carries.
type run struct {
	remote *Remote
	first  int32 // index in Batch.packets; the others are linked
	count  int
	bytes  int
}

func newLinuxSender(limit int) *linuxSender {
	s := &linuxSender{}
	s.sendFD = s.sendAll
	s.runs = make([]run, 0, limit)
	return s
}

func (s *linuxSender) allocate(limit int) {
	s.headers = make([]messageHeader, limit)
	s.vectors = make([]unix.Iovec, limit)
	s.control = make([][unix.SizeofCmsghdr + 8]byte, limit)
}

func (s *linuxSender) send(b *Batch) {
	if s.headers == nil {
		s.allocate(b.limit)
	}
	s.batch = b
	for i := range b.dests {
		socket := b.dests[i].remote.socket
		if hasSocket(b.dests[:i], socket) {
			continue // done with an earlier one
		}
		s.runs, s.nvectors = s.runs[:0], 0
		for j := i; j < len(b.dests); j++ {
			if d := &b.dests[j]; d.remote.socket == socket {
				s.cut(d)
			}
		}
		s.done = 0
		if err := socket.raw.conn.Control(s.sendFD); err != nil { // closed
			s.refuse(len(s.runs))
		}
	}
	s.batch = nil
}

// hasSocket says whether one of dests is reached through socket. There are few sockets: it finds them among the first.
func hasSocket(dests []destination, socket *Socket) bool {
	for i := range dests {
		if dests[i].remote.socket == socket {
			return true
		}
	}
	return false
}

// cut divides what goes to d into runs.
func (s *linuxSender) cut(d *destination) {
	segment := d.remote.socket.raw.segment && !d.remote.single.Load()
	packets := s.batch.packets
	for at := d.first; at >= 0; {
		r := run{remote: d.remote, first: at, count: 1, bytes: int(packets[at].length)}
		size := packets[at].length
		at = packets[at].next
		for segment && at >= 0 && r.count < maxSegments && r.bytes+int(packets[at].length) <= maxSegmentBytes {
			length := packets[at].length
			if length > size || length == 0 {
				break
			}
			r.count++
			r.bytes += int(length)
			at = packets[at].next
			if length < size {
				break
			}
		}
		s.prepare(r, size)
	}
}

// prepare lays out one message.
func (s *linuxSender) prepare(r run, size int32) {
	k := len(s.runs)
	s.runs = append(s.runs, r)
	start := s.nvectors
	at := r.first
	for range r.count {
		p := &s.batch.packets[at]
		v := &s.vectors[s.nvectors]
		v.Base = &s.batch.arena[p.offset]
		v.SetLen(int(p.length))
		s.nvectors++
		at = p.next
	}
	h := &s.headers[k].header
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(&r.remote.raw.storage)), r.remote.raw.length
	h.Iov = &s.vectors[start]
	h.SetIovlen(r.count)
	h.Control = nil
	h.SetControllen(0)
	if r.count > 1 {
		c := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[k]))
		c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
		*(*uint16)(unsafe.Pointer(&s.control[k][unix.CmsgLen(0)])) = uint16(size)
		h.Control = &s.control[k][0]
		h.SetControllen(unix.CmsgSpace(2))
	}
}

// sendAll hands the prepared messages to the kernel.
func (s *linuxSender) sendAll(fd uintptr) {
	for s.done < len(s.runs) {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&s.headers[s.done])),
			uintptr(len(s.runs)-s.done), unix.MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			s.count(int(n))
			continue
		}
		switch r := &s.runs[s.done]; {
		case errno == unix.EINTR:
		case errno == unix.EAGAIN:
			s.drop()
		case r.count > 1 && (errno == unix.EMSGSIZE || errno == unix.EIO || errno == unix.EINVAL):
			// A path or device that cannot do it: from now on one by one, and nothing of this run is lost.
			r.remote.single.Store(true)
			s.sendSingly(fd, r)
			s.done++
		default:
			s.refuse(1)
		}
	}
}

// sendSingly sends a run that the kernel would not cut.
func (s *linuxSender) sendSingly(fd uintptr, r *run) {
	counters := &s.batch.server.batches
	for at := r.first; at >= 0; {
		p := &s.batch.packets[at]
		_, _, errno := unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&s.batch.arena[p.offset])),
			uintptr(p.length), unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&r.remote.raw.storage)), uintptr(r.remote.raw.length))
		switch errno {
		case 0:
			counters.sent.Add(1)
			counters.sentBytes.Add(uint64(p.length))
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			counters.full.Add(1)
		default:
			counters.refused.Add(1)
		}
		if r.count--; r.count == 0 {
			return
		}
		at = p.next
	}
}

// count notes that the next n messages were taken.
func (s *linuxSender) count(n int) {
	packets, bytes := 0, 0
	for _, r := range s.runs[s.done : s.done+n] {
		packets += r.count
		bytes += r.bytes
	}
	s.batch.server.batches.sent.Add(uint64(packets))
	s.batch.server.batches.sentBytes.Add(uint64(bytes))
	s.done += n
}

// drop gives up the rest: the socket's buffer is full.
func (s *linuxSender) drop() {
	packets := 0
	for _, r := range s.runs[s.done:] {
		packets += r.count
	}
	s.batch.server.batches.full.Add(uint64(packets))
	s.done = len(s.runs)
}

// refuse skips the next n messages, which the kernel does not want.
func (s *linuxSender) refuse(n int) {
	packets := 0
	for _, r := range s.runs[s.done : s.done+n] {
		packets += r.count
	}
	s.batch.server.batches.refused.Add(uint64(packets))
	s.done += n
}
