package bridge

import (
	"stammtisch/bridge/forward"
	"stammtisch/jingle"
)

// send sends a message on the channel that the client used last. Without one it is dropped: what still counts is told when a channel
// opens.
func (ep *endpoint) send(msg []byte) { ep.transmit(msg, (*socketChannel).send) }

// pass sends another client's message in the same way. One that finds much waiting is dropped: it must not cost the receiver the channel.
func (ep *endpoint) pass(msg []byte) { ep.transmit(msg, (*socketChannel).pass) }

func (ep *endpoint) transmit(msg []byte, overSocket func(*socketChannel, []byte) bool) {
	c := &ep.conference.service.counters
	switch {
	case ep.socket != nil && (ep.overSocket || !ep.dataChannel):
		if overSocket(ep.socket, msg) {
			c.socketSent.Add(1)
		}
	case ep.dataChannel:
		if ep.transport.SendMessage(string(msg)) {
			c.channelSent.Add(1)
		}
	}
}

// opened tells a client on a new channel what counts now, in the order that clients rely on after a reconnect.
func (ep *endpoint) opened() {
	ep.channelSeen = true
	now := ep.media.Greeting()
	for _, d := range now.Demands {
		ep.send(senderConstraints(d.Source, d.MaxHeightPx))
	}
	ep.send(forwardedSources(now.ForwardedSources))
	if now.Dominant != "" {
		ep.send(dominantSpeaker(now.Dominant, now.Previous, now.Silence))
	}
	for _, id := range now.Inactive {
		ep.send(connectivityStatus(id, false))
	}
}

// socketOpened takes c as the endpoint's WebSocket channel; one that was there before is closed. Called by the socket's reader.
func (ep *endpoint) socketOpened(s *socketChannel) {
	posted := ep.conference.post(func() {
		if ep.conference.endpoints[ep.id] != ep {
			s.close(closeExpired, "")
			return
		}
		if ep.socket != nil {
			ep.socket.close(closeReplaced, "replaced")
		}
		ep.socket, ep.overSocket = s, true
		ep.send(serverHello())
		ep.opened()
	})
	if !posted {
		s.close(closeExpired, "")
	}
}

// socketClosed forgets c. Called by the socket's reader.
func (ep *endpoint) socketClosed(s *socketChannel) {
	ep.conference.post(func() {
		if ep.socket == s {
			ep.socket, ep.overSocket = nil, false
		}
	})
}

// channelMessage takes one message of the client, from whichever channel. Called by the channel's reader; msg is the callee's.
func (ep *endpoint) channelMessage(msg []byte, overSocket bool) {
	c := &ep.conference.service.counters
	if overSocket {
		c.socketReceived.Add(1)
	} else {
		c.channelReceived.Add(1)
	}
	m, err := parseClientMessage(msg)
	if err != nil {
		c.messagesRefused.Add(1)
		ep.conference.log.Debug("bridge channel message not understood", "endpoint", ep.id, "err", err)
		return
	}
	posted := ep.postMessage(func() {
		if ep.conference.endpoints[ep.id] == ep {
			ep.overSocket = overSocket && ep.socket != nil
			ep.handle(m)
		}
	})
	if !posted {
		c.messagesDropped.Add(1)
	}
}

// maxWaiting is how many messages of one client may wait for the conference.
const maxWaiting = 64

// postMessage posts work that a client's message asks for. A client that sends faster than the conference works loses messages, so
// that neither the others nor the focus find the queue full.
func (ep *endpoint) postMessage(f func()) bool {
	c := ep.conference
	if ep.waiting.Add(1) > maxWaiting || len(c.work) > conferenceQueue*3/4 || !c.post(func() { ep.waiting.Add(-1); f() }) {
		ep.waiting.Add(-1)
		return false
	}
	return true
}

// handle does what a message says. Classes it does not know are none of the bridge's business.
func (ep *endpoint) handle(m clientMessage) {
	switch m.Class {
	case classClientHello:
		ep.send(serverHello())
	case classReceiverVideo:
		ep.constrain(m.receiverConstraints())
	case classLastN:
		if m.LastN != nil {
			ep.constrain(forward.ReceiverConstraints{LastN: m.LastN})
		}
	case classReceiverAudio:
		ep.media.SetAudioSubscription(forward.AudioSubscription{All: m.All, Include: m.Include, Exclude: m.Exclude})
	case classSourceVideoType:
		if m.SourceName != "" {
			ep.media.SetVideoType(m.SourceName, forward.ParseVideoType(m.VideoType))
		}
	case classVideoType:
		ep.media.SetVideoType(string(ep.id)+"-v0", forward.ParseVideoType(m.VideoType))
	case classEndpointMessage:
		ep.relay(m)
	case classEndpointStats:
		if ep.visitor {
			return
		}
		msg := m.from(string(ep.id))
		for _, to := range ep.conference.endpoints {
			if to != ep && to.media.WantsStatsOf(string(ep.id)) {
				to.pass(msg)
			}
		}
	}
}

// relay passes an EndpointMessage to its addressee, or to everybody else.
func (ep *endpoint) relay(m clientMessage) {
	if ep.visitor {
		return // does not speak to the others
	}
	msg := m.from(string(ep.id))
	if m.To == "" {
		for _, to := range ep.conference.endpoints {
			if to != ep {
				to.pass(msg)
			}
		}
	} else if to := ep.conference.endpoints[jingle.EndpointID(m.To)]; to != nil && to != ep {
		to.pass(msg)
	}
}

// firstDefaultHeightPx is what a client's first constraints mean when they name no default (as JVB does).
const firstDefaultHeightPx = 180

// constrain applies what the client wants to receive.
func (ep *endpoint) constrain(r forward.ReceiverConstraints) {
	if !ep.constrained && r.DefaultHeightPx == nil {
		height := firstDefaultHeightPx
		r.DefaultHeightPx = &height
	}
	ep.constrained = true
	ep.media.SetConstraints(r)
}

// receiverConstraints translates a ReceiverVideoConstraints; what is absent stays as it was.
func (m clientMessage) receiverConstraints() forward.ReceiverConstraints {
	r := forward.ReceiverConstraints{
		LastN: m.LastN, Selected: m.SelectedSources, OnStage: m.OnStageSources, AssumedBandwidthBPS: m.AssumedBandwidthBPS,
	}
	if m.DefaultConstraints != nil {
		r.DefaultHeightPx = m.DefaultConstraints.MaxHeight
	}
	if m.Constraints != nil {
		r.HeightPx = make(map[string]int, len(m.Constraints))
		for source, want := range m.Constraints {
			if want.MaxHeight != nil {
				r.HeightPx[source] = *want.MaxHeight
			}
		}
	}
	return r
}
