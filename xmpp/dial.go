package xmpp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// DialConfig says how an entity of another process logs in as a client (RFC 6120).
type DialConfig struct {
	// Address is the server's host:port.
	Address string
	// JID is the full address to bind; its domain is the host to log in to.
	JID JID
	// Password is that of the account.
	Password string
	// TLS secures the connection by STARTTLS where the server offers it; nil leaves it in the clear. The password never travels in
	// the clear without TLS.
	TLS *tls.Config
	// RequireTLS fails where the server offers no STARTTLS.
	RequireTLS bool
	// Limits as for a server; IdleTime is the silence after which the server is pinged.
	Limits Limits
}

// clientLink is a link over a stream to a server.
type clientLink struct {
	cfg   DialConfig
	jid   JID
	tr    *tcpTransport
	out   outQueue
	in    *inbox
	stats counters // nobody reads them
	wg    sync.WaitGroup
	once  sync.Once
	over  chan struct{} // closed when read has ended
	why   atomic.Pointer[StreamError]
}

// Dial logs in and binds cfg.JID. The link breaks when the connection does; whoever wants another one dials again.
func Dial(ctx context.Context, cfg DialConfig) (Link, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.JID.local == "" || cfg.JID.resource == "" {
		return nil, fmt.Errorf("dial as %s: a full address is needed", cfg.JID)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("dial as %s: %w", cfg.JID, err)
	}
	return dialOn(ctx, conn, cfg)
}

// dialOn logs in on a connection, which it takes over.
func dialOn(ctx context.Context, conn net.Conn, cfg DialConfig) (Link, error) {
	l := &clientLink{cfg: cfg, jid: cfg.JID, in: newInbox(cfg.Limits.LinkStanzas), over: make(chan struct{})}
	l.tr = &tcpTransport{idle: cfg.Limits.PreAuthTime, frame: cfg.Limits.FrameTime}
	l.tr.init(conn)
	l.tr.allow(cfg.Limits.StanzaBytes * 2) // servers may send longer stanzas than they take
	l.out.init(l.tr, cfg.Limits, &l.stats, &l.wg, func(error) { l.tr.abort() })
	stop := context.AfterFunc(ctx, l.tr.abort)
	err := l.login()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		l.tr.abort()
		l.out.close()
		l.wg.Wait()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("log in as %s: %w", cfg.JID, err)
	}
	l.tr.idle, l.tr.silent = cfg.Limits.IdleTime, false
	l.wg.Go(l.read)
	return l, nil
}

// JID implements Link.
func (l *clientLink) JID() JID { return l.jid }

// Send implements Sender.
func (l *clientLink) Send(st Stanza) error {
	st.From = l.jid
	return l.out.push(entry{st: st}, st.Size(), false)
}

// Receive implements Link. Where the server has said why it ends the stream, the error is also that *StreamError.
func (l *clientLink) Receive(ctx context.Context) (Stanza, error) {
	st, err := l.in.take(ctx)
	if why := l.why.Load(); err == ErrClosed && why != nil {
		err = fmt.Errorf("%w: %w", err, why)
	}
	return st, err
}

// Close implements Link. It waits a moment for what was sent to leave, and for the server to close its side.
func (l *clientLink) Close() error {
	l.once.Do(func() {
		for _, raw := range l.tr.goodbye(nil) {
			_ = l.out.push(entry{raw: raw}, len(raw), true)
		}
		l.out.seal()
		late := make(chan struct{})
		timer := time.AfterFunc(farewell, func() { close(late) })
		defer timer.Stop()
		select {
		case <-l.out.drained():
		case <-late:
		}
		l.tr.finish()
		select {
		case <-l.over:
		case <-late:
		}
		l.in.end(true) // frees a read that waits for room
		l.tr.abort()
	})
	l.wg.Wait()
	return nil
}

// read takes what the server sends until the stream ends.
func (l *clientLink) read() {
	defer close(l.over)
	defer l.in.end(false)
	defer l.tr.abort()
	defer l.out.close()
	for {
		frame, err := l.tr.next()
		if errors.Is(err, errIdle) {
			err = l.Send(NewStanza(IQ, "get", JID{}, JID{domain: l.jid.domain}, NewElement(NSPing, "ping")).WithID(keepAlive + rand.Text()))
			if err == nil {
				continue
			}
		}
		if err != nil {
			return
		}
		if err := l.take(frame); err != nil {
			return
		}
	}
}

// keepAlive begins the ids of our own pings, so that their answers are ours too.
const keepAlive = "keepalive-"

func (l *clientLink) take(frame []byte) error {
	st, err := ParseStanza(frame)
	if _, bad := errors.AsType[*Error](err); bad || errors.Is(err, ErrInvalidXMLNS) {
		el, err := parseTopLevel(frame)
		if err == nil && el.Is(NSStream, "error") {
			why, _ := errors.AsType[*StreamError](unexpected(el, nil))
			l.why.Store(why)
			return errPeerClosed
		}
		return err // an element that we have not asked for, or a stanza from a bad address
	}
	if err != nil {
		return err
	}
	if st.From.IsZero() { // RFC 6120 §8.1.2.1: from the account itself
		st.From = l.jid.Bare()
	}
	fromServer := st.From == l.jid.DomainJID() || st.From == l.jid.Bare()
	switch {
	case fromServer && st.Kind == IQ && st.Type == "get" && st.Child == Name{NSPing, "ping"}:
		return l.Send(st.Result())
	case fromServer && st.IsReply() && len(st.ID) > len(keepAlive) && st.ID[:len(keepAlive)] == keepAlive:
		return nil
	}
	return l.in.putWait(st)
}
