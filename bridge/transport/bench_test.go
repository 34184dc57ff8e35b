package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"go.uber.org/goleak"

	"stammtisch/bridge/udp"
)

// drainVariable makes the test program a receiver of that many ports, so that receiving costs another process.
const drainVariable = "STAMMTISCH_TEST_DRAIN"

func TestMain(m *testing.M) {
	if n := os.Getenv(drainVariable); n != "" {
		if err := drain(n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// drain opens sockets, prints their addresses, and reads until standard input closes.
func drain(count string) error {
	var n int
	if _, err := fmt.Sscan(count, &n); err != nil {
		return err
	}
	for range n {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		fmt.Println(c.LocalAddr())
		go func() {
			buf := make([]byte, 1600)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	_, err := io.ReadAll(os.Stdin)
	return err
}

// startDrain returns the addresses of n sockets that are read by another process.
func startDrain(t testing.TB, n int) []netip.AddrPort {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", drainVariable, n))
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	scanner := bufio.NewScanner(out)
	var addrs []netip.AddrPort
	for range n {
		if !scanner.Scan() {
			t.Fatal("the receiving process ended")
		}
		addrs = append(addrs, netip.MustParseAddrPort(scanner.Text()))
	}
	return addrs
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// publisher prepares the packets of one publisher, encrypted as it would, anew for each round.
type publisher struct {
	out      *srtp.Context
	sequence uint16
	packets  [][]byte
}

func (p *publisher) next(t testing.TB, header, payload []byte) {
	for i := range p.packets {
		p.sequence++
		plain := append(append(make([]byte, 0, 1500), header...), payload...)
		plain[2], plain[3] = byte(p.sequence>>8), byte(p.sequence)
		var err error
		p.packets[i], err = p.out.EncryptRTP(p.packets[i][:0], plain, nil)
		must(t, err)
	}
}

// BenchmarkForward is the media path without the decisions of forwarding: decrypt a packet, encrypt it for 50 receivers,
// send it; n packets arrive together. µs/packet is CPU of this process, kernel included, per packet sent, to be compared
// with the floor of the same machine.
func BenchmarkForward(b *testing.B) {
	const receivers, size = 50, 1100
	addrs := startDrain(b, receivers)
	for _, profile := range bothProfiles {
		for _, n := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("%v/%d", profile, n), func(b *testing.B) {
				server, _, _ := sink(b)
				ingress, _, theirOut := sessionPair(b, profile)
				var sessions []*session
				var remotes []*udp.Remote
				for _, addr := range addrs {
					s, _, _ := sessionPair(b, profile)
					sessions = append(sessions, s)
					remotes = append(remotes, server.Sockets()[0].Associate(addr, noFlow{}, true))
				}
				header := rtpHeader(b)
				payload := make([]byte, size-len(header))
				const rounds = 32 // measured together, so that what is between them does not count
				from := &publisher{out: theirOut, packets: make([][]byte, n*rounds)}
				batch := server.NewLargeBatch()
				b.ReportAllocs()
				var spent float64
				for b.Loop() {
					b.StopTimer()
					from.next(b, header, payload)
					b.StartTimer()
					before := cpu()
					for i, packet := range from.packets {
						plain, err := ingress.openRTP(packet)
						must(b, err)
						for k, s := range sessions {
							s.writeRTP(batch, remotes[k], 0, plain[:len(header)], plain[len(header):])
						}
						if (i+1)%n == 0 {
							batch.Flush()
						}
					}
					spent += cpu() - before
				}
				b.ReportMetric(spent/1e3/float64(b.N*n*rounds*receivers), "µs/packet")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkOpenRTP decrypts one packet in place.
func BenchmarkOpenRTP(b *testing.B) {
	for _, profile := range bothProfiles {
		b.Run(profile.String(), func(b *testing.B) {
			s, _, theirOut := sessionPair(b, profile)
			from := &publisher{out: theirOut, packets: make([][]byte, 1000)}
			header := rtpHeader(b)
			payload := make([]byte, 1100-len(header))
			left := 0
			b.ReportAllocs()
			for b.Loop() {
				if left == 0 {
					b.StopTimer()
					from.next(b, header, payload)
					left = len(from.packets)
					b.StartTimer()
				}
				left--
				_, err := s.openRTP(from.packets[len(from.packets)-1-left])
				must(b, err)
			}
		})
	}
}

// BenchmarkWriteRTP encrypts one packet into a batch, which sends when it is full.
func BenchmarkWriteRTP(b *testing.B) {
	addrs := startDrain(b, 1)
	for _, profile := range bothProfiles {
		b.Run(profile.String(), func(b *testing.B) {
			server, _, _ := sink(b)
			to := server.Sockets()[0].Associate(addrs[0], noFlow{}, true)
			s, _, _ := sessionPair(b, profile)
			packet, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}, Payload: make([]byte, 1088)}).Marshal()
			must(b, err)
			batch := server.NewBatch()
			b.ReportAllocs()
			for b.Loop() {
				s.writeRTP(batch, to, 0, packet[:12], packet[12:])
			}
		})
	}
}
