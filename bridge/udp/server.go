package udp

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// socketBuffer is asked of the kernel for each socket and direction: a burst of a second's keyframes must fit.
const socketBuffer = 8 << 20

// STUNHandler takes every STUN message of the port, whoever sent it.
type STUNHandler interface {
	// HandleSTUN is called on the socket's reading goroutine and must not wait; packet is borrowed until it returns.
	HandleSTUN(s *Socket, from netip.AddrPort, packet []byte, arrival time.Time)
}

// Config says where to listen.
type Config struct {
	// Listen are addresses "IP:port". Without an IP, every usable address of the machine is opened, loopback included.
	// Port 0 takes a free one, the same on every address.
	Listen []string
	// Log is where the effective buffer sizes are noted.
	Log *slog.Logger

	// portable uses the operating system's plain calls even where there is something faster, for tests.
	portable bool
	// local lists the machine's addresses; nil means to ask the system.
	local func() ([]netip.Addr, error)
}

// Server is the bridge's UDP port. It is safe for concurrent use.
type Server struct {
	log      *slog.Logger
	sockets  []*Socket // read-only
	portable bool
	closing  atomic.Bool
	close    sync.Once
	closeErr error
	batches  counters // what batches sent; kept here because a batch may be dropped any time
}

// Listen opens the port. It shares it with nobody: a port that another process has open, a second instance of this one
// among them, is an error that says so.
func Listen(cfg Config) (*Server, error) {
	if cfg.local == nil {
		cfg.local = localAddresses
	}
	s := &Server{log: cfg.Log, portable: cfg.portable}
	const tries = 16 // for port 0: the port that is free on the first address may be taken on the next
	var err error
	for range tries {
		var retry bool
		if retry, err = s.open(cfg); err == nil {
			s.logBuffers()
			return s, nil
		}
		_ = s.Close()
		if !retry {
			return nil, err
		}
		s = &Server{log: cfg.Log, portable: cfg.portable}
	}
	return nil, err
}

// open binds every address. retry says that another free port may do better.
func (s *Server) open(cfg Config) (retry bool, err error) {
	wanted, err := bindings(cfg.Listen, cfg.local)
	if err != nil {
		return false, err
	}
	var chosen uint16
	for _, b := range wanted {
		free := b.addr.Port() == 0
		if free {
			b.addr = netip.AddrPortFrom(b.addr.Addr(), chosen)
		}
		socket, err := s.bind(b.addr)
		switch {
		case err == nil:
			s.sockets = append(s.sockets, socket)
			if free && chosen == 0 {
				chosen = socket.addr.Port()
			}
		case b.implied && errors.Is(err, syscall.EADDRNOTAVAIL):
			s.log.Debug("skip a local address that cannot be bound", "err", err)
		case errors.Is(err, syscall.EADDRINUSE):
			return free && chosen != 0, fmt.Errorf("UDP port %d is in use on %s, is another instance running? %w",
				b.addr.Port(), b.addr.Addr(), err)
		default:
			return false, fmt.Errorf("open UDP %s: %w", b.addr, err)
		}
	}
	if len(s.sockets) == 0 {
		return false, errors.New("no local address could be opened")
	}
	return false, nil
}

func (s *Server) bind(addr netip.AddrPort) (*Socket, error) {
	network := "udp4"
	if addr.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	raw, err := newRawConn(conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	// What is granted is checked in logBuffers; an error here only means that it was less.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	local = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	return &Socket{
		server: s, index: len(s.sockets), addr: local, conn: conn, raw: raw,
		table: &table{}, seed: maphash.MakeSeed(),
	}, nil
}

func (s *Server) logBuffers() {
	receive, send, ok := s.sockets[0].raw.buffers()
	if !ok {
		return
	}
	if receive < socketBuffer || send < socketBuffer {
		s.log.Warn("the kernel grants smaller UDP buffers than wanted; bursts may be lost, raise net.core.rmem_max and net.core.wmem_max",
			"wanted", socketBuffer, "receive", receive, "send", send)
		return
	}
	s.log.Debug("UDP buffers", "receive", receive, "send", send)
}

// Sockets returns the open sockets in the order of the configuration. The slice is the caller's.
func (s *Server) Sockets() []*Socket { return append([]*Socket(nil), s.sockets...) }

// Run reads until ctx ends or [Server.Close], one goroutine per socket, and returns nil then. The port is closed when it
// returns, also when a socket failed.
func (s *Server) Run(ctx context.Context, stun STUNHandler) error {
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	var wg sync.WaitGroup
	errs := make([]error, len(s.sockets))
	for i, socket := range s.sockets {
		wg.Go(func() {
			if errs[i] = socket.read(stun, s.newReceiver(socket)); errs[i] != nil {
				_ = s.Close() // a bridge that hears on some of its addresses only is worse than one restarted
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Close closes the port; Run returns.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.closing.Store(true)
		for _, socket := range s.sockets {
			s.closeErr = errors.Join(s.closeErr, socket.conn.Close())
		}
	})
	return s.closeErr
}

func (s *Server) isClosing() bool { return s.closing.Load() }

// Stats returns what the port has seen so far.
func (s *Server) Stats() Stats {
	var out Stats
	s.batches.addTo(&out)
	for _, socket := range s.sockets {
		socket.counters.addTo(&out)
		out.DroppedKernel += socket.raw.kernelDrops()
	}
	return out
}
