package bridge

import (
	"testing"
	"time"

	"stammtisch/jingle"
)

// Three people hear and see each other.
func TestThreePeople(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben", "cleo")
	for _, from := range people {
		for _, to := range people {
			if from != to {
				to.awaitMedia(from, "hello", true, true)
			}
		}
	}
	until(t, "statistics know of it", func() bool {
		m := w.Stats().Media
		return m.ConnectedEndpoints == 3 && m.SendingAudio == 3 && m.SendingVideo == 3 && m.Totals.PacketsOut > 0 && m.Totals.KeyframesReceived > 0
	})
}

// What the focus has muted is not passed on, whatever the client does.
func TestForceMute(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben")
	ana, ben := people[0], people[1]
	ben.awaitMedia(ana, "before", true, true)
	mute := func(audio, video bool) {
		w.modify(t, one(jingle.ColibriEndpoint{ID: "ana", ForceMute: &jingle.ForceMute{Audio: audio, Video: video}}))
	}
	mute(true, false)
	for range 10 {
		ana.say("secret")
	}
	ben.awaitMedia(ana, "still seen", false, true)
	mute(true, true)
	dropped := w.Stats().Media.Totals.Muted
	until(t, "muted packets arrive at the bridge", func() bool {
		ana.say("invisible")
		return w.Stats().Media.Totals.Muted > dropped+20
	})
	if ben.hasHeard(ana.videoSSRC(), "invisible") {
		t.Error("muted video was passed on")
	}
	mute(false, false)
	ben.awaitMedia(ana, "after", true, true)
	if ben.hasHeard(ana.audioSSRC(), "secret") {
		t.Error("muted audio was passed on")
	}
}

// An endpoint that the focus expires is out at once, even if its client goes on sending; the others go on.
func TestExpireWhileSending(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben", "cleo")
	ana, ben, cleo := people[0], people[1], people[2]
	ben.awaitMedia(ana, "before", true, true)
	w.modify(t, one(jingle.ColibriEndpoint{ID: "ana", Expire: true}))
	for range 20 {
		ana.say("ghost")
	}
	ben.awaitMedia(cleo, "after", true, true)
	if ben.hasHeard(ana.audioSSRC(), "ghost") {
		t.Error("somebody who is gone is heard")
	}
}

// A client that says goodbye, or whose network is gone, is dropped at the next sweep without a word of the focus.
func TestLostClient(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben")
	must(t, people[0].pc.GracefulClose())
	until(t, "ana's endpoint is gone", func() bool {
		w.each(func(c *conference) { c.sweep(time.Now()) })
		return w.Stats().Media.Endpoints == 1
	})
	if st := w.ask(t, "get", one(jingle.ColibriEndpoint{ID: "ana", Sources: &[]jingle.MediaSource{}}).Element()); st.Type != "error" {
		t.Errorf("the focus is answered %s", st)
	}
}
