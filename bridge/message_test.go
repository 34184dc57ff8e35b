package bridge

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"stammtisch/bridge/forward"
)

// Messages as stock clients sent them to a stock bridge, and what forwarding is told.
func TestReceiverConstraints(t *testing.T) {
	at := func(n int) *int { return &n }
	bandwidth := int64(-1)
	for _, tt := range []struct {
		name, in string
		want     forward.ReceiverConstraints
	}{
		{"recorded of lib-jitsi-meet",
			`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"assumedBandwidthBps":-1,"defaultConstraints":{"maxHeight":180},"constraints":{"9f8e7d6c-v0":{"maxHeight":720}},"selectedSources":["9f8e7d6c-v0"],"onStageSources":[]}`,
			forward.ReceiverConstraints{LastN: at(-1), AssumedBandwidthBPS: &bandwidth, DefaultHeightPx: at(180),
				HeightPx: map[string]int{"9f8e7d6c-v0": 720}, Selected: []string{"9f8e7d6c-v0"}, OnStage: []string{}}},
		{"absent means unchanged", `{"colibriClass":"ReceiverVideoConstraints","lastN":2}`, forward.ReceiverConstraints{LastN: at(2)}},
		{"a constraint without height says nothing", `{"colibriClass":"ReceiverVideoConstraints","constraints":{"a-v0":{"maxFrameRate":5}}}`,
			forward.ReceiverConstraints{HeightPx: map[string]int{}}},
	} {
		m, err := parseClientMessage([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := m.receiverConstraints(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %s gives %+v, want %+v", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestParseClientMessageRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in string }{
		{"nothing", ""}, {"no object", `[1]`}, {"height is text", `{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":"720"}}`},
		{"too long", `{"colibriClass":"EndpointMessage","x":"` + strings.Repeat("x", maxChannelMessage) + `"}`},
	} {
		if m, err := parseClientMessage([]byte(tt.in)); err == nil {
			t.Errorf("%s: taken as %+v", tt.name, m)
		}
	}
	if _, err := parseClientMessage([]byte(`{}`)); !errors.Is(err, errNoClass) {
		t.Errorf("without class: %v, want %v", err, errNoClass)
	}
}

func TestSenderCannotBeForged(t *testing.T) {
	m, err := parseClientMessage([]byte(`{"colibriClass":"EndpointMessage","to":"","from":"somebody","msgPayload":{"n":1},"more":[2]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(m.from("1a2b3c4d"), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"colibriClass": "EndpointMessage", "to": "", "from": "1a2b3c4d", "msgPayload": map[string]any{"n": 1.0}, "more": []any{2.0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("passed on as %v, want %v", got, want)
	}
}

// What clients compare literally: strings where they want strings, numbers where they want numbers, lists that are never null.
func TestBridgeMessages(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{string(serverHello()), `{"colibriClass":"ServerHello"}`},
		{string(senderConstraints("a-v0", 360)), `{"colibriClass":"SenderSourceConstraints","sourceName":"a-v0","maxHeight":360}`},
		{string(forwardedSources(nil)), `{"colibriClass":"ForwardedSources","forwardedSources":[]}`},
		{string(dominantSpeaker("a", nil, true)), `{"colibriClass":"DominantSpeakerEndpointChangeEvent","dominantSpeakerEndpoint":"a","previousSpeakers":[],"silence":true}`},
		{string(connectivityStatus("a", true)), `{"active":"true","colibriClass":"EndpointConnectivityStatusChangeEvent","endpoint":"a"}`},
	} {
		if tt.got != tt.want {
			t.Errorf("got  %s\nwant %s", tt.got, tt.want)
		}
	}
}

func FuzzClientMessage(f *testing.F) {
	f.Add([]byte(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"constraints":{"a-v0":{"maxHeight":720}},"selectedSources":["a-v0"]}`))
	f.Add([]byte(`{"colibriClass":"EndpointMessage","to":"x","msgPayload":{}}`))
	f.Add([]byte(`{"colibriClass":"SourceVideoTypeMessage","sourceName":"a-v0","videoType":"none"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseClientMessage(data)
		if err != nil {
			return
		}
		m.receiverConstraints()
		if m.fields != nil && !json.Valid(m.from("x")) {
			t.Errorf("%q is passed on as %q", data, m.from("x"))
		}
	})
}
