package udp

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	receiveBatch  = 64
	receiveStride = 1536 // MaxDatagram, rounded up to cache lines
	receiveErrors = 100  // in a row, until a socket is given up
)

// linuxReceiver reads with recvmmsg(2), everything it needs laid out beforehand.
type linuxReceiver struct {
	conn    rawConn
	buf     []byte
	headers [receiveBatch]messageHeader
	vectors [receiveBatch]unix.Iovec
	names   [receiveBatch]unix.RawSockaddrInet6

	readFD func(fd uintptr) bool // made once, so that a read does not allocate
	n      int
	errno  unix.Errno
}

func newLinuxReceiver(s *Socket) *linuxReceiver {
	r := &linuxReceiver{conn: s.raw, buf: make([]byte, receiveBatch*receiveStride)}
	for i := range r.headers {
		r.vectors[i].Base = &r.buf[i*receiveStride]
		r.vectors[i].SetLen(MaxDatagram)
		h := &r.headers[i].header
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Namelen = unix.SizeofSockaddrInet6
		h.Iov = &r.vectors[i]
		h.SetIovlen(1)
	}
	r.readFD = r.readOnce
	return r
}

func (r *linuxReceiver) receive() (int, error) {
	for i := range r.n {
		r.headers[i].header.Namelen = unix.SizeofSockaddrInet6 // the kernel wrote what it needed
	}
	for failures := 0; ; failures++ {
		if err := r.conn.conn.Read(r.readFD); err != nil {
			r.n = 0
			return 0, err
		}
		if r.errno == 0 {
			return r.n, nil
		}
		// What the network reports about an earlier datagram, or a shortage of memory, ends nothing.
		if failures == receiveErrors {
			return 0, r.errno
		}
	}
}

// readOnce reports whether it is done; if not, the runtime waits until the socket is readable and calls it again.
func (r *linuxReceiver) readOnce(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.headers[0])), receiveBatch,
			unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			r.n, r.errno = int(n), 0
			return true
		case unix.EAGAIN:
			return false
		case unix.EINTR:
			continue
		default:
			r.n, r.errno = 0, errno
			return true
		}
	}
}

func (r *linuxReceiver) datagram(i int) ([]byte, netip.AddrPort, bool) {
	m := &r.headers[i]
	start := i * receiveStride
	packet := r.buf[start : start+int(m.length) : start+receiveStride]
	return packet, fromRawAddress(&r.names[i]), m.header.Flags&unix.MSG_TRUNC == 0
}
