//go:build !linux

package udp

import (
	"net"
	"net/netip"
)

// rawAddress and rawConn hold what the fast path of Linux needs; here there is none.
type (
	rawAddress struct{}
	rawConn    struct{}
)

func newRawAddress(netip.AddrPort) rawAddress { return rawAddress{} }

func newRawConn(*net.UDPConn) (rawConn, error) { return rawConn{}, nil }

func (rawConn) buffers() (receive, send int, ok bool) { return 0, 0, false }

func (rawConn) send(conn *net.UDPConn, addr netip.AddrPort, packet []byte) error {
	_, err := conn.WriteToUDPAddrPort(packet, addr)
	return err
}

func (rawConn) kernelDrops() uint64 { return 0 }

func (s *Server) newReceiver(socket *Socket) receiver { return newPortableReceiver(socket) }

func (s *Server) newSender(int) sender { return portableSender{} }
