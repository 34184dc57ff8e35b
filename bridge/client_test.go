package bridge

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"stammtisch/bridge/ice/pionlog"
	"stammtisch/bridge/transport"
	"stammtisch/jingle"
)

// person is somebody in a conference: a real WebRTC client with its bridge channel. Audio and video have SSRCs of its number.
type person struct {
	t        testing.TB
	id       jingle.EndpointID
	number   uint32
	pc       *webrtc.PeerConnection
	channel  *webrtc.DataChannel
	audio    *webrtc.TrackLocalStaticRTP
	video    *webrtc.TrackLocalStaticRTP
	open     chan struct{}
	up       chan struct{}
	messages chan string
	sequence uint16

	mu    sync.Mutex
	heard map[uint32]map[string]bool // markers that came, by SSRC; guarded by mu
}

func (p *person) audioSSRC() uint32 { return 1000 + p.number }
func (p *person) videoSSRC() uint32 { return 2000 + p.number }

// sources is what the focus tells the bridge of p.
func (p *person) sources() *[]jingle.MediaSource {
	one := func(media jingle.MediaType, name string, ssrc uint32) jingle.MediaSource {
		n := jingle.SourceName(string(p.id) + name)
		return jingle.MediaSource{Type: media, ID: n, Sources: []jingle.Source{{SSRC: jingle.SSRC(ssrc), Media: media, Name: n}}}
	}
	return &[]jingle.MediaSource{one(jingle.Audio, "-a0", p.audioSSRC()), one(jingle.Video, "-v0", p.videoSSRC())}
}

// offer is the bridge's transport as SDP, with the sources of the others.
func offer(tr *jingle.ColibriTransport, others []*person) string {
	var ice, b strings.Builder
	fmt.Fprintf(&ice, "c=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", tr.ICE.Ufrag, tr.ICE.Pwd)
	for _, f := range tr.ICE.Fingerprints {
		fmt.Fprintf(&ice, "a=fingerprint:%s %s\r\na=setup:%s\r\n", f.Hash, f.Value, f.Setup)
	}
	for _, c := range tr.ICE.Candidates {
		fmt.Fprintf(&ice, "a=candidate:%s 1 udp %d %s %d typ %s generation 0\r\n", c.Foundation, c.Priority, c.IP, c.Port, c.Type)
	}
	b.WriteString("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE")
	sections := 1 + 2*max(len(others), 1)
	for i := range sections {
		fmt.Fprintf(&b, " %d", i)
	}
	b.WriteString("\r\n")
	fmt.Fprintf(&b, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n%sa=mid:0\r\na=sctp-port:%d\r\n", &ice, transport.SCTPPort)
	direction := "sendrecv"
	for i := range max(len(others), 1) {
		fmt.Fprintf(&b, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n%sa=mid:%d\r\na=%s\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=extmap:1 %s\r\n", &ice, 2*i+1, direction, audioLevel)
		if len(others) > 0 {
			fmt.Fprintf(&b, "a=ssrc:%d cname:x\r\na=ssrc:%[1]d msid:%[2]s %[2]s-a0\r\n", others[i].audioSSRC(), others[i].id)
		}
		fmt.Fprintf(&b, "m=video 9 UDP/TLS/RTP/SAVPF 100\r\n%sa=mid:%d\r\na=%s\r\na=rtcp-mux\r\na=rtpmap:100 VP8/90000\r\n", &ice, 2*i+2, direction)
		if len(others) > 0 {
			fmt.Fprintf(&b, "a=ssrc:%d cname:x\r\na=ssrc:%[1]d msid:%[2]s %[2]s-v0\r\n", others[i].videoSSRC(), others[i].id)
		}
		direction = "sendonly"
	}
	return b.String()
}

const audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// newAPI is a client that works over loopback and has no other codecs than the tests'.
func newAPI(t testing.TB) *webrtc.API {
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	engine.LoggerFactory = pionlog.New(slog.New(slog.DiscardHandler))
	var media webrtc.MediaEngine
	for kind, codec := range map[webrtc.RTPCodecType]webrtc.RTPCodecParameters{
		webrtc.RTPCodecTypeAudio: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, PayloadType: 111},
		webrtc.RTPCodecTypeVideo: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 100},
	} {
		must(t, media.RegisterCodec(codec, kind))
	}
	must(t, media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevel}, webrtc.RTPCodecTypeAudio))
	return webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(&media))
}

