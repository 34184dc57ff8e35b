package udp

import (
	"slices"
	"time"
)

const (
	refreshInterval = time.Second // between looks at the machine's addresses
	// goneAfter is how long a socket stays open when its address is gone: it may come back, and then those who spoke to it go on.
	goneAfter = time.Minute
)

// Refresh makes [Server.Sockets] follow the addresses of the machine, which change when a laptop is carried to another network or a VPN
// comes up. It looks at most once a second.
func (s *Server) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.looked) >= refreshInterval {
		s.looked = now
		s.followLocked(now)
	}
}

// followLocked opens what the machine has and is not open yet, and closes what it has not had for a while. s.mu must be held.
func (s *Server) followLocked(now time.Time) {
	wanted, err := bindings(s.cfg.Listen, s.cfg.local)
	if err != nil || s.closed {
		return // without any address there is nothing to follow
	}
	before := append(s.Sockets(), s.gone...)
	var open, added []*Socket
	for _, b := range wanted {
		addr := s.chosenLocked(b.addr)
		if i := slices.IndexFunc(before, func(o *Socket) bool { return o.addr == addr }); i >= 0 {
			open = append(open, before[i])
			continue
		}
		socket, err := s.bind(addr)
		if err != nil {
			s.log.Debug("skip a new local address that cannot be bound", "err", err)
			continue
		}
		s.log.Info("media port opened on another address of the machine", "address", addr)
		open, added = append(open, socket), append(added, socket)
	}
	if len(open) == 0 {
		return
	}
	s.sockets.Store(&open)
	for _, socket := range added {
		s.readLocked(socket)
	}
	s.gone = s.gone[:0:0]
	for _, socket := range before {
		if slices.Contains(open, socket) {
			socket.goneAt = time.Time{}
		} else {
			s.retireLocked(socket, now)
		}
	}
}

// retireLocked keeps the socket of an address that is gone for a while, then closes it. s.mu must be held.
func (s *Server) retireLocked(socket *Socket, now time.Time) {
	if socket.goneAt.IsZero() {
		s.log.Info("the machine has lost an address of the media port", "address", socket.addr)
		socket.goneAt = now
	}
	if now.Sub(socket.goneAt) < goneAfter {
		s.gone = append(s.gone, socket)
		return
	}
	socket.addTo(&s.past) // first: the kernel tells its part of an open socket only
	_ = socket.close()
}
