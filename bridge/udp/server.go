package udp

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"slices"
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
	cfg      Config // read-only
	log      *slog.Logger
	portable bool
	batches  counters // what batches sent; kept here because a batch may be dropped any time

	sockets atomic.Pointer[[]*Socket] // of the machine's addresses, in the order of the configuration; replaced whole under mu

	mu      sync.Mutex
	port    uint16         // that port 0 became; guarded by mu, as all below
	gone    []*Socket      // of addresses that the machine has no more, for a while
	looked  time.Time      // when Refresh last looked for other addresses
	past    Stats          // of sockets that were closed
	stun    STUNHandler    // nil until Run
	closed  bool           //
	readers sync.WaitGroup // added to only while not closed
	errs    []error        // of readers
}

// Listen opens the port. It shares it with nobody: a port that another process has open, a second instance of this one
// among them, is an error that says so.
func Listen(cfg Config) (*Server, error) {
	if cfg.local == nil {
		cfg.local = localAddresses
	}
	s := newServer(cfg)
	const tries = 16 // for port 0: the port that is free on the first address may be taken on the next
	var err error
	for range tries {
		var retry bool
		if retry, err = s.open(); err == nil {
			s.logBuffers()
			return s, nil
		}
		_ = s.Close()
		if !retry {
			return nil, err
		}
		s = newServer(cfg)
	}
	return nil, err
}

func newServer(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Log, portable: cfg.portable}
	s.sockets.Store(new([]*Socket))
	return s
}

// open binds every address. retry says that another free port may do better.
func (s *Server) open() (retry bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, err := bindings(s.cfg.Listen, s.cfg.local)
	if err != nil {
		return false, err
	}
	var open []*Socket
	defer func() { s.sockets.Store(&open) }()
	for _, b := range wanted {
		free := b.addr.Port() == 0
		b.addr = s.chosenLocked(b.addr)
		socket, err := s.bind(b.addr)
		switch {
		case err == nil:
			open = append(open, socket)
			if free {
				s.port = socket.addr.Port()
			}
		case b.implied && errors.Is(err, syscall.EADDRNOTAVAIL):
			s.log.Debug("skip a local address that cannot be bound", "err", err)
		case errors.Is(err, syscall.EADDRINUSE):
			return free && s.port != 0, fmt.Errorf("UDP port %d is in use on %s, is another instance running? %w",
				b.addr.Port(), b.addr.Addr(), err)
		default:
			return false, fmt.Errorf("open UDP %s: %w", b.addr, err)
		}
	}
	if len(open) == 0 {
		return false, errors.New("no local address could be opened")
	}
	return false, nil
}

// chosenLocked is addr with the port that was chosen already, where any will do. s.mu must be held.
func (s *Server) chosenLocked(addr netip.AddrPort) netip.AddrPort {
	if addr.Port() == 0 {
		return netip.AddrPortFrom(addr.Addr(), s.port)
	}
	return addr
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
		server: s, addr: local, conn: conn, raw: raw,
		table: &table{}, seed: maphash.MakeSeed(),
	}, nil
}

func (s *Server) logBuffers() {
	receive, send, ok := (*s.sockets.Load())[0].raw.buffers()
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

// Sockets returns the open sockets in the order of the configuration, one for each address that the machine had when [Server.Refresh]
// last looked; never none. The slice is the caller's.
func (s *Server) Sockets() []*Socket { return slices.Clone(*s.sockets.Load()) }

// Run reads until ctx ends or [Server.Close], one goroutine per socket, and returns nil then. The port is closed when it
// returns, also when a socket failed.
func (s *Server) Run(ctx context.Context, stun STUNHandler) error {
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	s.mu.Lock()
	s.stun = stun
	for _, socket := range *s.sockets.Load() {
		s.readLocked(socket)
	}
	s.mu.Unlock()
	s.readers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.errs...)
}

// readLocked starts to read from socket if Run does. s.mu must be held.
func (s *Server) readLocked(socket *Socket) {
	if s.stun == nil || s.closed {
		return
	}
	stun := s.stun
	s.readers.Go(func() {
		err := socket.read(stun, s.newReceiver(socket))
		if err == nil {
			return
		}
		_ = s.Close() // a bridge that hears on some of its addresses only is worse than one restarted
		s.mu.Lock()
		defer s.mu.Unlock()
		s.errs = append(s.errs, err)
	})
}

// Close closes the port; Run returns.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, socket := range append(s.Sockets(), s.gone...) {
		errs = append(errs, socket.close())
	}
	return errors.Join(errs...)
}

// Stats returns what the port has seen so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.past
	s.batches.addTo(&out)
	for _, socket := range append(s.Sockets(), s.gone...) {
		socket.addTo(&out)
	}
	return out
}
