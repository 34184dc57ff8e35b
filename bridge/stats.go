package bridge

import (
	"sync/atomic"
	"time"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/ice"
	"stammtisch/bridge/udp"
)

const (
	// participantStress is how much of the bridge one participant takes, about; a focus counts with it between two presences.
	participantStress = 0.005
	// fullPacketRate is how many packets per second, in and out together, are a full load for one bridge.
	fullPacketRate = 200_000
)

// counters of the bridge channels.
type counters struct {
	channelReceived, channelSent     atomic.Uint64
	socketReceived, socketSent       atomic.Uint64
	messagesRefused, messagesDropped atomic.Uint64
	panics                           atomic.Uint64
}

// totals count since the bridge started.
type totals struct {
	conferences, completed, endpoints int64
	time                              time.Duration // that ended conferences took
	media                             forward.Stats // of ended conferences, Totals only
}

// ended counts a conference that lasted d.
func (t *totals) ended(d time.Duration, media forward.Totals) {
	t.completed++
	t.time += d
	t.media.Add(forward.Stats{Totals: media})
}

func (s *Service) countEndpoint() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.endpoints++
}

// Stats is what the bridge does now and did since it started.
type Stats struct {
	Conferences, LargestConference int
	Media                          forward.Stats // of all running conferences together; Totals of ended ones, too
	ConferencesCreated             int64
	ConferencesCompleted           int64
	ConferenceTime                 time.Duration // of completed ones
	EndpointsCreated               int64
	ChannelReceived, ChannelSent   uint64 // messages over data channels
	SocketReceived, SocketSent     uint64 // messages over WebSockets
	MessagesRefused                uint64 // by the parser
	MessagesDropped                uint64 // because a conference was overloaded
	Panics                         uint64 // each of which ended a conference, or cost a stanza
	UDP                            udp.Stats
	ICE                            ice.Stats
}

// Stats returns a snapshot. It is safe for concurrent use.
func (s *Service) Stats() Stats {
	now := time.Now()
	s.mu.Lock()
	out := Stats{
		Conferences: len(s.byID), ConferencesCreated: s.totals.conferences, ConferencesCompleted: s.totals.completed,
		ConferenceTime: s.totals.time, EndpointsCreated: s.totals.endpoints, Media: s.totals.media,
	}
	running := make([]*forward.Conference, 0, len(s.byID))
	for _, c := range s.byID {
		running = append(running, c.media)
	}
	s.mu.Unlock()
	for _, m := range running {
		st := m.Stats(now)
		out.Media.Add(st)
		out.LargestConference = max(out.LargestConference, st.Endpoints)
	}
	c := &s.counters
	out.ChannelReceived, out.ChannelSent = c.channelReceived.Load(), c.channelSent.Load()
	out.SocketReceived, out.SocketSent = c.socketReceived.Load(), c.socketSent.Load()
	out.MessagesRefused, out.MessagesDropped = c.messagesRefused.Load(), c.messagesDropped.Load()
	out.Panics = c.panics.Load()
	out.UDP, out.ICE = s.udp.Stats(), s.mux.Stats()
	return out
}

// stress is the bridge's load: 0 is idle, 1 is full.
func (st *Stats) stress() float64 {
	return (st.Media.Rates.PacketsInPerSecond + st.Media.Rates.PacketsOutPerSecond) / fullPacketRate
}
