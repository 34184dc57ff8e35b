package udp

import "net/netip"

// portableReceiver reads datagram by datagram, by the standard library.
type portableReceiver struct {
	socket *Socket
	buf    []byte
	packet []byte
	from   netip.AddrPort
}

func newPortableReceiver(s *Socket) *portableReceiver {
	return &portableReceiver{socket: s, buf: make([]byte, MaxDatagram+1)}
}

func (r *portableReceiver) receive() (int, error) {
	n, from, err := r.socket.conn.ReadFromUDPAddrPort(r.buf)
	if err != nil {
		return 0, err
	}
	r.packet = r.buf[:n]
	r.from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	return 1, nil
}

func (r *portableReceiver) datagram(int) ([]byte, netip.AddrPort, bool) {
	return r.packet, r.from, len(r.packet) <= MaxDatagram
}

// portableSender writes datagram by datagram, by the standard library.
type portableSender struct{}

func (portableSender) send(b *Batch) {
	for i := range b.dests {
		d := &b.dests[i]
		for at := d.first; at >= 0; at = b.packets[at].next {
			d.remote.socket.write(d.remote.addr, b.data(&b.packets[at]))
		}
	}
}

func (s *Socket) write(to netip.AddrPort, packet []byte) {
	n, err := s.conn.WriteToUDPAddrPort(packet, to)
	if err != nil {
		s.counters.refused.Add(1)
		return
	}
	s.counters.sent.Add(1)
	s.counters.sentBytes.Add(uint64(n))
}

// receiver reads datagrams of one socket in batches.
type receiver interface {
	// receive waits for at least one datagram and returns how many came. An error is final.
	receive() (int, error)
	// datagram returns the i-th of them, valid until the next receive; whole is false if it was too long to be read whole.
	datagram(i int) (packet []byte, from netip.AddrPort, whole bool)
}
