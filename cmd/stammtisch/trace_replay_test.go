package main

import (
	"slices"
	"testing"
)

// Each stanza of recorded stock clients is sent in order; everything of the recorded answers is in ours, but for allowed.txt.
func TestReplayOfARecordedCall(t *testing.T) {
	t.Setenv("STAMMTISCH_CONFIG", "")
	allowed := readAllowances(t)
	t.Run("WebSocket", func(t *testing.T) { replayCall(t, allowed) })
	t.Run("BOSH", func(t *testing.T) { replayBOSH(t, allowed) })
	if !t.Failed() {
		allowed.unused(t)
	}
}

// replayCall replays the call of three, whose clocks are one.
func replayCall(t *testing.T, allowed *allowances) {
	s := recordedSite(t)
	pl := newPlayer(allowed)
	var events []event
	for _, client := range []string{"host-join", "guest-join", "third-join-and-leave"} {
		pl.actors[client] = &actor{connect: func() *person { return overWebSocket(t, client, s.webSocketURL("standup")) }}
		events = append(events, readTrace(t, client)...)
	}
	slices.SortStableFunc(events, func(a, b event) int { return int(1000*a.at) - int(1000*b.at) })
	pl.play(t, events)
}

// replayBOSH replays the guest of another call, whose host a person plays.
func replayBOSH(t *testing.T, allowed *allowances) {
	s := recordedSite(t)
	host := &unrecorded{person: overWebSocket(t, "unrecorded host", s.webSocketURL("standup")), room: s.room("standup"), accept: accepted(t, "host-join")}
	if failed := host.logIn(t, s.domain, "host", "hostpw"); failed != nil {
		t.Fatalf("login: %s", failed)
	}
	host.requestConference(t, s.domain, host.room)
	host.nick = "358be133"
	host.send(t, `<presence xmlns="%s" to="%s/%s"><x xmlns="%s"/><stats-id>Jamal-gDl</stats-id><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" `+
		`node="https://jitsi.org/jitsi-meet" ver="dtzK/3xhISaXUMVg59IpXxdvKyQ="/><SourceInfo>{}</SourceInfo><jitsi_participant_codecList>av1,vp9,vp8,h264`+
		`</jitsi_participant_codecList><nick xmlns="http://jabber.org/protocol/nick">P0</nick></presence>`, nsClient, host.room, host.nick, nsMUC)
	host.await(t, "to be made owner", func(n *node) bool {
		return n.is("presence", "") && n.has("110") && n.at("x", "item").attr("affiliation") == "owner"
	})
	pl := newPlayer(allowed)
	pl.actors["bosh-join"] = &actor{connect: func() *person { return overBOSH(t, "bosh-join", s.boshURL("standup")) }}
	pl.before = host.before
	pl.ours["host@meet.example/yNZqv6KMy-gh"] = host.jid
	pl.play(t, readTrace(t, "bosh-join"))
}

// recordedSite is a running server like the recorded one.
func recordedSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, "meet.example")
	s.account(t, "host", "meet.example", "hostpw")
	s.inProcess(t)
	return s
}
