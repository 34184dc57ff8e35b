package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Bridge channel messages are JSON objects with the discriminator colibriClass, one per message (as lib-jitsi-meet and JVB speak them).
const (
	classClientHello        = "ClientHello"
	classServerHello        = "ServerHello"
	classReceiverVideo      = "ReceiverVideoConstraints"
	classLastN              = "LastNChangedEvent"
	classReceiverAudio      = "ReceiverAudioSubscription"
	classSourceVideoType    = "SourceVideoTypeMessage"
	classVideoType          = "VideoTypeMessage"
	classEndpointMessage    = "EndpointMessage"
	classEndpointStats      = "EndpointStats"
	classForwardedSources   = "ForwardedSources"
	classSenderConstraints  = "SenderSourceConstraints"
	classDominantSpeaker    = "DominantSpeakerEndpointChangeEvent"
	classConnectivityStatus = "EndpointConnectivityStatusChangeEvent"
)

// maxChannelMessage bounds one message of a client, in bytes.
const maxChannelMessage = 64 << 10

var errNoClass = errors.New("message without colibriClass")

// constraint is what a receiver wants of one source: 0 is none, -1 unlimited.
type constraint struct {
	MaxHeight *int `json:"maxHeight"`
}

// clientMessage is what a client sends, all classes in one; what is absent is nil. Unknown fields are ignored, except that those of
// EndpointMessage and EndpointStats are passed on.
type clientMessage struct {
	Class string `json:"colibriClass"`

	// ReceiverVideoConstraints; LastNChangedEvent has just the first.
	LastN               *int                  `json:"lastN"`
	SelectedSources     []string              `json:"selectedSources"`
	OnStageSources      []string              `json:"onStageSources"`
	DefaultConstraints  *constraint           `json:"defaultConstraints"`
	Constraints         map[string]constraint `json:"constraints"`
	AssumedBandwidthBPS *int64                `json:"assumedBandwidthBps"`

	// ReceiverAudioSubscription
	All     bool     `json:"all"`
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`

	// SourceVideoTypeMessage, VideoTypeMessage
	SourceName string `json:"sourceName"`
	VideoType  string `json:"videoType"`

	// EndpointMessage: the endpoint it is for, "" for everybody.
	To string `json:"to"`

	fields map[string]json.RawMessage
}

// parseClientMessage reads one message: liberal in what the bridge does not use, strict in what it does.
func parseClientMessage(data []byte) (clientMessage, error) {
	var m clientMessage
	if len(data) > maxChannelMessage {
		return m, fmt.Errorf("bridge channel message of %d bytes, at most %d are taken", len(data), maxChannelMessage)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("bridge channel message: %w", err)
	}
	if m.Class == "" {
		return m, errNoClass
	}
	if m.Class == classEndpointMessage || m.Class == classEndpointStats {
		if err := json.Unmarshal(data, &m.fields); err != nil {
			return m, fmt.Errorf("bridge channel message: %w", err)
		}
	}
	return m, nil
}

// from returns m, an EndpointMessage or EndpointStats, as the other endpoints get it: with its sender, which nobody can forge.
func (m clientMessage) from(sender string) []byte {
	m.fields["from"] = mustJSON(sender)
	return mustJSON(m.fields)
}

// The messages of the bridge. Heights are of the smaller dimension in pixels.

func serverHello() []byte { return mustJSON(map[string]string{"colibriClass": classServerHello}) }

func senderConstraints(source string, maxHeight int) []byte {
	return mustJSON(struct {
		Class     string `json:"colibriClass"`
		Source    string `json:"sourceName"`
		MaxHeight int    `json:"maxHeight"`
	}{classSenderConstraints, source, maxHeight})
}

func forwardedSources(names []string) []byte {
	if names == nil {
		names = []string{}
	}
	return mustJSON(struct {
		Class   string   `json:"colibriClass"`
		Sources []string `json:"forwardedSources"`
	}{classForwardedSources, names})
}

func dominantSpeaker(id string, previous []string, silence bool) []byte {
	if previous == nil {
		previous = []string{}
	}
	return mustJSON(struct {
		Class    string   `json:"colibriClass"`
		Endpoint string   `json:"dominantSpeakerEndpoint"`
		Previous []string `json:"previousSpeakers"`
		Silence  bool     `json:"silence"`
	}{classDominantSpeaker, id, previous, silence})
}

// connectivityStatus carries active as a string: clients compare it to one.
func connectivityStatus(id string, active bool) []byte {
	return mustJSON(map[string]string{"colibriClass": classConnectivityStatus, "endpoint": id, "active": fmt.Sprint(active)})
}

// mustJSON marshals what cannot fail to marshal.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
