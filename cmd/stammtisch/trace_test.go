package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// event is one frame of a recording.
type event struct {
	client string // whose recording it stands in
	line   int
	at     float64 // seconds
	sent   bool    // by the client
	raw    string
}

var eventHead = regexp.MustCompile(`(?m)^<!--\s+([0-9.]+) s\s+(C→S|S→C|note).*-->$`)

// readTrace reads a recording of testdata/traces.
func readTrace(t *testing.T, client string) []event {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "traces", "client-"+client+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	heads := eventHead.FindAllStringSubmatchIndex(text, -1)
	var events []event
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		raw, direction := strings.TrimSpace(text[h[1]:end]), text[h[4]:h[5]]
		if direction == "note" {
			continue
		}
		at, err := strconv.ParseFloat(text[h[2]:h[3]], 64)
		if err != nil || raw == "" {
			t.Fatalf("client-%s.xml: event %d: %v", client, i, err)
		}
		events = append(events, event{client: client, line: 1 + strings.Count(text[:h[0]], "\n"), at: at, sent: direction == "C→S", raw: raw})
	}
	if len(events) == 0 {
		t.Fatalf("client-%s.xml has no events", client)
	}
	return events
}

// indentation is what the recording put between elements: it was not on the wire.
var indentation = regexp.MustCompile(`>\n\s*<`)

// onWire returns a frame as it was.
func onWire(raw string) string { return indentation.ReplaceAllString(raw, "><") }
