package speaker

import (
	"testing"
	"testing/quick"
	"time"
)

// room plays levels to a detector in steps of 20 ms and decides every 300 ms.
type room struct {
	d       *Detector
	now     time.Time
	decided time.Time
	who     string
	silent  bool
	changes int
}

func newRoom(silence time.Duration) *room {
	start := time.Unix(1000, 0)
	return &room{d: New(silence), now: start, decided: start}
}

// play lets everyone named have its level for the given time; the others send nothing.
func (r *room) play(d time.Duration, levels map[string]uint8) {
	for end := r.now.Add(d); r.now.Before(end); r.now = r.now.Add(20 * time.Millisecond) {
		for id, l := range levels {
			// Speech is not flat: a syllable every 200 ms.
			if l > 40 && r.now.UnixMilli()%200 < 40 {
				l -= 10
			}
			r.d.Level(id, l, r.now)
		}
		if r.now.Sub(r.decided) < DecisionInterval {
			continue
		}
		r.decided = r.now
		before := r.who
		r.who, r.silent = r.d.Decide(r.now)
		if before != r.who {
			r.changes++
		}
	}
}

func TestTheOnlySpeakerIsDominant(t *testing.T) {
	r := newRoom(0)
	r.play(time.Second, map[string]uint8{"ana": 0})
	if r.who != "ana" {
		t.Errorf("dominant %q, want ana", r.who)
	}
}

func TestSpeakersTakeTurns(t *testing.T) {
	r := newRoom(0)
	noise := func(loud string) map[string]uint8 {
		m := map[string]uint8{"ana": 10, "ben": 12, "eva": 8}
		m[loud] = 105
		return m
	}
	for _, who := range []string{"ana", "ben", "eva", "ana"} {
		r.play(3*time.Second, noise(who))
		if r.who != who {
			t.Errorf("after three seconds of %s the dominant speaker is %q", who, r.who)
		}
	}
	if r.changes > 5 {
		t.Errorf("%d changes for four turns", r.changes)
	}
}

func TestACoughDoesNotTakeOver(t *testing.T) {
	r := newRoom(0)
	r.play(5*time.Second, map[string]uint8{"ana": 100, "ben": 5})
	r.play(100*time.Millisecond, map[string]uint8{"ana": 100, "ben": 110})
	r.play(2*time.Second, map[string]uint8{"ana": 100, "ben": 5})
	if r.who != "ana" || r.changes != 1 {
		t.Errorf("dominant %q after %d changes, want ana after 1", r.who, r.changes)
	}
}

func TestDiscontinuousTransmissionLosesTheFloor(t *testing.T) {
	r := newRoom(0)
	r.play(3*time.Second, map[string]uint8{"ana": 100, "ben": 5})
	r.play(3*time.Second, map[string]uint8{"ben": 100}) // ana's packets stop
	if r.who != "ben" {
		t.Errorf("dominant %q, want ben", r.who)
	}
}

func TestSilence(t *testing.T) {
	r := newRoom(3 * time.Second)
	r.play(3*time.Second, map[string]uint8{"ana": 100, "ben": 5})
	if r.silent {
		t.Error("silence is reported while ana speaks")
	}
	r.play(5*time.Second, map[string]uint8{"ana": 5, "ben": 5})
	if !r.silent {
		t.Error("no silence after five seconds of noise")
	}
	r.play(3*time.Second, map[string]uint8{"ana": 5, "ben": 100})
	if r.silent || r.who != "ben" {
		t.Errorf("dominant %q, silent %v, want ben speaking", r.who, r.silent)
	}
}

func TestRemoveDominant(t *testing.T) {
	r := newRoom(0)
	r.play(2*time.Second, map[string]uint8{"ana": 100, "ben": 5})
	r.d.Remove("ana")
	r.play(time.Second, map[string]uint8{"ben": 5})
	if r.who != "ben" {
		t.Errorf("dominant %q after ana left, want ben", r.who)
	}
}

func TestAnyLevelsAreSafe(t *testing.T) {
	r := newRoom(0)
	ok := func(level uint8, pause uint16, id bool) bool {
		r.now = r.now.Add(time.Duration(pause) * time.Millisecond)
		r.d.Level(map[bool]string{true: "ana", false: "ben"}[id], level, r.now)
		who, _ := r.d.Decide(r.now)
		return who != ""
	}
	if err := quick.Check(ok, nil); err != nil {
		t.Error(err)
	}
}
