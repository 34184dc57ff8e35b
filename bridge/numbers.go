package bridge

import (
	"math"
	"time"
)

// number is a statistic as the brewery and dashboards know it.
type number struct {
	name  string
	value float64
}

// numbers are the statistics by the names and in the units that JVB gave them: kbit/s, ms, fractions.
func (st *Stats) numbers() []number {
	m := &st.Media
	rates, loss := &m.Rates, st.Loss()
	return []number{
		{"incoming_loss", loss.In},
		{"outgoing_loss", loss.Out},
		{"overall_loss", loss.Overall},
		{"rtt_aggregate", st.RoundTrip().Seconds() * 1000},
		{"conferences", float64(st.Conferences)},
		{"largest_conference", float64(st.LargestConference)},
		{"participants", float64(m.Endpoints)},
		{"endpoints", float64(m.Endpoints)},
		{"local_endpoints", float64(m.Endpoints)},
		{"local_active_endpoints", float64(m.ConnectedEndpoints)},
		{"inactive_endpoints", float64(m.InactiveEndpoints)},
		{"endpoints_sending_audio", float64(m.SendingAudio)},
		{"endpoints_sending_video", float64(m.SendingVideo)},
		{"bit_rate_download", math.Round(rates.BitsInPerSecond / 1000)},
		{"bit_rate_upload", math.Round(rates.BitsOutPerSecond / 1000)},
		{"packet_rate_download", math.Round(rates.PacketsInPerSecond)},
		{"packet_rate_upload", math.Round(rates.PacketsOutPerSecond)},
		{"total_conferences_created", float64(st.ConferencesCreated)},
		{"total_conferences_completed", float64(st.ConferencesCompleted)},
		{"total_conference_seconds", float64(st.ConferenceTime / time.Second)},
		{"total_participants", float64(st.EndpointsCreated)},
		{"total_packets_received", float64(st.UDP.Received)},
		{"total_packets_sent", float64(st.UDP.Sent)},
		{"total_bytes_received", float64(st.UDP.ReceivedBytes)},
		{"total_bytes_sent", float64(st.UDP.SentBytes)},
		{"total_keyframes_received", float64(m.Totals.KeyframesReceived)},
		{"total_dominant_speaker_changes", float64(m.Totals.SpeakerChanges)},
		{"total_data_channel_messages_received", float64(st.ChannelReceived)},
		{"total_data_channel_messages_sent", float64(st.ChannelSent)},
		{"total_colibri_web_socket_messages_received", float64(st.SocketReceived)},
		{"total_colibri_web_socket_messages_sent", float64(st.SocketSent)},
	}
}

// RoundTrip is the mean over the endpoints that have reported, 0 if none has.
func (st *Stats) RoundTrip() time.Duration {
	if st.Media.Reporting == 0 {
		return 0
	}
	return st.Media.RoundTrip / time.Duration(st.Media.Reporting)
}

// Losses are fractions of the packets: of those on the way to the bridge, from it, and of both together.
type Losses struct{ In, Out, Overall float64 }

// Loss is what got lost lately.
func (st *Stats) Loss() Losses {
	m, r := &st.Media, &st.Media.Rates
	var l Losses
	lost := r.LostInPerSecond
	if sent := r.PacketsInPerSecond + lost; sent > 0 {
		l.In = lost / sent
	}
	if m.Reporting > 0 {
		l.Out = m.LossOut / float64(m.Reporting)
	}
	if all := r.PacketsInPerSecond + lost + r.PacketsOutPerSecond; all > 0 {
		l.Overall = (lost + l.Out*r.PacketsOutPerSecond) / all
	}
	return l
}
