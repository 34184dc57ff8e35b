//go:build perf

package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"stammtisch/bridge/ice/pionlog"
)

// caller is a person with media, for measurements: XMPP as any client speaks it, and a WebRTC client that takes packets without
// decoding them. Its SSRCs follow from its number.
type caller struct {
	*person
	t       *testing.T
	number  int
	room    string
	pc      *webrtc.PeerConnection
	audio   *webrtc.TrackLocalStaticRTP
	video   *webrtc.TrackLocalStaticRTP
	channel *webrtc.DataChannel
	open    chan struct{}

	started, entered time.Time
	firstVideo       chan time.Time // when the first video packet of somebody else came
	once             sync.Once
	got              atomic.Uint64 // packets

	stop    chan struct{}
	sending sync.WaitGroup
}

func (c *caller) audioSSRC() int { return 100_000 + c.number }
func (c *caller) videoSSRC() int { return 200_000 + c.number }

// call lets somebody enter a room, and accept the session that the focus offers once the room has somebody else. others are who else
// sends there.
func call(t *testing.T, s *site, name string, number int, room string, others ...*caller) *caller {
	t.Helper()
	c := &caller{t: t, number: number, room: s.room(room), started: time.Now(), open: make(chan struct{}),
		firstVideo: make(chan time.Time, 1), stop: make(chan struct{})}
	c.person = overWebSocket(t, name, s.webSocketURL(room))
	if failed := c.logIn(t, "guest."+s.domain, "", ""); failed != nil {
		t.Fatalf("%s cannot log in: %s", name, failed)
	}
	if answer := c.requestConference(t, s.domain, c.room); answer.at("conference").attr("ready") != "true" {
		t.Fatalf("conference request: %s", answer)
	}
	c.enter(t, c.room, c.jid[:8])
	c.entered = time.Now()
	return c
}

// accept waits for the session and accepts it.
func (c *caller) accept(others ...*caller) {
	t := c.t
	t.Helper()
	offer := c.await(t, "a session-initiate", func(n *node) bool {
		return n.is("iq", "set") && n.at("jingle").attr("action") == "session-initiate"
	})
	c.send(t, "<iq xmlns='%s' type='result' to='%s' id='%s'/>", nsClient, offer.attr("from"), offer.attr("id"))
	transport := c.connect(offer.at("jingle", "content", "transport"), others)
	j := offer.at("jingle")
	source := func(name string, ssrc int) string {
		return fmt.Sprintf("<source xmlns='urn:xmpp:jingle:apps:rtp:ssma:0' ssrc='%d' name='%s%s'><parameter name='msid' value='m%[1]d t%[1]d'/></source>", ssrc, c.nick, name)
	}
	var b strings.Builder
	for _, m := range []struct{ media, source string }{{"audio", source("-a0", c.audioSSRC())}, {"video", source("-v0", c.videoSSRC())}} {
		fmt.Fprintf(&b, "<content creator='responder' name='%s' senders='both'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='%[1]s'>%s</description>%s</content>", m.media, m.source, transport)
	}
	answer := c.ask(t, "accept", "<iq xmlns='%s' type='set' to='%s' id='accept'><jingle xmlns='urn:xmpp:jingle:1' action='session-accept' sid='%s' initiator='%s' responder='%s'>%s</jingle></iq>",
		nsClient, offer.attr("from"), j.attr("sid"), j.attr("initiator"), c.jid, &b)
	if answer.attr("type") != "result" {
		t.Fatalf("%s: session-accept is answered by %s", c.name, answer)
	}
}

// connect makes the peer connection and returns its side of the transport as XML.
func (c *caller) connect(tr *node, others []*caller) string {
	t := c.t
	t.Helper()
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	engine.LoggerFactory = pionlog.New(slog.New(slog.DiscardHandler))
	var media webrtc.MediaEngine
	fatal(t, media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, PayloadType: 111}, webrtc.RTPCodecTypeAudio))
	fatal(t, media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 100}, webrtc.RTPCodecTypeVideo))
	var err error
	c.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	fatal(t, err)
	t.Cleanup(c.hangUp)
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.listen(track) })
	protocol := "http://jitsi.org/protocols/colibri"
	c.channel, err = c.pc.CreateDataChannel("JVB data channel", &webrtc.DataChannelInit{Protocol: &protocol})
	fatal(t, err)
	c.channel.OnOpen(func() { close(c.open) })
	c.audio, c.video = c.track(webrtc.MimeTypeOpus, c.audioSSRC()), c.track(webrtc.MimeTypeVP8, c.videoSSRC())
	fatal(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdpOf(tr, others)}))
	answer, err := c.pc.CreateAnswer(nil)
	fatal(t, err)
	fatal(t, c.pc.SetLocalDescription(answer))
	field := func(name string) string {
		_, after, _ := strings.Cut(answer.SDP, name)
		value, _, _ := strings.Cut(after, "\r\n")
		return value
	}
	hash, sum, _ := strings.Cut(field("a=fingerprint:"), " ")
	return fmt.Sprintf("<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='%s' pwd='%s'><rtcp-mux/>"+
		"<fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0' hash='%s' setup='active'>%s</fingerprint></transport>", field("a=ice-ufrag:"), field("a=ice-pwd:"), hash, sum)
}

