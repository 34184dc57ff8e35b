package focus

import (
	"log/slog"
	"strconv"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// phase is how far a conference has come.
type phase uint8

const (
	joining phase = iota // our presence was sent
	configuring
	running
	ended
)

// conference is the state of one conference. It does no I/O: step takes an event and returns what is to be done. One goroutine owns
// it. What it knows is spread over files by aspect: room.go, members.go, roles.go, invite.go, bridgesession.go, session.go,
// signaling.go, restart.go, mute.go, moderation.go.
type conference struct {
	// Set at construction, read-only afterwards.
	cfg      Config
	room     xmpp.JID
	self     xmpp.JID // our address in the room
	focus    xmpp.JID // our real address
	idPrefix string   // of the IQs that this conference sends
	breakout bool     // it is a room for a smaller group
	props    properties
	log      *slog.Logger

	phase     phase
	meetingID string
	mainRoom  xmpp.JID      // of a breakout room
	early     []xmpp.Stanza // presence that came before the room was configured
	waiters   []waiter      // conference requests that wait for us to be in the room

	members map[jingle.EndpointID]*participant
	joins   uint64 // counts them, for their order
	granted jingle.EndpointID

	sources     jingle.SourceMap // of everybody, as announced; see setSources
	shown       jingle.SourceMap // the same as the others are told of it: without simulcast
	bridge      *bridgeSession
	noBridge    bool // our presence says that there is no bridge
	bridgeCount int  // that our presence says; negative before the first
	mod         moderation

	pending map[string]*pendingIQ
	iqs     uint64

	initialAt, singleAt, retryAt time.Time // zero means off
	retries                      int       // failed bridge sessions in a row

	// During a step only.
	env env
	out []effect
}

// env is what a step may look at besides the state and the event.
type env struct {
	now           time.Time
	bridges       bridgeView
	ids           *ids
	caps          *capsCache
	authenticated func(xmpp.JID) bool
	breakouts     int // running breakout rooms of this room
	components    components
}

// effect is something that a step wants done.
type effect interface{ isEffect() }

type (
	sendEffect  struct{ st xmpp.Stanza }
	readyEffect struct {
		done  func(ready bool)
		ready bool
	}
	// bridgeUsedEffect counts an endpoint for the load of its bridge.
	bridgeUsedEffect struct{ jid xmpp.JID }
	// bridgeFailedEffect marks a bridge as not operational, or as going.
	bridgeFailedEffect struct {
		jid      xmpp.JID
		graceful bool
	}
	// breakoutEffect names the main room of a breakout room.
	breakoutEffect struct{ main xmpp.JID }
	endEffect      struct{}
)

func (sendEffect) isEffect()         {}
func (readyEffect) isEffect()        {}
func (bridgeUsedEffect) isEffect()   {}
func (bridgeFailedEffect) isEffect() {}
func (breakoutEffect) isEffect()     {}
func (endEffect) isEffect()          {}

// event is something that happened to a conference.
type event interface{ apply(c *conference) }

// properties are the settings that the request for a conference may carry.
type properties struct {
	startAudioMuted, startVideoMuted int // from that many participants on; negative: never
	rtcstats                         bool
}

func parseProperties(m map[string]string) properties {
	num := func(name string) int {
		if n, err := strconv.Atoi(m[name]); err == nil {
			return n
		}
		return -1
	}
	return properties{startAudioMuted: num("startAudioMuted"), startVideoMuted: num("startVideoMuted"),
		rtcstats: m["rtcstatsEnabled"] != "false"}
}

// waiter is a conference request that is answered once the room has been joined, or at its deadline.
type waiter struct {
	done     func(ready bool)
	deadline time.Time
}

// maxWaiters bounds them; more are told to ask again.
const maxWaiters = 1000

// start is the first step.
func (c *conference) start(e env) []effect {
	return c.step(e, startEvent{})
}

// step applies ev and returns what is to be done, in order. A conference that has ended ignores everything.
func (c *conference) step(e env, ev event) []effect {
	c.env, c.out = e, nil
	if c.phase != ended {
		ev.apply(c)
	} else if r, ok := ev.(requestEvent); ok {
		c.emit(readyEffect{r.done, false})
	}
	out := c.out
	c.env, c.out = env{}, nil
	return out
}

func (c *conference) emit(e effect) { c.out = append(c.out, e) }

// send sends a stanza of ours.
func (c *conference) send(st xmpp.Stanza) { c.emit(sendEffect{st}) }

// requestEvent is a conference request that was admitted.
type requestEvent struct{ done func(ready bool) }

func (ev requestEvent) apply(c *conference) {
	if c.phase == running && !c.initialAt.IsZero() {
		c.initialAt = c.env.now.Add(c.cfg.InitialTimeout)
	}
	switch {
	case c.phase == running:
		c.emit(readyEffect{ev.done, true})
	case len(c.waiters) >= maxWaiters:
		c.emit(readyEffect{ev.done, false})
	default:
		c.waiters = append(c.waiters, waiter{ev.done, c.env.now.Add(c.cfg.JoinTimeout)})
	}
}

// answerWaiters answers those requests that wait.
func (c *conference) answerWaiters(ready bool) {
	for _, w := range c.waiters {
		c.emit(readyEffect{w.done, ready})
	}
	c.waiters = nil
}

// authenticatedEvent says that a login was bound to the full address of somebody who may be here already.
type authenticatedEvent struct{ jid xmpp.JID }

func (ev authenticatedEvent) apply(c *conference) {
	for _, p := range c.members {
		if p.real == ev.jid {
			c.grantAuthenticated(p)
		}
	}
}

// stopEvent ends the conference from outside.
type stopEvent struct{ reason string }

func (ev stopEvent) apply(c *conference) { c.stop(ev.reason, true) }

// stop ends the conference: everybody's session, the bridge's, and our presence in the room if we are still in it.
func (c *conference) stop(reason string, inRoom bool) {
	c.log.Info("conference ends", "reason", reason)
	c.hangUpAll(jingle.Reason{Condition: "gone", Text: reason}, inRoom)
	if inRoom {
		if c.phase == running {
			c.tellBridgeCount()
		}
		c.send(xmpp.NewStanza(xmpp.Presence, "unavailable", xmpp.JID{}, c.self))
	}
	c.phase = ended
	c.answerWaiters(false)
	c.pending = nil
	c.emit(endEffect{})
}
