package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/ice/pionlog"
	"stammtisch/bridge/udp"
)

func TestStrangersAreIgnored(t *testing.T) {
	p := newPort(t, ice.Config{})
	e, c := connect(t, p, clientConfig{})
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(p.server.Sockets()[0].Addr()))
	must(t, err)
	defer stranger.Close()
	packet, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1}, Payload: make([]byte, 100)}).Marshal()
	must(t, err)
	for range 10 {
		_, err := stranger.Write(packet)
		must(t, err)
	}
	waitFor(t, func() string {
		if n := p.server.Stats().DroppedStranger; n != 10 {
			return fmt.Sprintf("10 dropped packets of the stranger, got %d", n)
		}
		return ""
	})
	exchangeMedia(t, p, e, c)
	if len(e.rtp) != 0 {
		t.Error("the stranger's RTP was handed on")
	}
}

// waitFor polls until missing reports "", and fails with what it last reported.
func waitFor(t testing.TB, missing func() string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		m := missing()
		if m == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still missing after %v: %s", patience, m)
		}
	}
}

// TestClientIsFasterThanItsAnswer checks us and says hello before the client's answer has come through signalling, and
// answers none of our checks: its hello is kept, and DTLS needs no nomination.
func TestClientIsFasterThanItsAnswer(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	d := e.LocalDescription()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer conn.Close()
	bridge := net.UDPAddrFromAddrPort(p.server.Sockets()[0].Addr())
	check, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(d.Ufrag+":theirs"),
		stun.NewShortTermIntegrity(d.Password), stun.Fingerprint)
	must(t, err)
	_, err = conn.WriteToUDP(check.Raw, bridge)
	must(t, err)
	answer := &stun.Message{Raw: make([]byte, 1500)}
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	n, err := conn.Read(answer.Raw)
	must(t, err)
	answer.Raw = answer.Raw[:n]
	must(t, answer.Decode())
	must(t, stun.NewShortTermIntegrity(d.Password).Check(answer))
	var mapped stun.XORMappedAddress
	must(t, mapped.GetFrom(answer))
	if answer.TransactionID != check.TransactionID || mapped.Port != conn.LocalAddr().(*net.UDPAddr).Port {
		t.Errorf("early check answered with %v, %v", answer, mapped)
	}
	must(t, conn.SetReadDeadline(time.Time{}))

	identity, err := NewIdentity(nil)
	must(t, err)
	secure, err := dtls.ClientWithOptions(onlyDTLS{conn}, bridge,
		dtls.WithCertificates(identity.current.tls),
		dtls.WithSRTPProtectionProfiles(profiles[:]...),
		dtls.WithInsecureSkipVerify(true),
		dtls.WithLoggerFactory(pionlog.New(quiet)),
	)
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			t.Errorf("client: %v", err)
		}
	})
	defer wg.Wait()
	await(t, e.pipe.first, "hello kept")
	must(t, e.SetRemote(Description{
		Ufrag: "theirs", Password: "0123456789012345678901", Setup: SetupActive,
		Fingerprints: []Fingerprint{identity.current.fingerprint},
	}))
	await(t, e.connected, "DTLS connected")
	wg.Wait()
	_ = secure.Close()
}

// onlyDTLS hides what is not DTLS.
type onlyDTLS struct{ *net.UDPConn }

func (c onlyDTLS) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil || udp.Classify(b[:n]) == udp.KindDTLS {
			return n, from, err
		}
	}
}

func TestDescriptionComesInParts(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	if got := e.LocalDescription(); got.Setup != SetupActpass || got.SCTPPort != SCTPPort || len(got.Candidates) != 1 {
		t.Errorf("described as %+v, want actpass, port 5000 and one candidate", got)
	}
	c := newClient(t, e.LocalDescription(), clientConfig{})
	must(t, e.SetRemote(Description{Candidates: []ice.Candidate{
		{Address: "0b1c2d3e-1111-2222-3333-444455556666.local", Port: 5}, {Address: "127.0.0.1", Port: 9}, {Address: "::", Port: 0},
	}}))
	must(t, e.SetRemote(Description{Ufrag: c.answer.Ufrag, Password: c.answer.Password}))
	await(t, e.paths, "path connected by credentials alone")
	must(t, e.SetRemote(Description{Setup: SetupActive, Fingerprints: c.answer.Fingerprints}))
	await(t, e.connected, "DTLS connected")
	must(t, e.SetRemote(c.answer)) // telling it again changes nothing
	if got := e.LocalDescription().Setup; got != SetupPassive {
		t.Errorf("described as %s once the client is active, want passive", got)
	}
}

