package rtp

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// sample is a packet with one CSRC, an audio level (id 1), a transport-wide number (id 5), four bytes of payload and
// three of padding. Composed from RFC 3550 §5.1 and RFC 8285 §4.2.
func sample() []byte {
	return []byte{
		0xb1, 0xef, 0x12, 0x34, 0, 0, 0x10, 0, 0xca, 0xfe, 0xba, 0xbe,
		1, 2, 3, 4,
		0xbe, 0xde, 0, 2, 0x10, 0x85, 0, 0x51, 0x01, 0x02, 0, 0,
		'd', 'a', 't', 'a', 0, 0, 3,
	}
}

func TestParse(t *testing.T) {
	h, err := Parse(sample())
	if err != nil {
		t.Fatal(err)
	}
	if !h.Marker || h.PayloadType != 111 || h.SequenceNumber != 0x1234 || h.Timestamp != 0x1000 || h.SSRC != 0xcafebabe {
		t.Errorf("Parse = %+v", h)
	}
	if got := h.Payload(sample()); string(got) != "data" {
		t.Errorf("payload %q, want %q", got, "data")
	}
	v := h.Read(sample(), &Extensions{AudioLevel: 1, TransportCC: 5, VideoOrientation: 4})
	want := Values{AudioLevel: 0x85, HasAudioLevel: true, TransportCC: 0x0102, HasTransportCC: true}
	if v != want {
		t.Errorf("Read = %+v, want %+v", v, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		packet []byte
		want   error
	}{
		"empty":                {nil, ErrShort},
		"version":              {make([]byte, 12), ErrVersion},
		"CSRCs cut off":        {append([]byte{0x8f}, make([]byte, 15)...), ErrShort},
		"extension cut off":    {append([]byte{0x90}, make([]byte, 12)...), ErrShort},
		"extension too long":   {append([]byte{0x90}, append(make([]byte, 13), 0xff, 0xff)...), ErrShort},
		"padding beyond":       {append([]byte{0xa0}, append(make([]byte, 11), 9)...), ErrPadding},
		"padding of no length": {append([]byte{0xa0}, make([]byte, 14)...), ErrPadding},
	} {
		if _, err := Parse(tt.packet); !errors.Is(err, tt.want) {
			t.Errorf("%s: Parse(%x) = %v, want %v", name, tt.packet, err, tt.want)
		}
	}
}

func TestTwoByteExtensions(t *testing.T) {
	p := append([]byte{0x90, 111}, make([]byte, 10)...)
	p = append(p, 0x10, 0x00, 0, 2, 1, 1, 0x83, 0, 20, 0, 5, 2, 0)
	p = append(p[:len(p)-1], 0) // id 5 claims two bytes where one is left: it ends the walk
	h, err := Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	v := h.Read(p, &Extensions{AudioLevel: 1, TransportCC: 5})
	if want := (Values{AudioLevel: 0x83, HasAudioLevel: true}); v != want {
		t.Errorf("Read = %+v, want %+v", v, want)
	}
}

func TestWriteReadsBack(t *testing.T) {
	out := Outgoing{Marker: true, PayloadType: 100, SequenceNumber: 7, Timestamp: 9, SSRC: 11}
	b := AppendHeader(nil, out)
	b = AppendElement(b, 5, 0xabcd, 2)
	b = AppendElement(b, 0, 1, 1) // not negotiated
	b = AppendElement(b, 4, 2, 1)
	b = FinishExtensions(b)
	b = append(b, "payload"...)
	h, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	got := Outgoing{h.Marker, h.PayloadType, h.SequenceNumber, h.Timestamp, h.SSRC}
	v := h.Read(b, &Extensions{TransportCC: 5, VideoOrientation: 4})
	if got != out || v.TransportCC != 0xabcd || v.VideoOrientation != 2 || string(h.Payload(b)) != "payload" {
		t.Errorf("read back %+v %+v %q", got, v, h.Payload(b))
	}
}

func TestRestoreIsTheInverse(t *testing.T) {
	b := AppendHeader(nil, Outgoing{PayloadType: 96, SequenceNumber: 1, Timestamp: 3, SSRC: 5})
	b = FinishExtensions(AppendElement(b, 5, 1, 2))
	b = AppendRTXPayload(b, 0x4321, []byte("original"))
	b = append(b, 0, 0, 0, 4)
	b[0] |= 0x20
	h, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	got, rh, ok := Restore(b, h, 100, 77)
	if !ok || rh.SSRC != 77 || rh.SequenceNumber != 0x4321 || rh.PayloadType != 100 {
		t.Fatalf("Restore = %+v, %v", rh, ok)
	}
	again, err := Parse(got)
	if err != nil || again != rh || string(rh.Payload(got)) != "original" {
		t.Errorf("restored packet parses as %+v, %v; header said %+v, payload %q", again, err, rh, rh.Payload(got))
	}
}

func TestAbsSendTime(t *testing.T) {
	if got, want := AbsSendTime(time.Unix(64+3, 500_000_000)), uint32(3<<18|1<<17); got != want {
		t.Errorf("AbsSendTime = %#x, want %#x", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample())
	f.Add(append([]byte{0x90, 111}, make([]byte, 14)...))
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, err := Parse(packet)
		if err != nil {
			return
		}
		it := h.Elements(packet)
		for n := 0; ; n++ {
			if _, _, ok := it.Next(); !ok {
				break
			}
			if n > len(packet) {
				t.Fatal("the walk over the extensions does not end")
			}
		}
		if len(h.Payload(packet)) > len(packet)-12 {
			t.Errorf("payload longer than the packet")
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add(sample(), uint8(100), uint32(5))
	f.Fuzz(func(t *testing.T, packet []byte, pt uint8, ssrc uint32) {
		h, err := Parse(packet)
		if err != nil {
			return
		}
		original := bytes.Clone(h.Payload(packet))
		restored, rh, ok := Restore(packet, h, pt, ssrc)
		if !ok {
			return
		}
		if again, err := Parse(restored); err != nil || again != rh {
			t.Fatalf("restored packet parses as %+v, %v, want %+v", again, err, rh)
		}
		if !bytes.Equal(rh.Payload(restored), original[2:]) {
			t.Errorf("payload changed")
		}
	})
}
