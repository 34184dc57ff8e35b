package forward

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/rtp"
)

func FuzzHandleRTP(f *testing.F) {
	cam := newCamera(uint32('a')*100+1, 0)
	f.Add(cam.frame(time.Unix(0, 0))[0], cam.frame(time.Unix(1, 0))[0])
	rtx := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 96, SSRC: uint32('a')*100 + 11})
	f.Add(append(rtx, 0, 1, 0x90, 0x80, 0x01, 0x00), []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		r := newRoom(t)
		ana, ben := r.join("ana"), r.join("ben")
		for _, p := range [][]byte{first, second} {
			ana.send(p)
			if len(p) >= 12 { // as a stream that is known
				p = slices.Clone(p)
				p[1] = p[1]&0x80 | 100
				binary.BigEndian.PutUint32(p[8:], ana.cam[0].ssrc)
				ana.send(p)
			}
		}
		ana.film(2)
		seen := map[uint64]bool{}
		for _, p := range ben.take() {
			if seen[uint64(p.SSRC)<<32|p.ext] {
				t.Errorf("number %d is used twice", p.ext)
			}
			seen[uint64(p.SSRC)<<32|p.ext] = true
		}
	})
}

func FuzzHandleRTCP(f *testing.F) {
	seed := func(packets ...rtcp.Packet) {
		raw, err := rtcp.Marshal(packets)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	video := uint32('b')*100 + 1
	seed(&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: video, LastSenderReport: 5}}}, &rtcp.PictureLossIndication{MediaSSRC: video})
	seed(&rtcp.SenderReport{SSRC: uint32('a')*100 + 1}, &rtcp.TransportLayerNack{MediaSSRC: video, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}})
	seed(&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: video}}}, &rtcp.Goodbye{Sources: []uint32{1}})
	f.Add([]byte{0x80, 205, 0, 0})
	r := newRoom(f)
	ana, ben := r.join("ana"), r.join("ben")
	ana.film(5)
	ben.film(5)
	f.Fuzz(func(t *testing.T, compound []byte) {
		ana.HandleRTCP(nil, compound, r.now)
		if n := len(ana.take()); n > maxNACKs {
			t.Errorf("one compound made the bridge send %d packets", n)
		}
		ben.take()
	})
}
