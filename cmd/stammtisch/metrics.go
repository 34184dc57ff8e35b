package main

import (
	"stammtisch/bridge"
	"stammtisch/focus"
	"stammtisch/muc"
	"stammtisch/xmpp"

	"github.com/prometheus/client_golang/prometheus"
)

// snapshot turns a component's statistics into metrics whenever they are asked for. emit is called with name, help, value and labels
// in turn, name and value.
type snapshot struct {
	collect func(gauge, counter emit)
}

type emit func(name, help string, value float64, labels ...string)

// Describe implements prometheus.Collector; a collector without descriptions is not checked beforehand.
func (snapshot) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s snapshot) Collect(out chan<- prometheus.Metric) {
	kind := func(t prometheus.ValueType) emit {
		return func(name, help string, value float64, labels ...string) {
			set := prometheus.Labels{}
			for i := 0; i+1 < len(labels); i += 2 {
				set[labels[i]] = labels[i+1]
			}
			out <- prometheus.MustNewConstMetric(prometheus.NewDesc("stammtisch_"+name, help, nil, set), t, value)
		}
	}
	s.collect(kind(prometheus.GaugeValue), kind(prometheus.CounterValue))
}

func xmppMetrics(srv *xmpp.Server) prometheus.Collector {
	return snapshot{func(gauge, counter emit) {
		st := srv.Stats()
		gauge("xmpp_sessions", "Clients that are logged in, with or without a stream.", float64(st.Sessions))
		gauge("xmpp_hibernating_sessions", "Of these, those that wait for their client to come back.", float64(st.Hibernating))
		gauge("xmpp_streams", "Open streams.", float64(st.Streams))
		gauge("xmpp_links", "Entities of this process that take part, such as focus and bridge.", float64(st.Links))
		for kind, n := range st.StreamsOpened {
			counter("xmpp_streams_opened_total", "Streams since the start.", float64(n), "transport", kind)
		}
		for reason, n := range st.Ended {
			counter("xmpp_ended_total", "Sessions and streams by why they ended.", float64(n), "reason", reason)
		}
		for kind, n := range st.QueueFull {
			counter("xmpp_queue_full_total", "Stanzas refused because their addressee's queue was full.", float64(n), "addressee", kind)
		}
		counter("xmpp_stanzas_received_total", "Stanzas from clients.", float64(st.StanzasIn))
		counter("xmpp_stanzas_sent_total", "Stanzas to clients.", float64(st.StanzasOut))
		counter("xmpp_received_bytes_total", "Bytes from clients.", float64(st.BytesIn))
		counter("xmpp_sent_bytes_total", "Bytes to clients.", float64(st.BytesOut))
		counter("xmpp_logins_total", "Logins.", float64(st.AuthSuccesses))
		counter("xmpp_failed_logins_total", "Failed logins.", float64(st.AuthFailures))
		counter("xmpp_slowed_logins_total", "Logins that had to wait because of failures before.", float64(st.AuthSlowed))
		counter("xmpp_resumed_total", "Sessions that a client came back to.", float64(st.Resumed))
		counter("xmpp_failed_resumptions_total", "Sessions that a client wanted to come back to and that were gone.", float64(st.ResumeFailed))
		counter("xmpp_paced_total", "Stanzas after which a client had to wait because it sends too much.", float64(st.Paced))
		counter("xmpp_bounced_total", "Stanzas returned to their sender.", float64(st.Bounced))
	}}
}

func roomMetrics(domain string, rooms *muc.Service) prometheus.Collector {
	return snapshot{func(gauge, counter emit) {
		st := rooms.Stats()
		gauge("rooms", "Rooms.", float64(st.Rooms), "service", domain)
		gauge("room_occupants", "Occupants of all rooms together.", float64(st.Occupants), "service", domain)
		counter("rooms_created_total", "Rooms since the start.", float64(st.RoomsCreated), "service", domain)
		counter("rooms_refused_total", "Stanzas that a full queue or a rate did not take.", float64(st.Refused), "service", domain)
		counter("rooms_panics_total", "Bugs that ended a room.", float64(st.Panics), "service", domain)
		counter("rooms_lost_total", "Occupants removed because their own queue took no more.", float64(st.Lost), "service", domain)
	}}
}

