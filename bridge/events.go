package bridge

import "stammtisch/jingle"

// mediaEvents brings what the media core notices to the conference's goroutine, which tells the clients.
type mediaEvents struct{ c *conference }

func (e mediaEvents) SenderConstraints(owner, source string, maxHeight int) {
	e.tell(owner, senderConstraints(source, maxHeight))
}

func (e mediaEvents) ForwardedSources(receiver string, sources []string) {
	e.tell(receiver, forwardedSources(sources))
}

func (e mediaEvents) DominantSpeaker(dominant string, previous []string, silence bool) {
	msg := dominantSpeaker(dominant, previous, silence)
	e.c.post(func() { e.c.broadcast(msg) })
}

func (e mediaEvents) Connectivity(endpoint string, active bool) {
	msg := connectivityStatus(endpoint, active)
	e.c.post(func() { e.c.broadcast(msg) })
}

// tell sends msg to one endpoint.
func (e mediaEvents) tell(id string, msg []byte) {
	e.c.post(func() {
		if ep := e.c.endpoints[jingle.EndpointID(id)]; ep != nil {
			ep.send(msg)
		}
	})
}
