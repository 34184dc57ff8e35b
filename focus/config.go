package focus

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"stammtisch/xmpp"
)

// Config says which addresses the focus serves and what it allows. Zero durations and numbers get the defaults given here.
type Config struct {
	// Domain is the host whose disco#info lists the components, and whose accounts count as authenticated.
	Domain xmpp.JID
	// ConferenceDomain is the host of the rooms. Requests for rooms elsewhere are refused, except on BreakoutDomain, which may be zero.
	ConferenceDomain, BreakoutDomain xmpp.JID
	// ProxyDomain is the address clients send conference requests to; the server hands them on as ProxyDomain/<full JID>.
	ProxyDomain xmpp.JID
	// Brewery is the room where bridges announce themselves.
	Brewery xmpp.JID
	// AVModeration and RoomMetadata are the components whose messages are obeyed. Where they are zero they are discovered from Domain.
	AVModeration, RoomMetadata xmpp.JID

	// Authentication restricts the start of conferences to accounts of Domain; without it anybody may, and the first in a room owns it.
	Authentication bool
	// AuthLifetime is how long an idle login is remembered; default 24 h.
	AuthLifetime time.Duration

	// MinParticipants is from how many on people are invited to a bridge; default 2.
	MinParticipants int
	// InitialTimeout is how long a conference waits for its first participant; default 15 s.
	InitialTimeout time.Duration
	// SingleParticipantTimeout is how long the last one keeps a session; default 20 s.
	SingleParticipantTimeout time.Duration
	// ReplyTimeout is how long any IQ may take; default 15 s.
	ReplyTimeout time.Duration
	// JoinTimeout is how long a conference request waits for the room before it is answered "not ready"; default 10 s.
	JoinTimeout time.Duration

	// HealthInterval is the pause between health checks of a bridge; default 10 s.
	HealthInterval time.Duration
	// BridgeResetAfter is how long a failed bridge is left alone at least; default 1 min.
	BridgeResetAfter time.Duration
	// StressThreshold is from which load on a bridge counts as overloaded; default 0.8.
	StressThreshold float64

	// RestartMinInterval and RestartLimit bound a participant's restarts: pauses of at least 5 s, at most 5 per minute.
	RestartMinInterval time.Duration
	RestartLimit       int

	// MaxConferences, MaxParticipants (per conference), MaxSSRCs and MaxSSRCGroups (per participant) bound what clients can make us
	// keep; defaults 2000, 1000, 20 and 20. MaxAuthSessions bounds the remembered logins; default 20000.
	MaxConferences, MaxParticipants, MaxSSRCs, MaxSSRCGroups, MaxAuthSessions int
	// MaxEmptyPerCreator is how many conferences without participants one address may have opened; default 8.
	MaxEmptyPerCreator int

	// Etherpad announces a shared document in every room.
	Etherpad bool
	// DisableSCTP leaves the bridge channel over SCTP out of offers. It must agree with the bridges.
	DisableSCTP bool
	// Version is what participants are told.
	Version string
}

// Deps is what a Focus needs from its surroundings.
type Deps struct {
	// Link is bound as the focus' account, for example focus@auth.meet.example/focus. The caller closes it after Run has returned.
	Link xmpp.Link
	// Log may be nil.
	Log *slog.Logger
	// Rand is the source of ids; nil for crypto/rand.
	Rand io.Reader
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// focusNick is the nick that clients recognise the focus by.
const focusNick = "focus"

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	def(&c.AuthLifetime, 24*time.Hour)
	def(&c.InitialTimeout, 15*time.Second)
	def(&c.SingleParticipantTimeout, 20*time.Second)
	def(&c.ReplyTimeout, 15*time.Second)
	def(&c.JoinTimeout, 10*time.Second)
	def(&c.HealthInterval, 10*time.Second)
	def(&c.BridgeResetAfter, time.Minute)
	def(&c.RestartMinInterval, 5*time.Second)
	num(&c.RestartLimit, 5)
	num(&c.MinParticipants, 2)
	num(&c.MaxConferences, 2000)
	num(&c.MaxParticipants, 1000)
	num(&c.MaxSSRCs, 20)
	num(&c.MaxSSRCGroups, 20)
	num(&c.MaxAuthSessions, 20000)
	num(&c.MaxEmptyPerCreator, 8)
	if c.StressThreshold == 0 {
		c.StressThreshold = 0.8
	}
	if c.Version == "" {
		c.Version = "stammtisch"
	}
	return c
}

// Validate reports what is missing, all at once.
func (c Config) Validate() error {
	var errs []error
	need := func(name string, j xmpp.JID) {
		if j.IsZero() {
			errs = append(errs, fmt.Errorf("focus: %s is missing", name))
		}
	}
	need("Domain", c.Domain)
	need("ConferenceDomain", c.ConferenceDomain)
	need("ProxyDomain", c.ProxyDomain)
	need("Brewery", c.Brewery)
	return errors.Join(errs...)
}
