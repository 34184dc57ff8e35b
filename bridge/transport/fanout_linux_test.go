package transport

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/udp"
)

// BenchmarkFanOut is the media path from an arrived packet to the kernel, decisions of forwarding included: decrypt, forward to 50
// receivers, encrypt for each, send; n packets arrive together. It states µs of CPU per packet sent, kernel included, and the same for
// the floor in the same minute, which is what no program can undercut that makes its own copy for each receiver: pion's AES-GCM and
// sendmmsg(2) of messages that the kernel cuts apart.
func BenchmarkFanOut(b *testing.B) {
	const receivers = 50
	addrs := startDrain(b, receivers)
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ours, least := newFanOut(b, addrs, n), newFloor(b, addrs, n)
			var spent, floor float64
			b.ReportAllocs()
			for first := true; b.Loop(); first = !first { // in turns: who comes second finds caches warm
				if first {
					spent += ours.round(b)
				}
				floor += least.round(b)
				if !first {
					spent += ours.round(b)
				}
			}
			packets := float64(b.N * fanOutRounds * n * receivers)
			b.ReportMetric(spent/1e3/packets, "µs/packet")
			b.ReportMetric(floor/1e3/packets, "floor-µs/packet")
			b.ReportMetric(spent/floor, "×floor")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fanOutRounds are how often n packets arrive per measurement.
const fanOutRounds = 32

const fanOutSize = 1100

// outlet is the part of a transport that forwarding sees.
type outlet struct {
	session *session
	to      *udp.Remote
}

func (o outlet) WriteRTP(b *udp.Batch, roc uint32, header, payload []byte) {
	if o.session != nil {
		o.session.writeRTP(b, o.to, roc, header, payload)
	}
}

func (o outlet) WriteRTCP(b *udp.Batch, compound []byte) {
	if o.session != nil {
		_ = o.session.writeRTCP(b, o.to, compound)
	}
}

// fanOut is one publisher of a real conference and its receivers.
type fanOut struct {
	n         int
	ingress   *session
	publisher *forward.Endpoint
	out       *srtp.Context
	sequence  uint16
	timestamp uint32
	packets   [][]byte
	batch     *udp.Batch
}

func newFanOut(b *testing.B, addrs []netip.AddrPort, n int) *fanOut {
	server, _, _ := sink(b)
	f := &fanOut{n: n, packets: make([][]byte, n*fanOutRounds), batch: server.NewLargeBatch()}
	f.ingress, _, f.out = sessionPair(b, srtp.ProtectionProfileAeadAes128Gcm)
	c := forward.NewConference(forward.Config{Events: noEvents{}, Dispatch: func(func(*udp.Batch)) {}, FeedbackSSRC: 1})
	negotiated := forward.Negotiated{PayloadTypes: []forward.PayloadType{{ID: 100, Media: forward.Video, Name: "VP8", ClockRate: 90000}}}
	negotiated.Extensions.Set("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", 5)
	var err error
	f.publisher, err = c.AddEndpoint("publisher", outlet{}, negotiated, time.Now())
	must(b, err)
	f.publisher.SetSources([]forward.Source{{Name: "publisher-v0", Media: forward.Video, SSRCs: []uint32{7}}})
	for i, addr := range addrs {
		s, _, _ := sessionPair(b, srtp.ProtectionProfileAeadAes128Gcm)
		to := server.Sockets()[0].Associate(addr, noFlow{}, true)
		e, err := c.AddEndpoint(fmt.Sprint(i), outlet{s, to}, negotiated, time.Now())
		must(b, err)
		e.SetConnected(true)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	b.Cleanup(func() { cancel(); running.Wait() })
	deadline := time.Now().Add(patience)
	for c.Stats(time.Now()).Totals.PacketsOut < uint64(len(addrs)) {
		if time.Now().After(deadline) {
			b.Fatal("nothing is forwarded")
		}
		f.round(b)
	}
	return f
}

// next encrypts what arrives next: frames of n packets, all of them key frames, so that nobody waits for one.
func (f *fanOut) next(b *testing.B) {
	payload := make([]byte, fanOutSize-20)
	for i := range f.packets {
		copy(payload, []byte{0x80, 0x80, 0x80 | byte(f.timestamp>>12)&0x7f, byte(f.timestamp >> 4)})
		if i%f.n == 0 {
			f.timestamp += 3000
			payload[0] |= 0x10
			copy(payload[4:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 1280 & 0xff, 1280 >> 8, 720 & 0xff, 720 >> 8})
		}
		f.sequence++
		h := rtp.Header{Version: 2, PayloadType: 100, SequenceNumber: f.sequence, Timestamp: f.timestamp, SSRC: 7, Marker: i%f.n == f.n-1}
		must(b, h.SetExtension(5, binary.BigEndian.AppendUint16(nil, f.sequence)))
		plain, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
		must(b, err)
		f.packets[i], err = f.out.EncryptRTP(f.packets[i][:0], plain, nil)
		must(b, err)
	}
}

// round is all of one measurement, and returns the CPU time it took in ns.
func (f *fanOut) round(b *testing.B) float64 {
	f.next(b)
	before := cpu()
	for i, packet := range f.packets {
		plain, err := f.ingress.openRTP(packet)
		must(b, err)
		f.publisher.HandleRTP(f.batch, plain, time.Now())
		if (i+1)%f.n == 0 {
			f.batch.Flush()
		}
	}
	return cpu() - before
}

type noEvents struct{}

func (noEvents) SenderConstraints(string, string, int)  {}
func (noEvents) ForwardedSources(string, []string)      {}
func (noEvents) DominantSpeaker(string, []string, bool) {}
func (noEvents) Connectivity(string, bool)              {}

// floor does the same without deciding anything.
type floor struct {
	n       int
	fd      int
	ingress *srtp.Context
	arrived [][]byte
	plain   []byte
	dests   []floorDestination
	headers []floorMessage
	vectors []unix.Iovec
	control [][24]byte
}

type floorDestination struct {
	address unix.RawSockaddrInet4
	out     *srtp.Context
	joined  []byte // n packets of one size, end to end
}

type floorMessage struct {
	header unix.Msghdr
	_      [8]byte
}

func newFloor(b *testing.B, addrs []netip.AddrPort, n int) *floor {
	context := func() *srtp.Context {
		c, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPNoReplayProtection())
		must(b, err)
		return c
	}
	f := &floor{n: n, ingress: context(), arrived: make([][]byte, n), dests: make([]floorDestination, len(addrs)),
		headers: make([]floorMessage, len(addrs)), vectors: make([]unix.Iovec, len(addrs)), control: make([][24]byte, len(addrs))}
	publisher := context()
	for i := range f.arrived {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 100, SequenceNumber: uint16(i), SSRC: 1}, Payload: make([]byte, fanOutSize-12)}).Marshal()
		must(b, err)
		f.arrived[i], err = publisher.EncryptRTP(nil, plain, nil)
		must(b, err)
	}
	var err error
	f.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(b, err)
	b.Cleanup(func() { _ = unix.Close(f.fd) })
	must(b, unix.SetsockoptInt(f.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20))
	for i, addr := range addrs {
		d := &f.dests[i]
		d.address = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.Addr().As4()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&d.address.Port))[:], addr.Port())
		d.out, d.joined = context(), make([]byte, 0, n*(fanOutSize+64))
	}
	return f
}

