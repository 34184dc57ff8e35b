package xmpp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// streamState is how far a stream has come.
type streamState uint8

const (
	awaitOpen    streamState = iota // the stream's header
	awaitAuth                       // SASL or STARTTLS
	awaitRestart                    // the header after authentication
	awaitBind                       // a resource, or the resumption of a session
	isBound
)

// stream is one client connection of any kind: the protocol from the header up to a bound session, which it then carries. Its
// aspects have files of their own: opening.go, starttls.go, sasl.go, bind.go, smacks.go, goodbye.go.
type stream struct {
	// Set at construction, read-only afterwards.
	srv    *Server
	tr     transport
	kind   string // "tcp", "websocket", "bosh"
	remote ClientAddr
	previd string // the resumption token that the URL names; "" for none
	log    *slog.Logger
	out    outQueue
	late   *time.Timer // ends the stream if it is not bound in time
	opened atomic.Bool // whether the server's header was sent

	// Owned by the goroutine that reads.
	state     streamState
	host      *host
	exchange  *saslExchange
	failures  int
	user      JID // bare; once authenticated
	password  PasswordID
	anonymous bool
	pacer     pacer

	mu     sync.Mutex
	sess   *session // guarded by mu
	ended  bool     // guarded by mu; somebody says goodbye or has
	gone   bool     // guarded by mu; the session, if there was one, has been let go
	reason string   // guarded by mu; why, for the counters
	preAu  bool     // guarded by mu; still counted by srv.preAuth

	parted chan struct{} // closed when kill has said goodbye
}

// Errors of newStream.
var (
	errShuttingDown   = errors.New("the server shuts down")
	errTooManyStreams = errors.New("too many streams of one address before authentication")
)

// newStream registers a stream. Each one must come to its over.
func (s *Server) newStream(kind string, tr transport, remote ClientAddr, previd string) (*stream, error) {
	c := &stream{srv: s, tr: tr, kind: kind, remote: remote, previd: previd, preAu: true, parted: make(chan struct{})}
	c.log = s.log.With("stream", rand.Text()[:8], "transport", kind)
	c.out.init(tr, s.cfg.Limits, &s.count, &s.wg, func(err error) { c.log.Debug("write", "err", err); tr.abort() })
	if !s.preAuth.add(remote, s.cfg.Limits.PreAuthPerAddress) {
		s.count.ended.add("too many streams")
		return nil, errTooManyStreams
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		s.preAuth.remove(remote)
		return nil, errShuttingDown
	}
	s.streams[c] = true
	s.wg.Add(1)
	s.count.streams.Add(1)
	s.count.opened.add(kind)
	tr.allow(s.cfg.Limits.PreAuthBytes)
	c.late = time.AfterFunc(s.cfg.Limits.PreAuthTime, func() {
		c.kill(&StreamError{Condition: "connection-timeout", Text: "not authenticated and bound in time"}, "not bound in time")
	})
	c.log.Debug("stream connected", "address", remote)
	return c, nil
}

// serve reads and handles elements until the stream ends. An element is read when the last one has been routed.
func (c *stream) serve() {
	for {
		frame, err := c.tr.next()
		if errors.Is(err, errIdle) {
			c.pingClient()
			continue
		}
		if err == nil {
			err = c.receive(frame)
		}
		if err != nil {
			c.over(err)
			return
		}
	}
}

// receive handles one element and waits if the client is too fast. An error ends the stream; see asStreamError for what the peer is
// told.
func (c *stream) receive(frame []byte) error {
	c.srv.count.bytesIn.Add(uint64(len(frame)))
	err := c.handle(frame)
	if err == nil && c.state == isBound {
		c.keepPace(len(frame))
	}
	return err
}

func (c *stream) handle(frame []byte) error {
	st, err := ParseStanza(frame)
	if err == nil {
		return c.stanza(st, nil)
	}
	if bad, ok := errors.AsType[*Error](err); ok {
		return c.stanza(st, bad)
	}
	if !errors.Is(err, ErrInvalidXMLNS) {
		return err
	}
	el, err := parseTopLevel(frame)
	if err != nil {
		return err
	}
	h := streamElements[Name{el.Space, el.Name}]
	if h == nil {
		return &StreamError{Condition: "unsupported-stanza-type"}
	}
	return h(c, el)
}

// streamElements says who handles what is no stanza.
var streamElements = map[Name]func(*stream, *Element) error{
	{NSStream, "stream"}:      (*stream).open,
	{NSFraming, "open"}:       (*stream).open,
	{NSFraming, "close"}:      func(*stream, *Element) error { return errPeerClosed },
	{NSStream, "error"}:       (*stream).peerError,
	{NSTLS, "starttls"}:       (*stream).startTLS,
	{NSSASL, "auth"}:          (*stream).auth,
	{NSSASL, "response"}:      (*stream).response,
	{NSSASL, "abort"}:         (*stream).abortAuth,
	{NSSM, "enable"}:          (*stream).enable,
	{NSSM, "resume"}:          (*stream).resume,
	{NSSM, "r"}:               (*stream).ackRequest,
	{NSSM, "a"}:               (*stream).ack,
	{NSClientState, "active"}: ignoreElement, {NSClientState, "inactive"}: ignoreElement,
}

func ignoreElement(*stream, *Element) error { return nil }

// stanza handles a stanza; bad, if not nil, is what is wrong with its addresses.
func (c *stream) stanza(st Stanza, bad *Error) error {
	c.srv.count.stanzasIn.Add(1)
	switch c.state {
	case isBound:
		return c.session().fromClient(c, st, bad)
	case awaitBind:
		if st.Kind == IQ && st.Type == "set" && st.Child == (Name{NSBind, "bind"}) {
			return c.bind(st)
		}
	}
	return &StreamError{Condition: "not-authorized"}
}

func (c *stream) session() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sess
}

// send queues an element that is no stanza.
func (c *stream) send(raw []byte) error {
	if err := c.out.push(entry{raw: raw}, len(raw), false); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// carry makes c the stream of s. One over BOSH may be over already: what ends it need not wait for the request in hand.
func (c *stream) carry(s *session) {
	c.mu.Lock()
	c.sess = s
	pre, gone, reason := c.preAu, c.gone, c.reason
	c.preAu = false
	c.mu.Unlock()
	if gone {
		s.detach(c, reason, false)
	}
	if pre {
		c.srv.preAuth.remove(c.remote)
	}
	c.late.Stop()
	c.state = isBound
}

// peerError takes a stream error of the client, which closes the stream after it.
func (c *stream) peerError(el *Element) error {
	if len(el.Children) > 0 {
		c.log.Debug("the client reports a stream error", "condition", el.Children[0].Name)
	}
	return errPeerClosed
}

// pingClient asks a silent client whether it is still there.
func (c *stream) pingClient() {
	if s := c.session(); s != nil {
		ping := NewStanza(IQ, "get", JID{domain: c.host.cfg.Name}, s.jid, NewElement(NSPing, "ping")).WithID(rand.Text())
		_ = s.Deliver(ping)
	}
}
