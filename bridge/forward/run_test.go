package forward

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"go.uber.org/goleak"

	"stammtisch/bridge/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.c.Run(ctx) }()
		ana, ben := r.enter("ana", jitsi), r.enter("ben", jitsi)
		ana.SetSources([]Source{ana.audioSource(), ana.videoSource(Camera)})
		ana.SetConnected(true)
		ben.SetConnected(true)
		time.Sleep(minPlanSpacing) // in the bubble: the clock moves when all is still
		synctest.Wait()
		if got := r.journal.take(); !slices.Contains(got, "ben: gets [ana-v0]") {
			t.Errorf("events %q: ben's sources are missing", got)
		}
		r.now = time.Now()
		ana.send(ana.cam[0].frame(r.now)...)
		if got := ben.take(); len(got) != 1 {
			t.Errorf("%d packets of one", len(got))
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if got := r.journal.take(); !slices.Contains(got, "ana active false") {
			t.Errorf("events %q: nobody noticed that ana has fallen silent", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

// TestEverybodyAtOnce lets members send, ask, change their minds, join and leave on goroutines of their own; the race
// detector and the uniqueness of numbers are the judges.
func TestEverybodyAtOnce(t *testing.T) {
	r := newRoom(t)
	r.c.cfg.Dispatch = func(send func(*udp.Batch)) { send(nil) }
	ctx, cancel := context.WithCancel(t.Context())
	var running, members sync.WaitGroup
	running.Go(func() { r.c.Run(ctx) })
	for i := range 4 {
		m := r.enter(string(rune('a'+i))+"na", jitsi)
		m.room = newRoom(t) // a clock of its own
		m.SetSources([]Source{m.audioSource(), m.videoSource(Camera)})
		m.SetConnected(true)
		pli, err := rtcp.Marshal([]rtcp.Packet{
			&rtcp.PictureLossIndication{MediaSSRC: uint32('a')*100 + 1},
			&rtcp.TransportLayerNack{MediaSSRC: uint32('b')*100 + 1, Nacks: []rtcp.NackPair{{PacketID: 5, LostPackets: 0xff}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		members.Go(func() {
			for n := range 150 {
				now := time.Now()
				for _, c := range m.cam {
					c.wantKey = n%10 == 0
					for _, p := range c.frame(now) {
						m.HandleRTP(nil, p, now)
					}
				}
				m.HandleRTCP(nil, pli, now)
				m.SetConstraints(ReceiverConstraints{DefaultHeightPx: ptr(90 << (n % 4)), LastN: ptr(n%3 - 1)})
				if n%50 == 49 {
					m.SetSources([]Source{m.audioSource()})
					m.SetSources([]Source{m.audioSource(), m.videoSource(Desktop)})
					m.SetVideoType(m.id+"-v0", VideoType(n%3))
					r.c.Stats(now)
					m.Greeting()
				}
			}
			if m.id == "ana" {
				r.c.RemoveEndpoint("ana")
			}
			seen := map[uint64]bool{}
			for _, p := range m.take() {
				key := uint64(p.SSRC)<<32 | p.ext
				if seen[key] {
					t.Errorf("number %d of %d is used twice", p.ext, p.SSRC)
				}
				seen[key] = true
			}
		})
	}
	members.Wait()
	cancel()
	running.Wait()
}