func (f *floor) round(b *testing.B) float64 {
	before := cpu()
	for range fanOutRounds {
		f.encrypt(b)
		f.send(b)
	}
	return cpu() - before
}

func (f *floor) encrypt(b *testing.B) {
	for i := range f.dests {
		f.dests[i].joined = f.dests[i].joined[:0]
	}
	for _, packet := range f.arrived {
		var err error
		f.plain, err = f.ingress.DecryptRTP(f.plain[:0], packet, nil)
		must(b, err)
		var h rtp.Header
		_, err = h.Unmarshal(f.plain)
		must(b, err)
		for i := range f.dests {
			d := &f.dests[i]
			start := len(d.joined)
			out, err := d.out.EncryptRTP(d.joined[start:start:cap(d.joined)], f.plain, &h)
			must(b, err)
			d.joined = d.joined[:start+len(out)]
		}
	}
}

func (f *floor) send(b *testing.B) {
	for i := range f.dests {
		d, h := &f.dests[i], &f.headers[i].header
		f.vectors[i].Base = &d.joined[0]
		f.vectors[i].SetLen(len(d.joined))
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&d.address)), unix.SizeofSockaddrInet4
		h.Iov = &f.vectors[i]
		h.SetIovlen(1)
		c := (*unix.Cmsghdr)(unsafe.Pointer(&f.control[i]))
		c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
		*(*uint16)(unsafe.Pointer(&f.control[i][unix.CmsgLen(0)])) = uint16(len(d.joined) / f.n)
		h.Control = &f.control[i][0]
		h.SetControllen(unix.CmsgSpace(2))
	}
	for done := 0; done < len(f.headers); {
		sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(f.fd), uintptr(unsafe.Pointer(&f.headers[done])), uintptr(len(f.headers)-done), 0, 0, 0)
		if errno != 0 {
			b.Fatal(errno)
		}
		done += int(sent)
	}
}
