package transport

import (
	"fmt"
	"strings"

	"stammtisch/bridge/ice"
)

// SCTPPort is the one port used on the data channel's association (RFC 8841 §5).
const SCTPPort = 5000

// The values of Description.Setup, RFC 4145 §4 and RFC 5763 §5.
const (
	SetupActpass = "actpass"
	SetupActive  = "active"  // DTLS client
	SetupPassive = "passive" // DTLS server
)

// Description is what one side tells the other by signalling.
type Description struct {
	Ufrag, Password string
	Candidates      []ice.Candidate
	Fingerprints    []Fingerprint
	Setup           string
	SCTPPort        int // 0 without a data channel
}

// role is what DTLS is done as.
type role int

const (
	roleUnknown role = iota
	roleServer
	roleClient
)

// localRole derives our role from the remote setup attribute.
func localRole(setup string) (role, error) {
	switch strings.ToLower(setup) {
	case "":
		return roleUnknown, nil
	case SetupActive, SetupActpass: // who leaves it to us gets a server
		return roleServer, nil
	case SetupPassive:
		return roleClient, nil
	}
	return roleUnknown, fmt.Errorf("setup %q is none of active, passive and actpass", setup)
}

// setup is how a role is described.
func (r role) setup() string {
	switch r {
	case roleServer:
		return SetupPassive
	case roleClient:
		return SetupActive
	}
	return SetupActpass
}
