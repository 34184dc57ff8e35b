package udp

import (
	"bytes"
	"testing"
)

func TestClassify(t *testing.T) {
	zeros := make([]byte, 40)
	for _, tc := range []struct {
		name string
		head []byte
		size int
		want Kind
	}{
		{"STUN binding request", []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 20, KindSTUN},
		{"STUN, header cut", []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 19, KindUnknown},
		{"STUN without the cookie (RFC 3489)", []byte{0, 1}, 20, KindUnknown},
		{"ZRTP", []byte{16}, 20, KindUnknown},
		{"DTLS change cipher spec", []byte{20}, 14, KindDTLS},
		{"DTLS, last of its range", []byte{63}, 14, KindDTLS},
		{"DTLS, header cut", []byte{22}, 12, KindUnknown},
		{"TURN channel data", []byte{64}, 20, KindUnknown},
		{"RTP", []byte{0x80, 111}, 12, KindRTP},
		{"RTP with marker", []byte{0x90, 100 | 0x80}, 40, KindRTP},
		{"RTP, header cut", []byte{0x80, 111}, 11, KindUnknown},
		{"RTCP sender report", []byte{0x80, 200}, 28, KindRTCP},
		{"RTCP feedback", []byte{0x8f, 205}, 12, KindRTCP},
		{"RTCP, shortest", []byte{0x80, 201}, 8, KindRTCP},
		{"version 3", []byte{0xc0, 100}, 20, KindUnknown},
		{"empty", nil, 0, KindUnknown},
	} {
		packet := append(bytes.Clone(tc.head), zeros...)[:tc.size]
		if got := Classify(packet); got != tc.want {
			t.Errorf("%s: Classify = %d, want %d", tc.name, got, tc.want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{22, 254, 255})
	f.Add([]byte{0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		least := map[Kind]int{KindSTUN: 20, KindDTLS: 13, KindRTP: 12, KindRTCP: 8}
		if k := Classify(packet); len(packet) < least[k] {
			t.Errorf("Classify(%x) = %d, which needs %d bytes", packet, k, least[k])
		}
	})
}
