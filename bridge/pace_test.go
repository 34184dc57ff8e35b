package bridge

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	for _, tt := range []struct {
		name        string
		count, size int
		apart, want time.Duration // between messages; the last one's wait
	}{
		{"a burst", channelMessages * channelBurst, 100, 0, 0},
		{"more than a burst", channelMessages*channelBurst + 10, 100, 0, 100 * time.Millisecond},
		{"for long", 10000, 100, time.Second / channelMessages, 0},
		{"large ones", channelBurst + 1, channelBytes, 0, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pace
			now, got := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Duration(0)
			for range tt.count {
				got = p.spend(tt.size, now)
				now = now.Add(tt.apart)
			}
			if d := got - tt.want; d < -time.Millisecond || d > time.Millisecond {
				t.Errorf("waits %v, want %v", got, tt.want)
			}
		})
	}
}
