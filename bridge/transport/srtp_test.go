package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"stammtisch/bridge/udp"
)

var bothProfiles = []srtp.ProtectionProfile{srtp.ProtectionProfileAeadAes128Gcm, srtp.ProtectionProfileAes128CmHmacSha1_80}

// sessionPair returns a session of ours and pion's contexts of the other side.
func sessionPair(t testing.TB, profile srtp.ProtectionProfile) (s *session, theirIn, theirOut *srtp.Context) {
	t.Helper()
	saltLen, err := profile.SaltLen()
	must(t, err)
	secret := func(n int) []byte {
		b := make([]byte, n)
		_, _ = rand.Read(b)
		return b
	}
	keys := srtp.SessionKeys{
		LocalMasterKey: secret(16), LocalMasterSalt: secret(saltLen), RemoteMasterKey: secret(16), RemoteMasterSalt: secret(saltLen),
	}
	s, err = sessionFromKeys(profile, keys)
	must(t, err)
	theirIn, err = srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, profile,
		srtp.SRTPReplayProtection(64), srtp.SRTCPReplayProtection(64))
	must(t, err)
	theirOut, err = srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, profile)
	must(t, err)
	return s, theirIn, theirOut
}

type noFlow struct{}

func (noFlow) HandleDTLS(*udp.Remote, []byte)                            {}
func (noFlow) HandleRTP(*udp.Batch, *udp.Remote, []byte, time.Time)      {}
func (noFlow) HandleRTCP(*udp.Batch, *udp.Remote, []byte, time.Time)     {}
func (noFlow) HandleSTUN(*udp.Socket, netip.AddrPort, []byte, time.Time) {}

// sink is a socket that batches are sent to.
func sink(t testing.TB) (*udp.Server, *udp.Remote, *net.UDPConn) {
	t.Helper()
	server, err := udp.Listen(udp.Config{Listen: []string{"127.0.0.1:0"}, Log: quiet})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Run(ctx, noFlow{}) })
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	_ = conn.SetReadBuffer(4 << 20)
	t.Cleanup(func() { cancel(); wg.Wait(); _ = conn.Close() })
	to := server.Sockets()[0].Associate(conn.LocalAddr().(*net.UDPAddr).AddrPort(), noFlow{}, true)
	return server, to, conn
}

// TestPeerDecryptsWhatWeEncrypt has pion's SRTP as the oracle, over two turns of the sequence number and with packets sent
// again from before the last turn.
func TestPeerDecryptsWhatWeEncrypt(t *testing.T) {
	for _, profile := range bothProfiles {
		t.Run(profile.String(), func(t *testing.T) {
			s, theirIn, _ := sessionPair(t, profile)
			server, to, conn := sink(t)
			b := server.NewBatch()
			buf := make([]byte, 1500)
			exchange := func(ext uint64, payload string) (string, error) {
				h := rtp.Header{Version: 2, PayloadType: 100, SSRC: 0xdecafbad, SequenceNumber: uint16(ext), Timestamp: uint32(ext), Marker: ext%3 == 0}
				must(t, h.SetExtension(5, []byte{byte(ext >> 8), byte(ext)}))
				header, err := h.Marshal()
				must(t, err)
				s.writeRTP(b, to, uint32(ext>>16), header, []byte(payload))
				b.Flush()
				must(t, conn.SetReadDeadline(time.Now().Add(patience)))
				n, err := conn.Read(buf)
				must(t, err)
				plain, err := theirIn.DecryptRTP(nil, buf[:n], nil)
				if err != nil {
					return "", err
				}
				if !bytes.Equal(plain[:len(header)], header) {
					t.Errorf("header %x came as %x", header, plain[:len(header)])
				}
				return string(plain[len(header):]), nil
			}
			for ext := uint64(65_000); ext < 3<<16; ext += 97 {
				want := fmt.Sprint("payload ", ext)
				if got, err := exchange(ext, want); err != nil || got != want {
					t.Fatalf("packet %d came as %q, %v", ext, got, err)
				}
			}
			last := uint64(65_000 + (3<<16-65_000)/97*97)
			if _, err := exchange(last, "again"); err == nil {
				t.Error("the oracle takes a packet twice: its replay window is not in use")
			}
			// The first packet of the next turn, then one of the old turn that was not sent yet.
			if got, err := exchange(3<<16, "turn"); err != nil || got != "turn" {
				t.Errorf("first of a turn came as %q, %v", got, err)
			}
			if got, err := exchange(3<<16-1, "late"); err != nil || got != "late" {
				t.Errorf("last of the old turn, sent late, came as %q, %v", got, err)
			}
		})
	}
}

