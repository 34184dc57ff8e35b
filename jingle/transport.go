package jingle

import (
	"strconv"
	"strings"

	"stammtisch/xmpp"
)

// Transport is an ICE-UDP transport (XEP-0176) with what travels inside it: DTLS fingerprints (XEP-0320), the SCTP association of the
// bridge channel (XEP-0343) and the address of the bridge channel over WebSocket.
type Transport struct {
	Ufrag, Pwd   string
	Fingerprints []Fingerprint
	Candidates   []Candidate
	RTCPMux      bool
	// WebSockets are the URLs where the bridge channel may be opened instead.
	WebSockets []string
	SCTPMap    *SCTPMap
	// ICEGeneration counts in-place ICE restarts of a bridge; nil outside of them.
	ICEGeneration *int
}

// Fingerprint is that of a DTLS certificate (RFC 8122), with the role of its holder.
type Fingerprint struct {
	Hash  string // for example "sha-256"
	Setup string // "actpass", "active" or "passive" (RFC 4145)
	Value string // upper-case hex with colons
}

// Candidate is an ICE candidate (RFC 8445); times and priorities are as ICE counts them.
type Candidate struct {
	ID         string
	Foundation string
	Component  int
	Protocol   string // "udp" or "tcp", in lower case
	Priority   uint32
	IP         string // an address, or the name of an mDNS candidate
	Port       int
	Type       string // "host", "srflx", "prflx" or "relay"
	RelAddr    string
	RelPort    int
	Generation int
	Network    int
	TCPType    string
}

// SCTPMap announces the SCTP association for the bridge channel; clients need it to negotiate one.
type SCTPMap struct {
	Number   int
	Protocol string
	Streams  int
}

// ParseTransport reads an ICE-UDP transport element. Candidates that cannot be understood are left out; so is everything unknown.
func ParseTransport(el *xmpp.Element) (*Transport, error) {
	if !el.Is(NSICE, "transport") {
		return nil, badRequest("not an ice-udp transport")
	}
	t := &Transport{Ufrag: el.Attr("ufrag"), Pwd: el.Attr("pwd")}
	if n, ok := intAttr(el, "ice-generation", 1<<30); ok {
		t.ICEGeneration = &n
	}
	for _, c := range el.Children {
		switch c.Name {
		case "fingerprint":
			t.Fingerprints = append(t.Fingerprints, Fingerprint{Hash: c.Attr("hash"), Setup: c.Attr("setup"), Value: strings.TrimSpace(c.Text)})
		case "candidate":
			if cand, ok := parseCandidate(c); ok {
				t.Candidates = append(t.Candidates, cand)
			}
		case "rtcp-mux":
			t.RTCPMux = true
		case "web-socket":
			if url := c.Attr("url"); url != "" {
				t.WebSockets = append(t.WebSockets, url)
			}
		case "sctpmap":
			t.SCTPMap = parseSCTPMap(c)
		}
	}
	return t, nil
}

func parseCandidate(el *xmpp.Element) (Candidate, bool) {
	port, okPort := intAttr(el, "port", 65535)
	prio, err := strconv.ParseUint(el.Attr("priority"), 10, 32)
	c := Candidate{
		ID: el.Attr("id"), Foundation: el.Attr("foundation"), Component: 1, Protocol: lower(el.Attr("protocol")),
		Priority: uint32(prio), IP: el.Attr("ip"), Port: port, Type: el.Attr("type"), RelAddr: el.Attr("rel-addr"),
		TCPType: el.Attr("tcptype"),
	}
	if n, ok := intAttr(el, "component", 256); ok {
		c.Component = n
	}
	c.RelPort, _ = intAttr(el, "rel-port", 65535)
	c.Generation, _ = intAttr(el, "generation", 1<<30)
	c.Network, _ = intAttr(el, "network", 1<<30)
	return c, okPort && err == nil && c.IP != "" && c.Type != "" && c.Protocol != ""
}

func parseSCTPMap(el *xmpp.Element) *SCTPMap {
	m := &SCTPMap{Protocol: el.Attr("protocol")}
	m.Number, _ = intAttr(el, "number", 65535)
	m.Streams, _ = intAttr(el, "streams", 65535)
	return m
}

// lower folds ASCII; attribute values such as UDP come in both cases.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Element builds the transport element.
func (t *Transport) Element() *xmpp.Element {
	el := xmpp.NewElement(NSICE, "transport", "ufrag", t.Ufrag, "pwd", t.Pwd)
	if t.ICEGeneration != nil {
		el.SetAttr("ice-generation", strconv.Itoa(*t.ICEGeneration))
	}
	for _, c := range t.Candidates {
		el.With(c.element())
	}
	if t.RTCPMux {
		el.With(xmpp.NewElement(NSICE, "rtcp-mux"))
	}
	for _, f := range t.Fingerprints {
		el.With(xmpp.NewElement(NSDTLS, "fingerprint", "hash", f.Hash, "setup", f.Setup).WithText(f.Value))
	}
	for _, url := range t.WebSockets {
		el.With(xmpp.NewElement(NSColibri, "web-socket", "url", url))
	}
	if m := t.SCTPMap; m != nil {
		el.With(xmpp.NewElement(NSSCTP, "sctpmap", "number", strconv.Itoa(m.Number), "protocol", m.Protocol,
			"streams", strconv.Itoa(m.Streams)))
	}
	return el
}

func (c Candidate) element() *xmpp.Element {
	el := xmpp.NewElement(NSICE, "candidate", "component", strconv.Itoa(c.Component), "foundation", c.Foundation,
		"generation", strconv.Itoa(c.Generation), "id", c.ID, "ip", c.IP, "network", strconv.Itoa(c.Network),
		"port", strconv.Itoa(c.Port), "priority", strconv.FormatUint(uint64(c.Priority), 10), "protocol", c.Protocol,
		"tcptype", c.TCPType, "type", c.Type)
	if c.RelAddr != "" {
		el.SetAttr("rel-addr", c.RelAddr)
		el.SetAttr("rel-port", strconv.Itoa(c.RelPort))
	}
	return el
}

// Clone returns a copy that shares nothing with t.
func (t *Transport) Clone() *Transport {
	if t == nil {
		return nil
	}
	c := *t
	c.Fingerprints = append([]Fingerprint(nil), t.Fingerprints...)
	c.Candidates = append([]Candidate(nil), t.Candidates...)
	c.WebSockets = append([]string(nil), t.WebSockets...)
	if t.SCTPMap != nil {
		m := *t.SCTPMap
		c.SCTPMap = &m
	}
	if t.ICEGeneration != nil {
		n := *t.ICEGeneration
		c.ICEGeneration = &n
	}
	return &c
}
