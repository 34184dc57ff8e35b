package transport

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/ice/pionlog"
	"stammtisch/bridge/udp"
)

const patience = 15 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// port is a running UDP port with its mux.
type port struct {
	server   *udp.Server
	mux      *ice.Mux
	identity *Identity
}

func newPort(t testing.TB, cfg ice.Config) *port {
	t.Helper()
	server, err := udp.Listen(udp.Config{Listen: []string{"127.0.0.1:0"}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	mux, err := ice.NewMux(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Run(ctx, mux); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return &port{server, mux, identity}
}

// endpoint is a transport whose events and packets are written down.
type endpoint struct {
	*Transport
	connected, channelOpen, channelClosed chan struct{}
	messages                              chan string
	failed                                chan error
	paths                                 chan ice.State
	rtp, rtcp                             chan []byte
	onRTP                                 func(b *udp.Batch, packet []byte) // nil: to rtp
}

func (e *endpoint) HandleRTP(b *udp.Batch, packet []byte, _ time.Time) {
	if e.onRTP != nil {
		e.onRTP(b, packet)
		return
	}
	select {
	case e.rtp <- bytes.Clone(packet):
	default:
	}
}

func (e *endpoint) HandleRTCP(_ *udp.Batch, compound []byte, _ time.Time) {
	select {
	case e.rtcp <- bytes.Clone(compound):
	default:
	}
}

func newEndpoint(t testing.TB, p *port, log *slog.Logger) *endpoint {
	t.Helper()
	e := &endpoint{
		connected: make(chan struct{}), channelOpen: make(chan struct{}, 4), channelClosed: make(chan struct{}, 4),
		messages: make(chan string, 1000), failed: make(chan error, 1), paths: make(chan ice.State, 16),
		rtp: make(chan []byte, 1000), rtcp: make(chan []byte, 1000),
	}
	var err error
	e.Transport, err = New("1a2b3c4d", Deps{
		Mux: p.mux, Identity: p.identity, Handler: e, Log: log, DataChannel: true,
		Events: Events{
			Connected:     func() { close(e.connected) },
			Path:          func(s ice.State) { e.paths <- s },
			ChannelOpen:   func() { e.channelOpen <- struct{}{} },
			ChannelClosed: func() { e.channelClosed <- struct{}{} },
			Message:       func(text string) { e.messages <- text },
			Failed:        func(err error) { e.failed <- err },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("still missing after %v: %s", patience, what)
		panic("unreachable")
	}
}

// offer writes d as the SDP offer that a focus makes of it, with one source of each kind.
func offer(d Description) string {
	var transport strings.Builder
	fmt.Fprintf(&transport, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", d.Ufrag, d.Password)
	for _, f := range d.Fingerprints {
		fmt.Fprintf(&transport, "a=fingerprint:%s %s\r\n", f.Hash, f.Value)
	}
	for _, c := range d.Candidates {
		fmt.Fprintf(&transport, "a=candidate:%s 1 udp %d %s %d typ %s generation 0\r\n", c.Foundation, c.Priority, c.Address, c.Port, c.Type)
	}
	fmt.Fprintf(&transport, "a=setup:%s\r\n", d.Setup)
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=msid-semantic: WMS *\r\n")
	b.WriteString("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n")
	b.WriteString("a=ssrc:1111 cname:bridge\r\na=ssrc:1111 msid:s a\r\n" + transport.String())
	b.WriteString("m=video 9 UDP/TLS/RTP/SAVPF 100\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:100 VP8/90000\r\na=mid:1\r\na=sendrecv\r\na=rtcp-mux\r\n")
	b.WriteString("a=ssrc:2222 cname:bridge\r\na=ssrc:2222 msid:s v\r\n" + transport.String())
	fmt.Fprintf(&b, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:%d\r\n", d.SCTPPort)
	b.WriteString(transport.String())
	return b.String()
}

// answered reads what SetRemote wants from an SDP answer.
func answered(sdp string) Description {
	var d Description
	for line := range strings.Lines(sdp) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "a=ice-ufrag":
			d.Ufrag = value
		case "a=ice-pwd":
			d.Password = value
		case "a=setup":
			d.Setup = value
		case "a=fingerprint":
			hash, sum, _ := strings.Cut(value, " ")
			d.Fingerprints = []Fingerprint{{hash, sum}}
		}
	}
	return d
}

// client is a browser's stand-in.
type client struct {
	*webrtc.PeerConnection
	video *webrtc.TrackLocalStaticRTP
	// tracks yields remote tracks as their first packets arrive.
	tracks    chan *webrtc.TrackRemote
	channel   *webrtc.DataChannel
	up        sync.Once
	connected chan struct{}
	open      chan struct{}
	messages  chan string
	answer    Description
}

type clientConfig struct {
	profiles []dtls.SRTPProtectionProfile
	setup    func(*webrtc.SettingEngine)
	log      *slog.Logger
}

// newClient answers d.
func newClient(t testing.TB, d Description, cfg clientConfig) *client {
	t.Helper()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	engine.LoggerFactory = pionlog.New(quiet)
	if cfg.log != nil {
		engine.LoggerFactory = pionlog.New(cfg.log)
	}
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if len(cfg.profiles) > 0 {
		engine.SetSRTPProtectionProfiles(cfg.profiles...)
	}
	if cfg.setup != nil {
		cfg.setup(&engine)
	}
	var media webrtc.MediaEngine
	must(t, media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio))
	must(t, media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 100,
	}, webrtc.RTPCodecTypeVideo))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(func() { _ = pc.GracefulClose() })
	c := &client{
		PeerConnection: pc, tracks: make(chan *webrtc.TrackRemote, 4), connected: make(chan struct{}),
		open: make(chan struct{}), messages: make(chan string, 1000),
	}
	c.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			c.up.Do(func() { close(c.connected) })
		}
	})
	c.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- track })
	c.channel, err = pc.CreateDataChannel(ChannelLabel, &webrtc.DataChannelInit{Protocol: ptr("http://jitsi.org/protocols/colibri")})
	must(t, err)
	c.channel.OnOpen(func() { close(c.open) })
	c.channel.OnMessage(func(m webrtc.DataChannelMessage) { c.messages <- string(m.Data) })
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer(d)}))
	c.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "mine")
	must(t, err)
	_, err = pc.AddTrack(c.video)
	must(t, err)
	answer, err := pc.CreateAnswer(nil)
	must(t, err)
	must(t, pc.SetLocalDescription(answer))
	c.answer = answered(answer.SDP)
	return c
}

func ptr[T any](v T) *T { return &v }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect brings an endpoint and a client together.
func connect(t testing.TB, p *port, cfg clientConfig) (*endpoint, *client) {
	t.Helper()
	e := newEndpoint(t, p, quiet)
	c := newClient(t, e.LocalDescription(), cfg)
	must(t, e.SetRemote(c.answer))
	await(t, e.connected, "DTLS connected")
	await(t, c.connected, "client connected")
	return e, c
}
