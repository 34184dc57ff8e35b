package forward

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"stammtisch/bridge/vp8"
)

// film is a synthetic source of three encodings, as packets in sending order, before the network touches them.
type film struct {
	frames []frame
}

// drawFilm makes a source with key frames now and then, all encodings at once, as browsers send simulcast.
func drawFilm(t *rapid.T) *film {
	v := &film{}
	var ext [3]uint64
	var pic [3]uint16
	var tl0 [3]uint8
	var clock [3]uint32
	for i := range 3 {
		ext[i] = 1<<20 + uint64(rapid.IntRange(0, 70000).Draw(t, "seq"))
		pic[i] = uint16(rapid.IntRange(0, 0x7fff).Draw(t, "picture"))
		tl0[i] = uint8(rapid.IntRange(0, 255).Draw(t, "tl0"))
		clock[i] = rapid.Uint32().Draw(t, "clock")
	}
	at := time.Unix(100, 0)
	for n := range rapid.IntRange(5, 60).Draw(t, "pictures") {
		key := n == 0 || rapid.IntRange(0, 9).Draw(t, "key") == 0
		at = at.Add(time.Duration(rapid.IntRange(10, 120).Draw(t, "pause")) * time.Millisecond)
		for i := range 3 {
			pic[i] = (pic[i] + 1) & vp8.MaxPictureID
			tid := uint8(n % 2)
			if key {
				tid = 0
			}
			if tid == 0 {
				tl0[i]++
			}
			for j, size := 0, rapid.IntRange(1, 4).Draw(t, "size"); j < size; j++ {
				ext[i]++
				v.frames = append(v.frames, frame{
					encoding: i, ext: ext[i], timestamp: clock[i] + uint32(at.UnixMilli()*90), marker: j == size-1,
					codec: codecVP8, clockRate: 90000, arrival: at,
					vp8: vp8.Descriptor{
						FrameStart: j == 0, Key: key && j == 0, HasPictureID: true, Wide: true, PictureID: pic[i], HasTL0: true, TL0: tl0[i],
						HasTID: true, TID: tid,
					},
				})
			}
		}
	}
	return v
}

// deliver loses and reorders the packets and says which come late, as the receive stage does.
func (v *film) deliver(t *rapid.T) (arrived []frame) {
	var newest [3]uint32
	var begun [3]bool
	queue := append([]frame(nil), v.frames...)
	for i := range queue {
		if rapid.IntRange(0, 19).Draw(t, "reorder") == 0 {
			j := min(i+rapid.IntRange(1, 6).Draw(t, "by"), len(queue)-1)
			queue[i], queue[j] = queue[j], queue[i]
		}
	}
	at := time.Time{}
	for _, f := range queue {
		if rapid.IntRange(0, 14).Draw(t, "lose") == 0 {
			continue
		}
		if f.arrival.After(at) {
			at = f.arrival
		}
		f.arrival = at
		f.late = begun[f.encoding] && int32(f.timestamp-newest[f.encoding]) < 0
		if !f.late {
			newest[f.encoding], begun[f.encoding] = f.timestamp, true
		}
		arrived = append(arrived, f)
	}
	return arrived
}

// sent is a packet that a projection let through.
type sent struct {
	in    frame
	out   output
	epoch int
}

// project plays a film to a projection whose target changes now and then.
func project(t *rapid.T, p *projection, arrived []frame) (all []sent) {
	target := rapid.IntRange(0, 2).Draw(t, "target")
	for _, f := range arrived {
		if rapid.IntRange(0, 24).Draw(t, "retarget") == 0 {
			target = rapid.IntRange(-1, 2).Draw(t, "target")
			if target < 0 {
				p.suspend() // as pause does
			}
		}
		if o, ok, _ := p.forward(&f, target); ok {
			all = append(all, sent{f, o, p.epochN})
		}
	}
	return all
}

// TestProjectionProperties checks what a decoder relies on, for lossy and reordered sources and targets that change at
// any time.
func TestProjectionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawFilm(t)
		p := newProjection(output{
			ext: uint64(rapid.IntRange(1, 0x3fff).Draw(t, "first")), timestamp: rapid.Uint32().Draw(t, "ts"),
			pictureID: uint16(rapid.IntRange(0, 0x7fff).Draw(t, "pic")), tl0: uint8(rapid.IntRange(0, 255).Draw(t, "tl0")),
		})
		all := project(t, &p, v.deliver(t))
		checkUnique(t, all)
		checkEpochs(t, all)
		checkOrigins(t, &p, all)
	})
}

// checkUnique: no number stands for two packets, and none is before the first.
func checkUnique(t *rapid.T, all []sent) {
	used := map[uint64]bool{}
	for _, s := range all {
		if used[s.out.ext] {
			t.Fatalf("number %d is used twice", s.out.ext)
		}
		used[s.out.ext] = true
		if s.out.ext < all[0].out.ext {
			t.Fatalf("number %d is before the first, %d", s.out.ext, all[0].out.ext)
		}
	}
}

