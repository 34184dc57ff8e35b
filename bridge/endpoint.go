package bridge

import (
	"net/url"
	"sync/atomic"
	"time"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/ice"
	"stammtisch/bridge/transport"
	"stammtisch/bridge/udp"
	"stammtisch/jingle"
)

// endpoint is one participant as the bridge sees it. Owned by its conference's goroutine, except what is marked read-only.
type endpoint struct {
	id         jingle.EndpointID // read-only
	conference *conference       // read-only
	visitor    bool              // only watches; read-only
	password   string            // of the WebSocket channel; read-only
	created    time.Time
	transport  *transport.Transport // safe for everybody
	media      *forward.Endpoint    // safe for everybody; set before the transport gets anything to decrypt
	formats    formats
	path       ice.State
	connected  bool // DTLS is done
	failed     bool // the transport has

	waiting       atomic.Int32 // messages of the client in the conference's queue
	socket        *socketChannel
	dataChannel   bool // is open
	overSocket    bool // the channel that the client used last is the socket
	constrained   bool // the client has said what it wants
	channelSeen   bool
	channelMissed bool
}

// create makes the endpoint that e describes and returns its transport.
func (c *conference) create(e *jingle.ColibriEndpoint) (*jingle.ColibriTransport, error) {
	if err := validEndpoint(e); err != nil {
		return nil, err
	}
	ep := &endpoint{id: e.ID, conference: c, visitor: e.MUCRole == visitorRole, password: randomHex(12), created: time.Now()}
	ep.formats.add(e.Media)
	var err error
	ep.transport, err = transport.New(string(ep.id), transport.Deps{
		Mux: c.service.mux, Identity: c.service.identity, Handler: ep, Events: ep.events(), Log: c.log, DataChannel: e.Transport.SCTP != nil,
	})
	if err != nil {
		return nil, err
	}
	ep.media, err = c.media.AddEndpoint(string(ep.id), ep.transport, ep.formats.negotiated, ep.created)
	if err != nil {
		c.service.running.Go(ep.transport.Close)
		return nil, err
	}
	c.endpoints[ep.id] = ep
	if err := ep.update(e); err != nil {
		c.remove(ep)
		return nil, err
	}
	c.service.countEndpoint()
	// No video before the client has asked for it (as JVB): to Firefox, packets of a source that it does not know yet are its only
	// track's, for good.
	ep.media.SetConstraints(forward.ReceiverConstraints{DefaultHeightPx: new(int)})
	return ep.describe(e.Transport.SCTP != nil), nil
}

// describe returns what the client must know to connect.
func (ep *endpoint) describe(sctp bool) *jingle.ColibriTransport {
	out := &jingle.ColibriTransport{ICE: iceTransport(ep.transport.LocalDescription())}
	if sctp {
		out.SCTP = &jingle.ColibriSCTP{Role: "server", Port: transport.SCTPPort}
	}
	cfg := &ep.conference.service.cfg
	if cfg.PublicURL != "" {
		out.ICE.WebSockets = []string{cfg.PublicURL + "/colibri-ws/" + url.PathEscape(cfg.ID) + "/" + ep.conference.publicID + "/" +
			url.PathEscape(string(ep.id)) + "?pwd=" + ep.password}
	}
	return out
}

// update applies what a request says of the endpoint.
func (ep *endpoint) update(e *jingle.ColibriEndpoint) error {
	if len(e.Media) > 0 && !e.Create {
		ep.formats.add(e.Media)
		ep.media.SetNegotiated(ep.formats.negotiated)
	}
	if e.Sources != nil {
		if ep.visitor && len(*e.Sources) > 0 {
			return errVisitorSources()
		}
		if refused := ep.media.SetSources(sources(*e.Sources)); len(refused) > 0 {
			ep.conference.log.Info("sources are ignored: another endpoint has their names or SSRCs", "endpoint", ep.id, "sources", refused)
		}
	}
	if e.ForceMute != nil {
		ep.media.SetForceMute(e.ForceMute.Audio, e.ForceMute.Video)
	}
	if e.InitialLastN != nil {
		ep.media.SetInitialLastN(*e.InitialLastN)
	}
	if e.Transport == nil || e.Transport.ICE == nil {
		return nil
	}
	err := ep.transport.SetRemote(description(e.Transport.ICE))
	if err == nil || e.Create {
		return badTransport(err)
	}
	// It is the client that says so, and jicofo would move the whole conference for any error: the endpoint ends, unless it has got on
	// without.
	ep.conference.log.Info("a client's transport cannot be used", "endpoint", ep.id, "err", err)
	ep.failed = ep.failed || !ep.connected
	return nil
}

// HandleRTP implements transport.Handler.
func (ep *endpoint) HandleRTP(b *udp.Batch, packet []byte, arrival time.Time) {
	c := ep.conference
	if c.broken.Load() {
		return
	}
	defer c.contain()
	ep.media.HandleRTP(b, packet, arrival)
}

// HandleRTCP implements transport.Handler.
func (ep *endpoint) HandleRTCP(b *udp.Batch, compound []byte, arrival time.Time) {
	c := ep.conference
	if c.broken.Load() {
		return
	}
	defer c.contain()
	ep.media.HandleRTCP(b, compound, arrival)
}

// events brings what the transport notices to the conference's goroutine.
func (ep *endpoint) events() transport.Events {
	post := func(f func()) {
		ep.conference.post(func() {
			if ep.conference.endpoints[ep.id] == ep {
				f()
			}
		})
	}
	var channel pace // messages come one at a time
	return transport.Events{
		Connected: func() { post(func() { ep.connected = true; ep.updateConnected() }) },
		Path:      func(s ice.State) { post(func() { ep.path = s; ep.updateConnected() }) },
		ChannelOpen: func() {
			post(func() { ep.dataChannel, ep.overSocket = true, false; ep.opened() })
		},
		Message: func(text string) {
			ep.channelMessage([]byte(text), false)
			ep.keepPace(&channel, len(text))
		},
		ChannelClosed: func() { post(func() { ep.dataChannel = false }) },
		Failed: func(err error) {
			post(func() {
				ep.failed = true
				ep.updateConnected()
				ep.conference.log.Info("endpoint lost its connection", "endpoint", ep.id, "err", err)
			})
		},
	}
}

// updateConnected tells the media core whether the endpoint can be sent to. A path that is only interrupted stays in use.
func (ep *endpoint) updateConnected() {
	ep.media.SetConnected(ep.connected && !ep.failed && (ep.path == ice.Connected || ep.path == ice.Disconnected))
}

// expired says whether the endpoint is of no use any more: its transport has failed, which a path without consent does after half a
// minute, or it never connected.
func (ep *endpoint) expired(now time.Time) bool {
	return ep.failed || !ep.connected && now.Sub(ep.created) > unstartedTimeout
}

// close ends the endpoint's media and channels. The transport is closed in the background: its events wait for nobody, but it for them.
func (ep *endpoint) close() {
	if ep.socket != nil {
		ep.socket.close(closeExpired, "")
	}
	ep.conference.service.running.Go(ep.transport.Close)
	ep.conference.media.RemoveEndpoint(string(ep.id))
}
