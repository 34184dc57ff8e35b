package vp8

import (
	"bytes"
	"testing"
)

// key is the start of a 320x180 key frame's payload header, composed from RFC 6386 §9.1.
var key = []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00, 1, 2, 3}

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		payload []byte
		want    Descriptor
	}{
		"start of a key frame as Chromium sends it": {
			append([]byte{0x90, 0xe0, 0x81, 0x23, 0x07, 0x40}, key...),
			Descriptor{FrameStart: true, Key: true, Width: 320, Height: 180, HasPictureID: true, Wide: true, PictureID: 0x123,
				HasTL0: true, TL0: 7, HasTID: true, TID: 1, pictureAt: 2, tl0At: 4},
		},
		"seven-bit picture id": {
			[]byte{0x90, 0x80, 0x23, 0x01},
			Descriptor{FrameStart: true, HasPictureID: true, PictureID: 0x23, pictureAt: 2},
		},
		"second packet of a frame": {
			[]byte{0x80, 0x80, 0x80, 0x05, 0x00},
			Descriptor{HasPictureID: true, Wide: true, PictureID: 5, pictureAt: 2},
		},
		"start of partition 1 is no frame start": {[]byte{0x11, 0x00}, Descriptor{}},
		"descriptor only":                        {[]byte{0x10}, Descriptor{FrameStart: true}},
		"key index without temporal layer": {
			[]byte{0x90, 0x10, 0x03, 0x01},
			Descriptor{FrameStart: true},
		},
	} {
		if got, err := Parse(tt.payload); err != nil || got != tt.want {
			t.Errorf("%s: Parse(%x)\n got %+v, %v\nwant %+v", name, tt.payload, got, err, tt.want)
		}
	}
}

func TestParseRefusesTruncated(t *testing.T) {
	whole := []byte{0x90, 0xf0, 0x81, 0x23, 0x07, 0x40}
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil {
			t.Errorf("Parse(%x) accepted a truncated descriptor", whole[:n])
		}
	}
}

func TestRewrite(t *testing.T) {
	p := append([]byte{0x90, 0xe0, 0x81, 0x23, 0x07, 0x40}, key...)
	d, err := Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	d.Rewrite(p, 0x7fff, 200)
	got, err := Parse(p)
	if err != nil || got.PictureID != 0x7fff || got.TL0 != 200 || !got.Wide || !got.Key || got.TID != 1 {
		t.Errorf("rewritten descriptor reads %+v, %v", got, err)
	}
}

func TestWiden(t *testing.T) {
	p := append([]byte{0x90, 0xe0, 0x23, 0x07, 0x40}, key...)
	d, err := Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	wide, wd := d.Widen(nil, p)
	wd.Rewrite(wide, 0x1234, 9)
	got, err := Parse(wide)
	if err != nil || got.PictureID != 0x1234 || got.TL0 != 9 || got.Height != 180 || got.TID != d.TID {
		t.Errorf("widened descriptor reads %+v, %v", got, err)
	}
	if !bytes.HasSuffix(wide, key) {
		t.Errorf("the frame changed: %x", wide)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(append([]byte{0x90, 0xf0, 0x81, 0x23, 0x07, 0x40}, key...))
	f.Add([]byte{0x90, 0x80, 0x23, 0x01})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		d, err := Parse(payload)
		if err != nil {
			return
		}
		if d.HasPictureID && !d.Wide {
			payload, d = d.Widen(nil, payload)
		}
		d.Rewrite(payload, 0x5a5a&MaxPictureID, 0x77)
		got, err := Parse(payload)
		if err != nil {
			t.Fatalf("the rewritten payload does not parse: %v", err)
		}
		if d.HasPictureID && got.PictureID != 0x5a5a&MaxPictureID || d.HasTL0 && got.TL0 != 0x77 || got.Key != d.Key {
			t.Errorf("rewritten descriptor reads %+v, want the new ids in %+v", got, d)
		}
	})
}