// checkEpochs: within an encoding every distance is the sender's, so that gaps are losses and nothing else; a switch
// happens at the start of a key frame, right after the last number or one further, with the next picture.
func checkEpochs(t *rapid.T, all []sent) {
	var top sent // highest number so far
	for i, s := range all {
		if i == 0 {
			if !s.in.vp8.Key {
				t.Fatal("the stream does not begin with a key frame")
			}
			top = s
			continue
		}
		before := all[i-1]
		if s.epoch == before.epoch {
			if s.in.encoding != before.in.encoding || s.out.ext-before.out.ext != s.in.ext-before.in.ext ||
				s.out.timestamp-before.out.timestamp != s.in.timestamp-before.in.timestamp ||
				(s.out.pictureID-before.out.pictureID)&0x7fff != (s.in.vp8.PictureID-before.in.vp8.PictureID)&0x7fff ||
				s.out.tl0-before.out.tl0 != s.in.vp8.TL0-before.in.vp8.TL0 {
				t.Fatalf("distances changed within one encoding: %+v %+v", before, s)
			}
		} else {
			want := top.out.ext + 1
			if !top.in.marker {
				want++ // the unfinished frame has to look unfinished
			}
			if !s.in.vp8.Key || s.out.ext != want {
				t.Fatalf("switch with %+v to number %d, want a key frame and %d", s.in, s.out.ext, want)
			}
			if d := (s.out.pictureID - top.out.pictureID) & 0x7fff; d != 1 {
				t.Fatalf("picture id moved by %d at a switch", d)
			}
			if d := s.out.tl0 - top.out.tl0; d != 1 {
				t.Fatalf("TL0PICIDX moved by %d at a switch", d)
			}
			if d := int32(s.out.timestamp - top.out.timestamp); d < 90 {
				t.Fatalf("timestamp moved by %d at a switch", d)
			}
		}
		if s.out.ext > top.out.ext {
			top = s
		}
	}
}

// checkOrigins: what was sent in the last switches can be found again by its 16-bit number.
func checkOrigins(t *rapid.T, p *projection, all []sent) {
	if len(all) == 0 {
		return
	}
	oldest := p.epochs[0].outStart
	for i := range min(p.epochN, len(p.epochs)) {
		oldest = min(oldest, p.epochs[i].outStart)
	}
	for _, s := range all {
		if s.out.ext < oldest {
			continue
		}
		e, in, out, ok := p.origin(uint16(s.out.ext))
		if !ok || e.encoding != s.in.encoding || in != s.in.ext || out != s.out.ext {
			t.Fatalf("number %d was packet %d of encoding %d, found %+v %d %v", s.out.ext, s.in.ext, s.in.encoding, e, in, ok)
		}
	}
}

// TestSwitchKeepsTime checks that a pause appears in the timestamps as long as it was.
func TestSwitchKeepsTime(t *testing.T) {
	p := newProjection(output{ext: 1})
	at := time.Unix(100, 0)
	key := func(encoding int, ext uint64) frame {
		return frame{encoding: encoding, ext: ext, timestamp: uint32(ext), marker: true, codec: codecVP8, clockRate: 90000, arrival: at, vp8: vp8.Descriptor{Key: true}}
	}
	f := key(0, 1000)
	first, _, _ := p.forward(&f, 0)
	at = at.Add(2 * time.Second)
	f = key(1, 77)
	second, ok, _ := p.forward(&f, 1)
	if d := second.timestamp - first.timestamp; !ok || d != 180000 {
		t.Errorf("timestamp moved by %d in two seconds", d)
	}
}

// TestKeyFrameNeeds says when a projection asks for a key frame.
func TestKeyFrameNeeds(t *testing.T) {
	at := time.Unix(100, 0)
	packet := func(encoding int, ext uint64, key bool) *frame {
		at = at.Add(10 * time.Millisecond)
		return &frame{encoding: encoding, ext: ext, codec: codecVP8, clockRate: 90000, arrival: at, vp8: vp8.Descriptor{Key: key}}
	}
	p := newProjection(output{ext: 1})
	expect := func(what string, f *frame, target int, send, need bool) {
		t.Helper()
		if _, s, n := p.forward(f, target); s != send || n != need {
			t.Errorf("%s: sent %v, needs a key frame %v; want %v, %v", what, s, n, send, need)
		}
	}
	expect("nothing shown yet", packet(0, 1, false), 2, false, true)
	expect("suspended", packet(0, 2, true), suspended, false, false)
	expect("a lower key frame to begin with", packet(0, 3, true), 2, true, false)
	expect("the better one should come by itself", packet(2, 3, false), 2, false, false)
	at = at.Add(keyframeGroup)
	expect("it did not", packet(2, 4, false), 2, false, true)
	expect("meanwhile", packet(0, 4, false), 2, true, false)
	expect("not by way of the one between", packet(1, 3, true), 2, false, false)
	late := packet(2, 5, true)
	late.late = true
	expect("a key frame after its successors", late, 2, false, false)
	expect("the better one", packet(2, 9, true), 2, true, false)
	expect("the old one", packet(0, 5, false), 2, false, false)
	expect("before the key frame", packet(2, 8, false), 2, false, false)
	at = at.Add(keyframeGroup)
	expect("on the way down", packet(0, 6, false), 0, false, true)
	expect("still the old one", packet(2, 10, false), 0, true, false)
	expect("not half way", packet(1, 5, true), 0, false, false)
	expect("the lowest", packet(0, 7, true), 0, true, false)
	expect("not up again", packet(2, 11, true), 0, false, false)
}
