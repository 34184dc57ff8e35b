package forward

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// beep is what the audio levels of Chromium's fake microphone say (RFC 6464, 20 ms each, as loudness): a beep every 500 ms
// that fades away. Recorded from Chromium 156.
var beep = [25]uint8{114, 119, 105, 95, 89, 84, 81, 77, 72, 69, 63, 59, 56, 50, 46, 41, 34, 29}

// A sound that repeats takes the floor from somebody who has fallen silent, whatever its phase: decisions must not always
// fall between the same two beats.
func TestRepeatedSoundsAreHeard(t *testing.T) {
	for phase := range 5 {
		t.Run(fmt.Sprintf("%d ms", phase*20), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t)
				r.now = time.Now()
				ana, ben := r.join("ana"), r.join("ben")
				ctx, cancel := context.WithCancel(t.Context())
				go r.c.Run(ctx)
				defer synctest.Wait()
				defer cancel()
				speak := func(d time.Duration, by func(packet int)) {
					for i := range int(d / (20 * time.Millisecond)) {
						r.now = time.Now()
						by(i)
						time.Sleep(20 * time.Millisecond) // in the bubble
					}
				}
				speak(3*time.Second, func(int) { ana.talk(silence - 119) })
				r.journal.take()
				time.Sleep(time.Duration(phase) * 20 * time.Millisecond)
				speak(4*time.Second, func(i int) {
					ana.talk(silence)
					ben.talk(silence - beep[i%len(beep)])
				})
				if got := r.journal.take(); !slices.Contains(got, "ben speaks after [ana], silence false") {
					t.Errorf("ben is not heard in four seconds; events %q", got)
				}
			})
		})
	}
}
