package udp

import (
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// messageHeader is struct mmsghdr of recvmmsg(2); Go pads it as C does.
type messageHeader struct {
	header unix.Msghdr
	length uint32
}

// rawAddress is a socket address as the kernel wants it. The IPv6 form is the longer one and holds both.
type rawAddress struct {
	storage unix.RawSockaddrInet6
	length  uint32
}

func newRawAddress(addr netip.AddrPort) rawAddress {
	var r rawAddress
	if addr.Addr().Is4() {
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&r.storage))
		in4.Family, in4.Addr = unix.AF_INET, addr.Addr().As4()
		r.length = unix.SizeofSockaddrInet4
	} else {
		r.storage.Family, r.storage.Addr = unix.AF_INET6, addr.Addr().As16()
		r.length = unix.SizeofSockaddrInet6
	}
	// The port is at the same place in both, in network order.
	port := (*[2]byte)(unsafe.Pointer(&r.storage.Port))
	port[0], port[1] = byte(addr.Port()>>8), byte(addr.Port())
	return r
}

func fromRawAddress(storage *unix.RawSockaddrInet6) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&storage.Port))
	number := uint16(port[0])<<8 | uint16(port[1])
	if storage.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(storage)).Addr), number)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(storage.Addr).Unmap(), number)
}

// rawConn gives the file descriptor to calls that the standard library does not have.
type rawConn struct {
	conn    syscall.RawConn
	segment bool // the kernel cuts one large write into datagrams (UDP_SEGMENT)
}

func newRawConn(conn *net.UDPConn) (rawConn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return rawConn{}, err
	}
	r := rawConn{conn: raw}
	err = raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		r.segment = err == nil
	})
	return r, err
}

// buffers returns the sizes the kernel granted; it doubles them for its own bookkeeping.
func (r rawConn) buffers() (receive, send int, ok bool) {
	var e1, e2 error
	err := r.conn.Control(func(fd uintptr) {
		receive, e1 = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		send, e2 = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	})
	return receive / 2, send / 2, err == nil && e1 == nil && e2 == nil
}

// send sends one datagram, or fails with EAGAIN where conn itself would wait.
func (r rawConn) send(_ *net.UDPConn, addr netip.AddrPort, packet []byte) error {
	if len(packet) == 0 {
		return nil
	}
	to := newRawAddress(addr)
	var errno unix.Errno
	err := r.conn.Control(func(fd uintptr) {
		for errno = unix.EINTR; errno == unix.EINTR; {
			_, _, errno = unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&packet[0])), uintptr(len(packet)),
				unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&to.storage)), uintptr(to.length))
		}
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// kernelDrops returns how many datagrams the kernel discarded for want of room, as SO_MEMINFO counts them: asked when
// somebody wants to know instead of carried along with every datagram.
func (r rawConn) kernelDrops() uint64 {
	const drops = 8 // SK_MEMINFO_DROPS of linux/sock_diag.h
	var info [drops + 1]uint32
	var failed bool
	err := r.conn.Control(func(fd uintptr) {
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		failed = errno != 0
	})
	if err != nil || failed {
		return 0
	}
	return uint64(info[drops])
}

func (s *Server) newReceiver(socket *Socket) receiver {
	if s.portable {
		return newPortableReceiver(socket)
	}
	return newLinuxReceiver(socket)
}

func (s *Server) newSender(limit int) sender {
	if s.portable {
		return portableSender{}
	}
	return newLinuxSender(limit)
}