func TestClientMayBeDTLSServer(t *testing.T) {
	p := newPort(t, ice.Config{})
	e, c := connect(t, p, clientConfig{setup: func(s *webrtc.SettingEngine) { must(t, s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)) }})
	if c.answer.Setup != SetupPassive {
		t.Fatalf("the client answered %s", c.answer.Setup)
	}
	exchangeMedia(t, p, e, c)
}

func TestWrongFingerprintFails(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	c := newClient(t, e.LocalDescription(), clientConfig{})
	value := c.answer.Fingerprints[0].Value
	c.answer.Fingerprints[0].Value = strings.Map(func(r rune) rune {
		if r == '0' {
			return '1'
		}
		return r
	}, "00"+value[2:])
	must(t, e.SetRemote(c.answer))
	if err := await(t, e.failed, "failure"); !errors.Is(err, errFingerprint) && !strings.Contains(err.Error(), "certificate") {
		t.Errorf("failed with %v, want the fingerprint named", err)
	}
	select {
	case <-e.connected:
		t.Error("reported as connected")
	default:
	}
}

func TestBrokenDescriptionsAreRefused(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	for _, d := range []Description{
		{Setup: "holdconn"},
		{Setup: SetupActive, Fingerprints: []Fingerprint{{"sha-256", "AB"}}},
		{Setup: SetupActive, Fingerprints: []Fingerprint{{"md2", "AB"}}},
	} {
		if err := e.SetRemote(d); err == nil {
			t.Errorf("SetRemote(%+v) takes it", d)
		}
	}
	e.Close()
	if err := e.SetRemote(Description{Ufrag: "abcd", Password: "0123456789012345678901"}); err == nil {
		t.Error("a closed transport takes a description")
	}
	e.Close()
}

func TestClientCloses(t *testing.T) {
	p := newPort(t, ice.Config{})
	e, c := connect(t, p, clientConfig{})
	must(t, c.GracefulClose())
	if err := await(t, e.failed, "failure"); !errors.Is(err, ErrClosedByPeer) {
		t.Errorf("failed with %v, want %v", err, ErrClosedByPeer)
	}
}

func TestCloseTellsTheClient(t *testing.T) {
	p := newPort(t, ice.Config{})
	e, c := connect(t, p, clientConfig{})
	gone := make(chan struct{}, 1)
	c.channel.OnClose(func() { gone <- struct{}{} })
	await(t, c.open, "channel open")
	e.Close()
	await(t, gone, "the client's notice of the end")
	if e.SendMessage("late") {
		t.Error("a closed transport takes a message")
	}
	select {
	case err := <-e.failed:
		t.Errorf("Close reports a failure: %v", err)
	default:
	}
}

func TestOnlyTheBridgeChannelCounts(t *testing.T) {
	p := newPort(t, ice.Config{})
	e, c := connect(t, p, clientConfig{})
	await(t, e.channelOpen, "bridge channel")
	for _, label := range []string{"other", ChannelLabel} {
		other, err := c.CreateDataChannel(label, nil)
		must(t, err)
		open := make(chan struct{})
		other.OnOpen(func() { close(open) })
		await(t, open, "acknowledged")
		must(t, other.SendText("not for the bridge"))
	}
	waitFor(t, func() string {
		if n := e.Drops().Channels; n != 2 {
			return fmt.Sprintf("2 refused channels, got %d", n)
		}
		return ""
	})
	exchangeMessagesOnOpenChannel(t, e, c)
	must(t, c.channel.Close())
	await(t, e.channelClosed, "notice that the bridge channel closed")
	again, err := c.CreateDataChannel(ChannelLabel, nil)
	must(t, err)
	again.OnOpen(func() { _ = again.SendText("back") })
	await(t, e.channelOpen, "bridge channel opened again")
	if got := await(t, e.messages, "message"); got != "back" {
		t.Errorf("got %q", got)
	}
}