// connect takes the bridge's offer and returns the client's transport.
func (p *person) connect(tr *jingle.ColibriTransport, others []*person) *jingle.ColibriTransport {
	t := p.t
	t.Helper()
	var err error
	p.pc, err = newAPI(t).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(func() { _ = p.pc.GracefulClose() })
	connected := sync.OnceFunc(func() { close(p.up) })
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			connected()
		}
	})
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.listen(track) })
	protocol := "http://jitsi.org/protocols/colibri"
	p.channel, err = p.pc.CreateDataChannel(transport.ChannelLabel, &webrtc.DataChannelInit{Protocol: &protocol})
	must(t, err)
	p.channel.OnOpen(func() {
		_ = p.channel.SendText(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1}`) // there is no video before
		close(p.open)
	})
	p.channel.OnMessage(func(m webrtc.DataChannelMessage) { p.messages <- string(m.Data) })
	p.audio = p.send(webrtc.MimeTypeOpus, p.audioSSRC())
	p.video = p.send(webrtc.MimeTypeVP8, p.videoSSRC())
	must(t, p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer(tr, others)}))
	answer, err := p.pc.CreateAnswer(nil)
	must(t, err)
	must(t, p.pc.SetLocalDescription(answer))
	out := &jingle.Transport{RTCPMux: true}
	for line := range strings.Lines(answer.SDP) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "a=ice-ufrag":
			out.Ufrag = value
		case "a=ice-pwd":
			out.Pwd = value
		case "a=fingerprint":
			hash, sum, _ := strings.Cut(value, " ")
			out.Fingerprints = []jingle.Fingerprint{{Hash: hash, Setup: "active", Value: sum}}
		}
	}
	return &jingle.ColibriTransport{ICE: out}
}

// send adds a track with the given SSRC.
func (p *person) send(mime string, ssrc uint32) *webrtc.TrackLocalStaticRTP {
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, mime, string(p.id))
	must(p.t, err)
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}
	init.SendEncodings = []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(ssrc)}}}
	_, err = p.pc.AddTransceiverFromTrack(track, init)
	must(p.t, err)
	return track
}

// listen notes the markers of what comes on a track.
func (p *person) listen(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.mu.Lock()
		ssrc := uint32(track.SSRC())
		if p.heard[ssrc] == nil {
			p.heard[ssrc] = map[string]bool{}
		}
		p.heard[ssrc][marker(packet)] = true
		p.mu.Unlock()
	}
}

// vp8Key is the head of a VP8 packet that is a key frame of 320x180 (RFC 7741 §4.2, RFC 6386 §9.1).
var vp8Key = []byte{0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 320 & 0xff, 320 >> 8, 180, 0}

// marker is the word behind the codec's head.
func marker(p *rtp.Packet) string {
	if p.PayloadType == 100 && len(p.Payload) > len(vp8Key) {
		return string(p.Payload[len(vp8Key):])
	}
	return string(p.Payload)
}

// say sends one audio packet, and a key frame, that carry a word.
func (p *person) say(word string) {
	p.sequence++
	head := rtp.Header{Version: 2, SequenceNumber: p.sequence, Timestamp: uint32(p.sequence) * 960, Marker: true}
	sound := head
	_ = sound.SetExtension(1, []byte{0x80 | 20}) // loud
	must(p.t, p.audio.WriteRTP(&rtp.Packet{Header: sound, Payload: []byte(word)}))
	must(p.t, p.video.WriteRTP(&rtp.Packet{Header: head, Payload: append(append([]byte{}, vp8Key...), word...)}))
}

func (p *person) hasHeard(ssrc uint32, word string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard[ssrc][word]
}

// awaitMedia has from say a word until p hears and sees it.
func (p *person) awaitMedia(from *person, word string, audio, video bool) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("%s gets %q from %s", p.id, word, from.id), func() bool {
		from.say(word)
		return (!audio || p.hasHeard(from.audioSSRC(), word)) && (!video || p.hasHeard(from.videoSSRC(), word))
	})
}

// message returns the next message of the class from the bridge channel.
func (p *person) message(class string) map[string]any {
	p.t.Helper()
	return nextMessage(p.t, p.messages, class)
}

func nextMessage(t testing.TB, from <-chan string, class string) map[string]any {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case text := <-from:
			var m map[string]any
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				t.Fatalf("the bridge says %q: %v", text, err)
			}
			if m["colibriClass"] == class {
				return m
			}
		case <-deadline:
			t.Fatalf("no %s", class)
		}
	}
}

// tell sends a message over the data channel.
func (p *person) tell(text string) { p.t.Helper(); must(p.t, p.channel.SendText(text)) }

// call brings people into one conference, as a focus would: all are connected and have their bridge channel.
func (w *world) call(t testing.TB, ids ...jingle.EndpointID) []*person {
	t.Helper()
	transports := w.create(t, ids...)
	var people []*person
	for i, id := range ids {
		people = append(people, &person{t: t, id: id, number: uint32(i) + 1, open: make(chan struct{}), up: make(chan struct{}),
			messages: make(chan string, 1000), heard: map[uint32]map[string]bool{}})
	}
	for i, p := range people {
		others := append(append([]*person{}, people[:i]...), people[i+1:]...)
		mine := p.connect(transports[p.id], others)
		w.modify(t, one(jingle.ColibriEndpoint{ID: p.id, Transport: mine, Sources: p.sources()}))
	}
	for _, p := range people {
		await(t, p.up, string(p.id)+" is connected")
		await(t, p.open, string(p.id)+" has a bridge channel")
	}
	return people
}

func await(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("still waiting: ", what)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
