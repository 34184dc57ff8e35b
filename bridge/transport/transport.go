package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/udp"
)

// Handler gets what an endpoint sends. It is called on the socket's reading goroutine and must not wait; with a client
// that speaks to several of our addresses, on several at once. Packets are decrypted and borrowed until return.
type Handler interface {
	// HandleRTP takes one RTP packet. What is sent to b leaves when all packets that arrived together are handled.
	HandleRTP(b *udp.Batch, packet []byte, arrival time.Time)
	// HandleRTCP takes one compound RTCP packet.
	HandleRTCP(b *udp.Batch, compound []byte, arrival time.Time)
}

// Events tells what becomes of a transport. Functions may be nil. They are called on goroutines of the transport, never
// after Close has returned, and may call everything but Close.
type Events struct {
	// Connected is called once, when keys are agreed on: media can be sent. The client's may have come a moment before.
	Connected func()
	// Path is called with each new state of the path.
	Path func(ice.State)
	// ChannelOpen is called when the client has opened the bridge channel: SendMessage works from now on.
	ChannelOpen func()
	// Message is called for each text message of the bridge channel, one at a time.
	Message func(text string)
	// ChannelClosed is called when the client closed the bridge channel but not the connection.
	ChannelClosed func()
	// Failed is called once at most, when nothing more can come or go. The transport is still to be closed.
	Failed func(err error)
}

// Deps is what a transport needs.
type Deps struct {
	Mux      *ice.Mux
	Identity *Identity
	Handler  Handler
	Events   Events
	Log      *slog.Logger
	// DataChannel makes the transport accept the bridge channel by SCTP.
	DataChannel bool
}

// Errors that Events.Failed is called with, besides those of the handshake.
var (
	ErrPathFailed   = errors.New("the client is not reachable any more")
	ErrClosedByPeer = errors.New("the client closed the connection")
	// ErrClosed is returned by methods of a closed transport.
	ErrClosed = errors.New("transport is closed")
)

// Transport is one endpoint's connection. It is safe for concurrent use.
type Transport struct {
	// Set at construction, read-only afterwards.
	deps        Deps
	log         *slog.Logger
	path        *ice.Path
	pipe        *pipe
	certificate *certificate
	pathUp      chan struct{} // closed when the path is first connected
	channel     channel

	session atomic.Pointer[session] // nil until keys are agreed on
	early   early

	mu     sync.Mutex
	role   role               // guarded by mu
	closed bool               // guarded by mu
	cancel context.CancelFunc // ends run; guarded by mu
	wg     sync.WaitGroup
	up     sync.Once
	failed sync.Once

	drops drops
}

// New returns a transport that answers the client's checks from now on; id names the endpoint in the log.
func New(id string, deps Deps) (*Transport, error) {
	certificate, err := deps.Identity.certificate()
	if err != nil {
		return nil, err
	}
	t := &Transport{
		deps: deps, certificate: certificate,
		log:    deps.Log.With("endpoint", id),
		pathUp: make(chan struct{}),
	}
	t.channel.init()
	t.pipe = newPipe(func() *udp.Remote { return t.path.Remote() })
	t.path = deps.Mux.NewPath(t, t.onPath, t.log)
	if err := t.path.Open(); err != nil {
		return nil, fmt.Errorf("open path: %w", err)
	}
	return t, nil
}

// LocalDescription returns what the client is to be told.
func (t *Transport) LocalDescription() Description {
	t.mu.Lock()
	as := t.role
	t.mu.Unlock()
	ufrag, password := t.path.Credentials()
	d := Description{
		Ufrag: ufrag, Password: password,
		Candidates:   t.path.Candidates(),
		Fingerprints: []Fingerprint{t.certificate.fingerprint},
		Setup:        as.setup(),
	}
	if t.deps.DataChannel {
		d.SCTPPort = SCTPPort
	}
	return d
}

// SetRemote takes what the client tells, whole or in parts: checks start with the credentials, DTLS with fingerprint and
// setup. What was told once is not changed by telling it again; more candidates are welcome any time.
func (t *Transport) SetRemote(d Description) error {
	as, err := localRole(d.Setup)
	if err != nil {
		return err
	}
	var want *expected
	if len(d.Fingerprints) > 0 {
		if want, err = newExpected(d.Fingerprints); err != nil {
			return err
		}
	}
	if err := t.path.SetRemote(d.Ufrag, d.Password, d.Candidates); err != nil {
		return err
	}
	if want == nil || as == roleUnknown {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return ErrClosed
	}
	if t.role != roleUnknown {
		return nil
	}
	t.role = as
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	t.wg.Go(func() {
		if err := t.run(ctx, as, want); ctx.Err() == nil {
			t.fail(err)
		}
	})
	return nil
}

// run does DTLS and what goes on it, until it ends.
func (t *Transport) run(ctx context.Context, as role, want *expected) error {
	if err := t.awaitPeer(ctx, as); err != nil {
		return err
	}
	conn, err := t.handshake(ctx, as, want)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = conn.Close() // says goodbye
		close(ended)
	})
	defer func() {
		if stop() {
			_ = conn.Close()
		} else {
			<-ended
		}
	}()
	s, err := newSession(conn, as)
	if err != nil {
		return err
	}
	t.start(s)
	call(t.deps.Events.Connected)
	if t.deps.DataChannel {
		return t.serveSCTP(conn)
	}
	return discard(conn)
}

// awaitPeer waits until the handshake can begin, as its time is limited: a client needs the path, a server a client.
func (t *Transport) awaitPeer(ctx context.Context, as role) error {
	var first <-chan struct{}
	if as == roleServer {
		first = t.pipe.first
	}
	select {
	case <-t.pathUp:
	case <-first:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// discard reads conn to its end, for what DTLS itself has to say.
func discard(conn *dtls.Conn) error {
	buf := make([]byte, udp.MaxDatagram)
	for {
		switch _, err := conn.Read(buf); {
		case errors.Is(err, io.EOF):
			return ErrClosedByPeer
		case err != nil:
			return fmt.Errorf("read DTLS: %w", err)
		}
	}
}

func (t *Transport) onPath(s ice.State) {
	if t.deps.Events.Path != nil {
		t.deps.Events.Path(s)
	}
	switch s {
	case ice.Connected:
		t.up.Do(func() { close(t.pathUp) })
	case ice.Failed:
		t.fail(ErrPathFailed)
	}
}

func (t *Transport) fail(err error) {
	t.failed.Do(func() {
		t.log.Debug("transport failed", "err", err)
		if t.deps.Events.Failed != nil {
			t.deps.Events.Failed(err)
		}
	})
}

// Close ends the connection, tells the client so if it can, and waits for its goroutines.
func (t *Transport) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	cancel := t.cancel
	t.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	t.wg.Wait()
	_ = t.pipe.Close()
	t.path.Close()
}

func call(f func()) {
	if f != nil {
		f()
	}
}
