package bridge

import (
	"sync"
	"testing"
	"time"

	"stammtisch/bridge/ice"
	"stammtisch/bridge/transport"
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

// A path that is interrupted stays in use; one without consent for long ends its endpoint, and nobody else's.
func TestLostPath(t *testing.T) {
	w := newWorld(t)
	people := w.call(t, "ana", "ben", "cleo")
	ana, ben, cleo := people[0], people[1], people[2]
	w.mu.Lock()
	c := w.byID[meeting]
	w.mu.Unlock()
	events := make(chan transport.Events, 1)
	c.post(func() { events <- c.endpoints["ana"].events() })
	path := <-events
	sentTo := func() int {
		connected := make(chan int, 1)
		c.post(func() { connected <- c.media.Stats(time.Now()).ConnectedEndpoints })
		return <-connected
	}
	path.Path(ice.Disconnected)
	until(t, "the interruption is known", func() bool {
		known := make(chan bool, 1)
		c.post(func() { known <- c.endpoints["ana"].path == ice.Disconnected })
		return <-known
	})
	ben.awaitMedia(ana, "interrupted", true, true)
	ana.awaitMedia(ben, "interrupted", true, true)
	path.Failed(transport.ErrClosedByPeer)
	if n := sentTo(); n != 2 {
		t.Errorf("%d endpoints are sent to after one said goodbye, want 2", n)
	}
	w.each(func(c *conference) { c.sweep(time.Now()) })
	until(t, "ana's endpoint is gone", func() bool { return w.Stats().Media.Endpoints == 2 })
	ben.awaitMedia(cleo, "after", true, true)
}

// Packets of endpoints that come and go meet conferences that end: nothing is left, and nothing breaks.
func TestComingAndGoing(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		people := w.call(t, "ana", "ben")
		var talking sync.WaitGroup
		stop := make(chan struct{})
		talking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					people[0].say("blah")
				}
			}
		})
		until(t, "ben hears it", func() bool { return people[1].hasHeard(people[0].audioSSRC(), "blah") })
		w.modify(t, one(jingle.ColibriEndpoint{ID: "ben", Expire: true}))
		w.modify(t, &jingle.ConferenceModify{MeetingID: meeting, Expire: true})
		close(stop)
		talking.Wait()
	}
	if st := w.Stats(); st.Conferences != 0 || st.Panics != 0 || st.ConferencesCompleted != 3 {
		t.Errorf("afterwards %d conferences, %d panics, %d completed", st.Conferences, st.Panics, st.ConferencesCompleted)
	}
}