func exchangeMessagesOnOpenChannel(t *testing.T, e *endpoint, c *client) {
	t.Helper()
	must(t, c.channel.SendText("up"))
	if got := await(t, e.messages, "message"); got != "up" {
		t.Errorf("bridge got %q", got)
	}
	e.SendMessage("down")
	if got := await(t, c.messages, "message"); got != "down" {
		t.Errorf("client got %q", got)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	p := newPort(t, ice.Config{})
	e := newEndpoint(t, p, quiet)
	if e.SendMessage("nobody hears it") {
		t.Error("a message is taken before the channel is open")
	}
	e.channel.claim()
	n := 0
	for e.SendMessage(strings.Repeat("x", 8000)) {
		n++
	}
	if n != messageQueueSize/8000 {
		t.Errorf("%d messages of 8000 bytes were queued, want %d", n, messageQueueSize/8000)
	}
	e.channel.release()
	if got := e.Drops().Messages; got != 2 {
		t.Errorf("%d drops counted, want 2", got)
	}
}

// TestClientMoves changes the client's address as a NAT does, without the client knowing.
func TestClientMoves(t *testing.T) {
	p := newPort(t, ice.Config{DataSilence: 100 * time.Millisecond, CheckSilence: 300 * time.Millisecond})
	e := newEndpoint(t, p, quiet)
	r := newRelay(t, p.server.Sockets()[0])
	c := newClient(t, r.describe(e.LocalDescription()), clientConfig{setup: func(s *webrtc.SettingEngine) {
		s.SetICETimeouts(5*time.Second, 25*time.Second, 100*time.Millisecond)
	}})
	must(t, e.SetRemote(c.answer))
	await(t, c.connected, "client connected")
	exchangeMedia(t, p, e, c)
	before := e.path.Remote()
	r.rebind(t)
	waitFor(t, func() string {
		if e.path.Remote() == before {
			return "the path to follow the client"
		}
		return ""
	})
	await(t, c.open, "channel")
	exchangeMessagesOnOpenChannel(t, e, c)
	must(t, c.video.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 500}, Payload: []byte("moved")}))
	var got rtp.Packet
	must(t, got.Unmarshal(await(t, e.rtp, "RTP from the new address")))
	if string(got.Payload) != "moved" {
		t.Errorf("got %q", got.Payload)
	}
	if s := e.path.State(); s != ice.Connected {
		t.Errorf("path is %v, want connected", s)
	}
}

func TestUnreachableClient(t *testing.T) {
	p := newPort(t, ice.Config{Disconnected: 300 * time.Millisecond, Failed: 500 * time.Millisecond, Keepalive: 50 * time.Millisecond})
	e := newEndpoint(t, p, quiet)
	r := newRelay(t, p.server.Sockets()[0])
	c := newClient(t, r.describe(e.LocalDescription()), clientConfig{})
	must(t, e.SetRemote(c.answer))
	expect := func(want ice.State) {
		t.Helper()
		if got := await(t, e.paths, want.String()); got != want {
			t.Fatalf("path is %v, want %v", got, want)
		}
	}
	expect(ice.Connected)
	await(t, c.connected, "client connected")
	r.cut.Store(true)
	expect(ice.Disconnected)
	r.cut.Store(false)
	expect(ice.Connected)
	exchangeMedia(t, p, e, c)
	r.cut.Store(true)
	expect(ice.Disconnected)
	expect(ice.Failed)
	if err := await(t, e.failed, "failure"); !errors.Is(err, ErrPathFailed) {
		t.Errorf("failed with %v, want %v", err, ErrPathFailed)
	}
}