func bridgeMetrics(b *bridge.Service) prometheus.Collector {
	return snapshot{func(gauge, counter emit) {
		st := b.Stats()
		m := &st.Media
		gauge("bridge_conferences", "Conferences.", float64(st.Conferences))
		gauge("bridge_largest_conference", "Endpoints of the largest conference.", float64(st.LargestConference))
		gauge("bridge_endpoints", "Endpoints.", float64(m.Endpoints))
		gauge("bridge_connected_endpoints", "Endpoints whose media can flow.", float64(m.ConnectedEndpoints))
		gauge("bridge_inactive_endpoints", "Endpoints from which nothing comes.", float64(m.InactiveEndpoints))
		gauge("bridge_endpoints_sending_audio", "Endpoints that send audio.", float64(m.SendingAudio))
		gauge("bridge_endpoints_sending_video", "Endpoints that send video.", float64(m.SendingVideo))
		gauge("bridge_received_bits_per_second", "Media from all endpoints.", m.Rates.BitsInPerSecond)
		gauge("bridge_forwarded_bits_per_second", "Media to all endpoints.", m.Rates.BitsOutPerSecond)
		counter("bridge_conferences_created_total", "Conferences since the start.", float64(st.ConferencesCreated))
		counter("bridge_endpoints_created_total", "Endpoints since the start.", float64(st.EndpointsCreated))
		counter("bridge_conference_seconds_total", "Time that ended conferences took.", st.ConferenceTime.Seconds())
		counter("bridge_messages_received_total", "Bridge channel messages.", float64(st.ChannelReceived), "channel", "sctp")
		counter("bridge_messages_received_total", "Bridge channel messages.", float64(st.SocketReceived), "channel", "websocket")
		counter("bridge_messages_sent_total", "Bridge channel messages.", float64(st.ChannelSent), "channel", "sctp")
		counter("bridge_messages_sent_total", "Bridge channel messages.", float64(st.SocketSent), "channel", "websocket")
		counter("bridge_messages_refused_total", "Bridge channel messages that were not understood.", float64(st.MessagesRefused))
		counter("bridge_messages_dropped_total", "Bridge channel messages that an overloaded conference did not take.", float64(st.MessagesDropped))
		counter("bridge_panics_total", "Bugs that ended a conference.", float64(st.Panics))
		mediaMetrics(st, gauge, counter)
		udpMetrics(st, counter)
	}}
}

func mediaMetrics(st bridge.Stats, gauge, counter emit) {
	loss, t := st.Loss(), &st.Media.Totals
	gauge("bridge_round_trip_seconds", "Mean round-trip time to the endpoints.", st.RoundTrip().Seconds())
	gauge("bridge_loss_ratio", "Part of the packets that is lost.", loss.In, "direction", "in")
	gauge("bridge_loss_ratio", "Part of the packets that is lost.", loss.Out, "direction", "out")
	counter("bridge_keyframes_received_total", "Key frames from senders.", float64(t.KeyframesReceived))
	counter("bridge_keyframes_requested_total", "Key frames asked for.", float64(t.KeyframesRequested))
	counter("bridge_retransmitted_total", "Packets sent again.", float64(t.Retransmitted))
	counter("bridge_speaker_changes_total", "Changes of the dominant speaker.", float64(t.SpeakerChanges))
}

func udpMetrics(st bridge.Stats, counter emit) {
	u := &st.UDP
	counter("bridge_datagrams_received_total", "UDP datagrams received.", float64(u.Received))
	counter("bridge_datagrams_sent_total", "UDP datagrams sent.", float64(u.Sent))
	counter("bridge_datagram_bytes_received_total", "Bytes in UDP datagrams received.", float64(u.ReceivedBytes))
	counter("bridge_datagram_bytes_sent_total", "Bytes in UDP datagrams sent.", float64(u.SentBytes))
	for reason, n := range map[string]uint64{
		"kernel": u.DroppedKernel, "truncated": u.DroppedTruncated, "unknown": u.DroppedUnknown, "stranger": u.DroppedStranger,
		"send_buffer": u.DroppedFull, "send": u.DroppedSend, "panic": u.DroppedPanic,
		"unknown_ufrag": st.ICE.UnknownUfrag, "unauthenticated": st.ICE.Unauthenticated,
	} {
		counter("bridge_datagrams_dropped_total", "UDP datagrams dropped, by reason.", float64(n), "reason", reason)
	}
	t := &st.Media.Totals
	for reason, n := range map[string]uint64{
		"malformed": t.Malformed, "unknown_payload_type": t.UnknownPayloadType, "unknown_ssrc": t.UnknownSSRC,
		"duplicate": t.Duplicate, "padding": t.Padding, "muted": t.Muted, "silent": t.Silent,
	} {
		counter("bridge_packets_not_forwarded_total", "RTP packets that were not forwarded, by reason.", float64(n), "reason", reason)
	}
}

func focusMetrics(f *focus.Focus) prometheus.Collector {
	return snapshot{func(gauge, counter emit) {
		st := f.Stats()
		gauge("focus_conferences", "Conferences that the focus takes care of.", float64(st.Conferences))
		gauge("focus_participants", "Participants of all conferences together.", float64(st.Participants))
		gauge("focus_bridges", "Bridges in the brewery.", float64(st.Bridges))
		gauge("focus_operational_bridges", "Bridges that can be used.", float64(st.OperationalBridges))
		counter("focus_conferences_created_total", "Conferences since the start.", float64(st.ConferencesCreated))
		counter("focus_panics_total", "Bugs that ended a conference.", float64(st.Panics))
		counter("focus_dropped_stanzas_total", "Stanzas that could not be sent.", float64(st.DroppedSent))
	}}
}
