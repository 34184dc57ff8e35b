package forward

import (
	"slices"
	"testing"
	"time"

	"stammtisch/bridge/rtp"
)

func TestAudioReachesEverybodyElse(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.join("eva")
	for range 5 {
		ana.talk(0x80 | 20)
	}
	for _, m := range []*member{ben, eva} {
		got := m.take()
		if len(got) != 5 {
			t.Fatalf("%s got %d packets, want 5", m.id, len(got))
		}
		for i, p := range got {
			if p.SSRC != ana.ssrc || p.PayloadType != 111 || string(p.payload) != "opus" {
				t.Errorf("%s got %+v %q", m.id, p.Header, p.payload)
			}
			if p.values.AudioLevel != 0x80|20 || p.values.HasTransportCC || p.hasMID {
				t.Errorf("extensions %+v, mid %v; want the level with its voice bit, nothing else", p.values, p.hasMID)
			}
			if i > 0 && (p.ext != got[i-1].ext+1 || p.Timestamp != got[i-1].Timestamp+960) {
				t.Errorf("packet %d does not continue the one before", i)
			}
		}
		if got[0].ext > 0x7fff {
			t.Errorf("first sequence number %d: the receiver may guess the roll-over counter wrong", got[0].ext)
		}
	}
	if got := ana.take(); got != nil {
		t.Errorf("ana hears herself")
	}
}

func TestSilenceIsNotForwarded(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	for range 10 {
		ana.talk(127)
	}
	ana.talk(30)
	got := ben.take()
	if len(got) != 4 {
		t.Fatalf("%d packets, want three of silence and one of sound", len(got))
	}
	if got[3].ext != got[2].ext+1 || got[3].Timestamp != got[2].Timestamp+8*960 {
		t.Errorf("after the pause: number %d after %d, timestamp +%d", got[3].ext, got[2].ext, got[3].Timestamp-got[2].Timestamp)
	}
}

func TestUnsignalledAndMutedMediaAreDropped(t *testing.T) {
	r := newRoom(t)
	ana, ben := r.join("ana"), r.join("ben")
	p := rtp.FinishExtensions(rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 111, SequenceNumber: 1, SSRC: 4711}))
	ana.send(append(p, "x"...))
	ana.SetForceMute(true, true)
	ana.talk(10)
	ana.film(3)
	if got := ben.take(); got != nil {
		t.Errorf("%d packets were forwarded", len(got))
	}
	ana.SetForceMute(false, false)
	r.pass(50 * time.Millisecond)
	ana.talk(10)
	ana.film(5)
	if got := ben.take(); len(got) < 4 {
		t.Errorf("%d packets after the mute ended", len(got))
	}
	st := r.c.Stats(r.now)
	if st.Totals.UnknownSSRC != 1 || st.Totals.Muted == 0 || st.SendingVideo != 1 {
		t.Errorf("statistics %+v", st)
	}
}

func TestAudioSubscription(t *testing.T) {
	r := newRoom(t)
	ana, ben, eva := r.join("ana"), r.join("ben"), r.join("eva")
	for _, tt := range []struct {
		a        AudioSubscription
		ana, ben bool
	}{
		{AudioSubscription{All: true, Exclude: []string{"ana-a0"}}, false, true},
		{AudioSubscription{Include: []string{"ana-a0"}}, true, false},
		{AudioSubscription{Include: []string{"ana-a0"}, Exclude: []string{"ana-a0"}}, false, false},
		{AudioSubscription{All: true}, true, true},
	} {
		eva.SetAudioSubscription(tt.a)
		r.pass(50 * time.Millisecond)
		ana.talk(20)
		ben.talk(20)
		heard := map[uint32]bool{}
		for _, p := range eva.take() {
			heard[p.SSRC] = true
		}
		if heard[ana.ssrc] != tt.ana || heard[ben.ssrc] != tt.ben {
			t.Errorf("%+v: hears ana %v, ben %v", tt.a, heard[ana.ssrc], heard[ben.ssrc])
		}
	}
}

func TestAudioOnlyClientIsNotShownVideo(t *testing.T) {
	r := newRoom(t)
	ana := r.join("ana")
	phone := jitsi
	phone.PayloadTypes = jitsi.PayloadTypes[:1]
	ben := r.enter("ben", phone)
	ben.SetConnected(true)
	r.pass(3 * time.Second)
	ana.film(5)
	ana.talk(20)
	if got := ben.take(); len(got) != 1 || got[0].PayloadType != 111 {
		t.Errorf("%d packets, want the one of audio", len(got))
	}
	if got := r.journal.take(); !slices.Contains(got, "ana: send ana-v0 up to 0") {
		t.Errorf("events %q: nobody can see ana", got)
	}
}
