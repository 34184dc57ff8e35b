package focus

import "stammtisch/jingle"

// Payload types and header extension ids of the offer. Clients of Jitsi expect these numbers, and config.js names the same codecs.
const (
	payloadOpus = 111
	payloadVP8  = 100
	payloadRTX  = 96

	extAudioLevel   = 1
	extAbsSendTime  = 3
	extTransportCC  = 5
	extMID          = 10
	uriAudioLevel   = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	uriAbsSendTime  = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	uriTransportCC  = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	uriMID          = "urn:ietf:params:rtp-hdrext:sdes:mid"
	sctpPort        = 5000
	sctpStreams     = 1024
	sctpProtocol    = "webrtc-datachannel"
	contentData     = "data"
	creatorOfOffers = "initiator"
)

// offer returns the contents that a client with these features is invited with, still without transports.
func offer(f features, sctp bool) []jingle.Content {
	var out []jingle.Content
	add := func(name string, d *jingle.Description) {
		d.RTCPMux = true
		out = append(out, jingle.Content{Creator: creatorOfOffers, Name: name, Senders: "both", Description: d})
	}
	if f.audio {
		add(string(jingle.Audio), audioDescription(f))
	}
	if f.video {
		add(string(jingle.Video), videoDescription(f))
	}
	if f.sctp && sctp {
		add(contentData, &jingle.Description{Media: jingle.Application})
	}
	return out
}

func audioDescription(f features) *jingle.Description {
	opus := jingle.PayloadType{ID: payloadOpus, Name: "opus", ClockRate: 48000, Channels: 2, Parameters: []jingle.Parameter{
		{Name: "minptime", Value: "10"}, {Name: "useinbandfec", Value: "1"},
	}}
	d := &jingle.Description{Media: jingle.Audio, MaxPTime: "60", ExtmapAllowMixed: true, HeaderExtensions: []jingle.HeaderExtension{
		{ID: extAudioLevel, URI: uriAudioLevel}, {ID: extMID, URI: uriMID},
	}}
	if f.tcc {
		opus.Feedback = []jingle.RTCPFeedback{{Type: "transport-cc"}}
		d.HeaderExtensions = append(d.HeaderExtensions, jingle.HeaderExtension{ID: extTransportCC, URI: uriTransportCC})
	}
	d.PayloadTypes = []jingle.PayloadType{opus}
	return d
}

func videoDescription(f features) *jingle.Description {
	repair := []jingle.RTCPFeedback{{Type: "ccm", Subtype: "fir"}, {Type: "nack"}, {Type: "nack", Subtype: "pli"}}
	vp8 := jingle.PayloadType{ID: payloadVP8, Name: "VP8", ClockRate: 90000, Feedback: repair}
	d := &jingle.Description{Media: jingle.Video, ExtmapAllowMixed: true, HeaderExtensions: []jingle.HeaderExtension{
		{ID: extMID, URI: uriMID}, {ID: extAbsSendTime, URI: uriAbsSendTime},
	}}
	if f.tcc {
		vp8.Feedback = append(repair[:len(repair):len(repair)], jingle.RTCPFeedback{Type: "transport-cc"})
		d.HeaderExtensions = append(d.HeaderExtensions, jingle.HeaderExtension{ID: extTransportCC, URI: uriTransportCC})
	}
	d.PayloadTypes = []jingle.PayloadType{vp8}
	if f.rtx {
		d.PayloadTypes = append(d.PayloadTypes, jingle.PayloadType{ID: payloadRTX, Name: "rtx", ClockRate: 90000,
			Parameters: []jingle.Parameter{{Name: "apt", Value: "100"}}, Feedback: repair})
	}
	return d
}

// withTransport returns the offer's contents, each with the bridge's transport.
func withTransport(contents []jingle.Content, t *jingle.Transport) []jingle.Content {
	out := make([]jingle.Content, len(contents))
	for i, c := range contents {
		c.Transport = t.Clone()
		c.Transport.RTCPMux = true
		if c.Name == contentData {
			c.Transport.SCTPMap = &jingle.SCTPMap{Number: sctpPort, Protocol: sctpProtocol, Streams: sctpStreams}
		}
		out[i] = c
	}
	return out
}

// colibriMedia is what a bridge is told of an offer.
func colibriMedia(contents []jingle.Content) []jingle.ColibriMedia {
	var out []jingle.ColibriMedia
	for _, c := range contents {
		if d := c.Description; d.Media != jingle.Application {
			out = append(out, jingle.ColibriMedia{Type: d.Media, PayloadTypes: d.PayloadTypes, HeaderExtensions: d.HeaderExtensions,
				ExtmapAllowMixed: d.ExtmapAllowMixed})
		}
	}
	return out
}

// hasData says whether the offer has a bridge channel over SCTP.
func hasData(contents []jingle.Content) bool {
	for _, c := range contents {
		if c.Name == contentData {
			return true
		}
	}
	return false
}
