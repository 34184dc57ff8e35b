package transport

import (
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"stammtisch/bridge/ice"
)

// send writes an RTP packet of our own making to the endpoint.
func (e *endpoint) send(t testing.TB, p *port, roc uint32, packet *rtp.Packet) {
	t.Helper()
	header, err := packet.Header.Marshal()
	must(t, err)
	b := p.server.NewBatch()
	e.WriteRTP(b, roc, header, packet.Payload)
	b.Flush()
}

func TestClientConnects(t *testing.T) {
	for _, tc := range []struct {
		name     string
		profiles []dtls.SRTPProtectionProfile
		gcm      bool
	}{
		{"both profiles, AES-CM first", []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM}, true},
		{"AES-CM only", []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPort(t, ice.Config{})
			begin := time.Now()
			e, c := connect(t, p, clientConfig{profiles: tc.profiles})
			t.Logf("keys after %v", time.Since(begin))
			if got := await(t, e.paths, "path connected"); got != ice.Connected {
				t.Errorf("path is %v, want connected", got)
			}
			if got := e.session.Load().gcm != nil; got != tc.gcm {
				t.Errorf("AES-GCM chosen: %v, want %v", got, tc.gcm)
			}
			exchangeMedia(t, p, e, c)
			exchangeMessages(t, e, c)
			if d := e.Drops(); d != (Drops{}) {
				t.Errorf("drops %+v, want none", d)
			}
		})
	}
}

func exchangeMedia(t *testing.T, p *port, e *endpoint, c *client) {
	t.Helper()
	must(t, c.video.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 77}, Payload: []byte("from the client")}))
	var got rtp.Packet
	defer func() {
		if t.Failed() {
			t.Logf("drops %+v, port %+v, path %v", e.Drops(), p.server.Stats(), e.path.State())
		}
	}()
	must(t, got.Unmarshal(await(t, e.rtp, "RTP from the client")))
	if string(got.Payload) != "from the client" || got.SequenceNumber != 77 || got.PayloadType != 100 {
		t.Errorf("got %v %q", got.Header, got.Payload)
	}
	header := rtp.Header{Version: 2, PayloadType: 100, SSRC: 2222, SequenceNumber: 65535, Timestamp: 9}
	must(t, header.SetExtension(5, []byte{1, 2}))
	e.send(t, p, 0, &rtp.Packet{Header: header, Payload: []byte("one")})
	header.SequenceNumber = 0
	e.send(t, p, 1, &rtp.Packet{Header: header, Payload: []byte("two")})
	track := await(t, c.tracks, "a track at the client")
	for _, want := range []string{"one", "two"} {
		must(t, track.SetReadDeadline(time.Now().Add(patience)))
		packet, _, err := track.ReadRTP()
		must(t, err)
		if string(packet.Payload) != want || string(packet.GetExtension(5)) != "\x01\x02" {
			t.Errorf("client got %q with extension %x, want %q", packet.Payload, packet.GetExtension(5), want)
		}
	}
	must(t, c.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2222}}))
	pli := func(compound []byte) bool {
		list, err := rtcp.Unmarshal(compound)
		must(t, err)
		_, ok := list[0].(*rtcp.PictureLossIndication)
		return ok
	}
	for !pli(await(t, e.rtcp, "picture loss indication")) {
	}
}

func exchangeMessages(t *testing.T, e *endpoint, c *client) {
	t.Helper()
	await(t, c.open, "data channel open at the client")
	await(t, e.channelOpen, "data channel open at the bridge")
	must(t, c.channel.SendText(`{"colibriClass":"Hello"}`))
	if got := await(t, e.messages, "message from the client"); got != `{"colibriClass":"Hello"}` {
		t.Errorf("bridge got %q", got)
	}
	long := string(make([]byte, 60_000))
	must(t, c.channel.SendText(long))
	if got := await(t, e.messages, "long message from the client"); got != long {
		t.Errorf("bridge got %d bytes, want %d", len(got), len(long))
	}
	if !e.SendMessage(`{"colibriClass":"ServerHello"}`) {
		t.Error("SendMessage refused on an open channel")
	}
	if got := await(t, c.messages, "message from the bridge"); got != `{"colibriClass":"ServerHello"}` {
		t.Errorf("client got %q", got)
	}
}
