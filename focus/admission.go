package focus

import (
	"errors"
	"fmt"
	"time"

	"stammtisch/xmpp"
)

// Request is a conference request: "please be in this room".
type Request struct {
	Room       string
	MachineUID string
	SessionID  string
	// From is the full address of who asks; zero where it is not known (HTTP).
	From xmpp.JID
	// Properties are the conference's settings; only those of the request that starts it count.
	Properties map[string]string
}

// Response answers a Request. Not Ready means: ask again in a while.
type Response struct {
	Room       xmpp.JID
	Ready      bool
	FocusJID   xmpp.JID
	SessionID  string
	Identity   string
	Properties map[string]string
}

// errSessionInvalid marks the error for a session id that is unknown or belongs to another machine.
var errSessionInvalid = errors.New("session invalid")

// sessionInvalid makes clients forget their session id and ask again.
func sessionInvalid(text string) error {
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable, Text: text, Err: errSessionInvalid,
		App: []*xmpp.Element{xmpp.NewElement(xmpp.NSFocus, "session-invalid")}}
}

// maxMachineUID bounds what is kept of a login, in bytes. Clients send 32.
const maxMachineUID = 256

// admission decides who may start a conference.
type admission struct {
	cfg      Config
	sessions *authSessions
}

// admit decides about a request. running says whether the conference, or a breakout room of it, exists already. The session is that of
// the requester's login and zero for guests; when there is one, it has been bound to the requester's address.
//
// With authentication: an account of the domain gets a session for its machine, so that its browser can come back as a guest; whoever
// shows such a session is that account; others may only join what runs. Rooms for smaller groups are guarded by their main room.
func (a *admission) admit(req Request, breakout, running bool, now time.Time) (authSession, error) {
	if !a.cfg.Authentication || breakout {
		return authSession{}, nil
	}
	var s authSession
	switch {
	case len(req.MachineUID) > maxMachineUID:
		return authSession{}, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable, Text: "machine UID too long"}
	case req.SessionID != "":
		known := false
		if s, known = a.sessions.lookup(req.SessionID, now); !known {
			return authSession{}, sessionInvalid("unknown session")
		}
		if s.machineUID != req.MachineUID {
			return authSession{}, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable, Text: "machine UID mismatch"}
		}
	case req.From.Domain() == a.cfg.Domain.Domain() && req.From.Local() != "":
		if req.MachineUID == "" {
			return authSession{}, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable, Text: "missing machine UID"}
		}
		s = a.sessions.open(req.From.Bare(), req.MachineUID, now)
	}
	if s.id != "" {
		a.sessions.bind(s.id, req.From, now)
		return s, nil
	}
	if !running && !a.sessions.authenticated(req.From, now) {
		return authSession{}, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.NotAuthorized, Text: "not authorized user domain"}
	}
	return authSession{}, nil
}

// room checks the address that a request names.
func (a *admission) room(name string) (room xmpp.JID, breakout bool, err error) {
	bad := func(text string, cause error) error {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: text, Err: cause}
	}
	if name == "" {
		return room, false, bad("missing room", nil)
	}
	room, err = xmpp.ParseJID(name)
	if err != nil {
		return room, false, bad("invalid room", err)
	}
	if room.Local() == "" || !room.IsBare() {
		return room, false, bad("not a room", nil)
	}
	switch room.DomainJID() {
	case a.cfg.ConferenceDomain:
		return room, false, nil
	case a.cfg.BreakoutDomain:
		return room, true, nil
	}
	return room, false, bad("no rooms there", fmt.Errorf("room on %s", room.Domain()))
}

// response fills in what every answer has.
func (a *admission) response(room, focus xmpp.JID, s authSession, ready bool) Response {
	r := Response{Room: room, Ready: ready, FocusJID: focus.Bare(), SessionID: s.id, Properties: map[string]string{
		"authentication": "false", "visitors-supported": "false",
	}}
	if s.id != "" {
		r.Identity = s.identity.String()
	}
	if a.cfg.Authentication {
		r.Properties["authentication"] = "true"
		r.Properties["externalAuth"] = "false"
	}
	return r
}