func TestWeDecryptWhatPeerEncrypts(t *testing.T) {
	for _, profile := range bothProfiles {
		t.Run(profile.String(), func(t *testing.T) {
			s, theirIn, theirOut := sessionPair(t, profile)
			plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 5, SequenceNumber: 9}, Payload: []byte("payload")}).Marshal()
			must(t, err)
			packet, err := theirOut.EncryptRTP(nil, plain, nil)
			must(t, err)
			forged := bytes.Clone(packet)
			forged[len(forged)-1] ^= 1
			if _, err := s.openRTP(forged); err == nil {
				t.Error("a forged packet is taken")
			}
			again := bytes.Clone(packet)
			got, err := s.openRTP(packet)
			if err != nil || !bytes.Equal(got, plain) || &got[0] != &packet[0] {
				t.Errorf("openRTP = %x, %v, want %x in place", got, err, plain)
			}
			if _, err := s.openRTP(again); err == nil {
				t.Error("a replayed packet is taken")
			}
			report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}, &rtcp.PictureLossIndication{SenderSSRC: 5, MediaSSRC: 6}})
			must(t, err)
			sealed, err := theirOut.EncryptRTCP(nil, report, nil)
			must(t, err)
			if got, err := s.openRTCP(sealed); err != nil || !bytes.Equal(got, report) {
				t.Errorf("openRTCP = %x, %v, want %x", got, err, report)
			}
			server, to, conn := sink(t)
			b := server.NewBatch()
			for range 3 {
				must(t, s.writeRTCP(b, to, report))
				b.Flush()
				buf := make([]byte, 1500)
				must(t, conn.SetReadDeadline(time.Now().Add(patience)))
				n, err := conn.Read(buf)
				must(t, err)
				if got, err := theirIn.DecryptRTCP(nil, buf[:n], nil); err != nil || !bytes.Equal(got, report) {
					t.Errorf("peer reads RTCP as %x, %v, want %x", got, err, report)
				}
			}
			if err := s.writeRTCP(b, to, report[:7]); err == nil {
				t.Error("RTCP without a whole header is sent")
			}
		})
	}
}

func TestSourcesAreBounded(t *testing.T) {
	s, _, theirOut := sessionPair(t, srtp.ProtectionProfileAeadAes128Gcm)
	for ssrc := range uint32(maxSources + 1) {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc}, Payload: []byte("x")}).Marshal()
		must(t, err)
		packet, err := theirOut.EncryptRTP(nil, plain, nil)
		must(t, err)
		if _, err := s.openRTP(packet); (err != nil) != (ssrc == maxSources) {
			t.Fatalf("source %d: %v", ssrc, err)
		}
	}
	for ssrc := range uint32(maxSources + 1) {
		plain, err := (&rtcp.ReceiverReport{SSRC: ssrc}).Marshal()
		must(t, err)
		packet, err := theirOut.EncryptRTCP(nil, plain, nil)
		must(t, err)
		if _, err := s.openRTCP(packet); (err != nil) != (ssrc == maxSources) {
			t.Fatalf("reporter %d: %v", ssrc, err)
		}
	}
}

func rtpHeader(t testing.TB) []byte {
	h := rtp.Header{Version: 2, PayloadType: 100, SSRC: 7, SequenceNumber: 1}
	must(t, h.SetExtension(5, []byte{0, 1}))
	must(t, h.SetExtension(10, []byte("1")))
	header, err := h.Marshal()
	must(t, err)
	return header
}

func TestMediaDoesNotAllocate(t *testing.T) {
	for _, profile := range bothProfiles {
		s, _, theirOut := sessionPair(t, profile)
		server, to, _ := sink(t)
		b := server.NewBatch()
		header, payload := rtpHeader(t), make([]byte, 1000)
		sequence := uint16(0)
		check := func(what string, f func()) {
			t.Helper()
			if n := testing.AllocsPerRun(200, f); n != 0 {
				t.Errorf("%v: %s allocates %v times, want 0", profile, what, n)
			}
		}
		check("WriteRTP", func() {
			sequence++
			header[2], header[3] = byte(sequence>>8), byte(sequence)
			s.writeRTP(b, to, 0, header, payload)
		})
		report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}})
		must(t, err)
		check("WriteRTCP", func() { _ = s.writeRTCP(b, to, report) })
		plain := append(bytes.Clone(header), payload...)
		var packets [][]byte
		for range 300 {
			sequence++
			plain[2], plain[3] = byte(sequence>>8), byte(sequence)
			packet, err := theirOut.EncryptRTP(nil, plain, nil)
			must(t, err)
			packets = append(packets, packet)
		}
		check("reading RTP", func() {
			if _, err := s.openRTP(packets[0]); err != nil {
				t.Fatal(err)
			}
			packets = packets[1:]
		})
	}
}

// TestManySendAtOnce lets several goroutines, each with its batch, write to one receiver, as fan-out does.
func TestManySendAtOnce(t *testing.T) {
	const writers, each = 4, 200
	for _, profile := range bothProfiles {
		t.Run(profile.String(), func(t *testing.T) {
			s, theirIn, _ := sessionPair(t, profile)
			server, to, conn := sink(t)
			var wg sync.WaitGroup
			for w := range writers {
				header := rtpHeader(t)
				header[11] = byte(w) // an SSRC each
				wg.Go(func() {
					b := server.NewBatch()
					for i := range each {
						header[2], header[3] = byte(i>>8), byte(i)
						s.writeRTP(b, to, 0, header, []byte{byte(w), byte(i)})
						_ = s.writeRTCP(b, to, []byte{0x80, 201, 0, 1, 0, 0, 0, byte(w)})
					}
					b.Flush()
				})
			}
			buf := make([]byte, 1500)
			must(t, conn.SetReadDeadline(time.Now().Add(patience)))
			for range 2 * writers * each {
				n, err := conn.Read(buf)
				must(t, err)
				if udp.Classify(buf[:n]) == udp.KindRTCP {
					_, err = theirIn.DecryptRTCP(nil, buf[:n], nil)
				} else {
					_, err = theirIn.DecryptRTP(nil, buf[:n], nil)
				}
				must(t, err)
			}
			wg.Wait()
		})
	}
}
