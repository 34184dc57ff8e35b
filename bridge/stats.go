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
}

// totals count since the bridge started.
type totals struct {
	conferences, completed, endpoints int64
	time                              time.Duration // that conferences took
}

// ended counts a conference that lasted d.
func (t *totals) ended(d time.Duration) {
	t.completed++
	t.time += d
}

func (s *Service) countEndpoint() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.endpoints++
}

// Stats is what the bridge does now and did since it started.
type Stats struct {
	Conferences, LargestConference int
	Media                          forward.Stats // of all running conferences together
	ConferencesCreated             int64
	ConferencesCompleted           int64
	ConferenceTime                 time.Duration // of completed ones
	EndpointsCreated               int64
	ChannelReceived, ChannelSent   uint64 // messages over data channels
	SocketReceived, SocketSent     uint64 // messages over WebSockets
	MessagesRefused                uint64 // by the parser
	MessagesDropped                uint64 // because a conference was overloaded
	UDP                            udp.Stats
	ICE                            ice.Stats
}

// Stats returns a snapshot. It is safe for concurrent use.
func (s *Service) Stats() Stats {
	now := time.Now()
	s.mu.Lock()
	out := Stats{
		Conferences: len(s.byID), ConferencesCreated: s.totals.conferences, ConferencesCompleted: s.totals.completed,
		ConferenceTime: s.totals.time, EndpointsCreated: s.totals.endpoints,
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
	out.UDP, out.ICE = s.udp.Stats(), s.mux.Stats()
	return out
}

// stress is the bridge's load: 0 is idle, 1 is full.
func (st *Stats) stress() float64 {
	return (st.Media.Rates.PacketsInPerSecond + st.Media.Rates.PacketsOutPerSecond) / fullPacketRate
}

type number struct {
	name  string
	value int64
}

// numbers are the statistics for the brewery, by the names that JVB gave them.
func (st *Stats) numbers() []number {
	m := &st.Media
	return []number{
		{"conferences", int64(st.Conferences)},
		{"largest_conference", int64(st.LargestConference)},
		{"participants", int64(m.Endpoints)},
		{"endpoints", int64(m.Endpoints)},
		{"local_endpoints", int64(m.Endpoints)},
		{"local_active_endpoints", int64(m.ConnectedEndpoints)},
		{"inactive_endpoints", int64(m.InactiveEndpoints)},
		{"endpoints_sending_audio", int64(m.SendingAudio)},
		{"endpoints_sending_video", int64(m.SendingVideo)},
		{"bit_rate_download", int64(m.Rates.BitsInPerSecond / 1000)},
		{"bit_rate_upload", int64(m.Rates.BitsOutPerSecond / 1000)},
		{"packet_rate_download", int64(m.Rates.PacketsInPerSecond)},
		{"packet_rate_upload", int64(m.Rates.PacketsOutPerSecond)},
		{"total_conferences_created", st.ConferencesCreated},
		{"total_conferences_completed", st.ConferencesCompleted},
		{"total_conference_seconds", int64(st.ConferenceTime / time.Second)},
		{"total_participants", st.EndpointsCreated},
		{"total_packets_received", int64(st.UDP.Received)},
		{"total_packets_sent", int64(st.UDP.Sent)},
		{"total_bytes_received", int64(st.UDP.ReceivedBytes)},
		{"total_bytes_sent", int64(st.UDP.SentBytes)},
		{"total_data_channel_messages_received", int64(st.ChannelReceived)},
		{"total_data_channel_messages_sent", int64(st.ChannelSent)},
		{"total_colibri_web_socket_messages_received", int64(st.SocketReceived)},
		{"total_colibri_web_socket_messages_sent", int64(st.SocketSent)},
	}
}