func (c *caller) track(mime string, ssrc int) *webrtc.TrackLocalStaticRTP {
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, mime, c.name)
	fatal(c.t, err)
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv,
		SendEncodings: []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(ssrc)}}}}
	_, err = c.pc.AddTransceiverFromTrack(track, init)
	fatal(c.t, err)
	return track
}

// sdpOf is the offer that a client makes of a session-initiate, with the sources of the others.
func sdpOf(tr *node, others []*caller) string {
	var ice, b strings.Builder
	fp := tr.at("fingerprint")
	fmt.Fprintf(&ice, "c=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s %s\r\na=setup:%s\r\n",
		tr.attr("ufrag"), tr.attr("pwd"), fp.attr("hash"), fp.text, fp.attr("setup"))
	for _, n := range tr.children {
		if n.name == "candidate" {
			fmt.Fprintf(&ice, "a=candidate:%s 1 udp %s %s %s typ %s generation 0\r\n", n.attr("foundation"), n.attr("priority"), n.attr("ip"), n.attr("port"), n.attr("type"))
		}
	}
	pairs := max(len(others), 1)
	b.WriteString("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE")
	for i := range 1 + 2*pairs {
		fmt.Fprintf(&b, " %d", i)
	}
	fmt.Fprintf(&b, "\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n%sa=mid:0\r\na=sctp-port:5000\r\n", &ice)
	direction := "sendrecv"
	for i := range pairs {
		section := func(kind, format string, mid, ssrc int) {
			pt, _, _ := strings.Cut(format, " ")
			fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\n%sa=mid:%d\r\na=%s\r\na=rtcp-mux\r\na=rtpmap:%s\r\n", kind, pt, &ice, mid, direction, format)
			if ssrc != 0 {
				fmt.Fprintf(&b, "a=ssrc:%d cname:x\r\na=ssrc:%[1]d msid:m%[1]d t%[1]d\r\n", ssrc)
			}
		}
		var audio, video int
		if i < len(others) {
			audio, video = others[i].audioSSRC(), others[i].videoSSRC()
		}
		section("audio", "111 opus/48000/2", 2*i+1, audio)
		section("video", "100 VP8/90000", 2*i+2, video)
		direction = "sendonly"
	}
	return b.String()
}

// listen counts what comes on a track.
func (c *caller) listen(track *webrtc.TrackRemote) {
	buf := make([]byte, 1500)
	for {
		if _, _, err := track.Read(buf); err != nil {
			return
		}
		c.got.Add(1)
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			c.once.Do(func() { c.firstVideo <- time.Now() })
		}
	}
}

// perform sends frames of so many packets at a rate, and 50 audio packets per second, until hangUp.
func (c *caller) perform(framesPerSecond, packets, size int) {
	c.sending.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(framesPerSecond))
		defer tick.Stop()
		head, frame := rtp.Header{Version: 2}, uint16(0)
		for {
			select {
			case <-tick.C:
			case <-c.stop:
				return
			}
			frame++
			head.Timestamp += uint32(90_000 / framesPerSecond)
			for i := range packets {
				head.SequenceNumber++
				head.Marker = i == packets-1
				if c.video.WriteRTP(&rtp.Packet{Header: head, Payload: vp8Packet(frame, i == 0, size)}) != nil {
					return
				}
			}
		}
	})
	c.sending.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		head, payload := rtp.Header{Version: 2}, make([]byte, 100)
		for {
			select {
			case <-tick.C:
			case <-c.stop:
				return
			}
			head.SequenceNumber++
			head.Timestamp += 960
			if c.audio.WriteRTP(&rtp.Packet{Header: head, Payload: payload}) != nil {
				return
			}
		}
	})
}

// vp8Packet is one packet of a 1280x720 key frame with a picture id (RFC 7741 §4.2). Every frame is a key frame: nobody has to ask.
func vp8Packet(picture uint16, first bool, size int) []byte {
	p := make([]byte, size-12)
	p[0], p[1], p[2], p[3] = 0x80, 0x80, 0x80|byte(picture>>8)&0x7f, byte(picture)
	if first {
		p[0] |= 0x10
		copy(p[4:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 1280 & 0xff, 1280 >> 8, 720 & 0xff, 720 >> 8})
	}
	return p
}

// want asks the bridge for everybody in full.
func (c *caller) want() {
	<-c.open
	fatal(c.t, c.channel.SendText(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"defaultConstraints":{"maxHeight":720},"assumedBandwidthBps":-1}`))
}

// see waits for the first video packet of somebody else and returns when it came.
func (c *caller) see() time.Time {
	c.t.Helper()
	select {
	case at := <-c.firstVideo:
		return at
	case <-time.After(patience):
		c.t.Fatalf("%s: no video within %s", c.name, patience)
		return time.Time{}
	}
}

func (c *caller) hangUp() {
	close(c.stop)
	c.sending.Wait()
	_ = c.pc.GracefulClose()
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
}
