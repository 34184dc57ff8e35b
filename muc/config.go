package muc

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"stammtisch/xmpp"
)

// Config is what an administrator decides about a rooms service. [ConferenceConfig] and [BreweryConfig] give the two usual ones.
type Config struct {
	// Domain is the service's address, such as conference.meet.example.
	Domain xmpp.JID
	// Name is the service's name in service discovery.
	Name string
	// RestrictCreation lets nobody but Deps.Admins create a room.
	RestrictCreation bool
	// StrictNicks refuses nicks other than letters, digits and underscores: they become endpoint ids.
	StrictNicks bool
	// ReservedNicks are for admins only.
	ReservedNicks []string
	// Hidden answers disco#info of a room to its occupants and to admins only.
	Hidden bool
	// AllowedDomains are those whose users may enter; empty allows all that reach the service.
	AllowedDomains []string
	// MaxRooms and MaxOccupants (in each room, admins not counted) bound the service; 0 is no bound.
	MaxRooms, MaxOccupants int
	// Permissions are the features that moderators are told they may use.
	Permissions []string
	// HistoryLength is how many messages a new room keeps for late joiners.
	HistoryLength int
	// Limits bound what one occupant may cost the others.
	Limits Limits
}

// Limits bound queues and rates. They do not apply to admins, except for the queue's, of which admins may use twice as much.
type Limits struct {
	// QueueStanzas and QueueBytes bound the work that waits for one meeting.
	QueueStanzas, QueueBytes int
	// SenderStanzas and SenderBytes bound one sender's part of it.
	SenderStanzas, SenderBytes int
	// StanzaBytes bounds one stanza, with all that stands in its start tag.
	StanzaBytes int
	// Presence, Groupchat and Private bound what one occupant sends. Presence beyond the rate is not lost: the latest one is
	// published when the rate allows. The others are refused with policy-violation.
	Presence, Groupchat, Private Rate
	// Bytes bounds how much all that is together, in bytes: nobody may fill the others' lines. What a room says of its owners' and
	// moderators' changes has a like bound, for all of them together.
	Bytes Rate
	// Join bounds how often an account enters one room, Decline how often people who are not in it refuse its invitations.
	Join, Decline Rate
	// Affiliations bounds a room's lists of owners, admins, members and outcasts together.
	Affiliations int
}

// Rate is a token bucket: Burst at once, refilled by PerSecond. A zero PerSecond is no bound.
type Rate struct {
	PerSecond float64
	Burst     int
}

// DefaultLimits are generous for people and narrow for programs that run wild.
func DefaultLimits() Limits {
	return Limits{
		QueueStanzas: 8192, QueueBytes: 16 << 20,
		SenderStanzas: 256, SenderBytes: 1 << 20,
		StanzaBytes: 64 << 10,
		Presence:    Rate{PerSecond: 5, Burst: 30},
		Groupchat:   Rate{PerSecond: 5, Burst: 30},
		Private:     Rate{PerSecond: 50, Burst: 300},
		Bytes:       Rate{PerSecond: 32 << 10, Burst: 512 << 10},
		Join:        Rate{PerSecond: 0.5, Burst: 10},
		Decline:     Rate{PerSecond: 1, Burst: 10},

		Affiliations: 10000,
	}
}

// ConferenceConfig is the usual configuration of a service for conferences: the focus creates rooms, everybody may join.
func ConferenceConfig(domain xmpp.JID) Config {
	return Config{
		Domain: domain, Name: "Conferences", RestrictCreation: true, StrictNicks: true, Hidden: true,
		ReservedNicks: []string{"focus", "jvb"}, // clients know the focus by its nick, and the bridge's own sources by that owner
		Permissions:   jitsiPermissions(), HistoryLength: 20, Limits: DefaultLimits(),
	}
}

// BreweryConfig is the usual configuration of the service where bridges and the like announce themselves: only accounts of
// authDomain enter. Nicks are free: stock bridges take host names.
func BreweryConfig(domain xmpp.JID, authDomain string) Config {
	return Config{
		Domain: domain, Name: "Brewery", RestrictCreation: true, Hidden: true, AllowedDomains: []string{authDomain},
		HistoryLength: 20, Limits: DefaultLimits(),
	}
}

func (c Config) validate() error {
	var errs []error
	if c.Domain.IsZero() || c.Domain != c.Domain.DomainJID() {
		errs = append(errs, fmt.Errorf("domain: %q is not a domain", c.Domain))
	}
	l := c.Limits
	for _, bound := range []struct {
		name       string
		n, atLeast int
	}{
		{"max rooms", c.MaxRooms, 0}, {"max occupants", c.MaxOccupants, 0}, {"history length", c.HistoryLength, 0},
		{"limits: queue stanzas", l.QueueStanzas, 1}, {"limits: queue bytes", l.QueueBytes, 1},
		{"limits: sender stanzas", l.SenderStanzas, 1}, {"limits: sender bytes", l.SenderBytes, 1},
		{"limits: stanza bytes", l.StanzaBytes, 1}, {"limits: affiliations", l.Affiliations, 1},
	} {
		if bound.n < bound.atLeast {
			errs = append(errs, fmt.Errorf("%s: %d is less than %d", bound.name, bound.n, bound.atLeast))
		}
	}
	return errors.Join(errs...)
}

// Router takes what a Service sends. It never blocks and never calls back into the caller.
type Router interface {
	xmpp.Sender
	// SendState sends what a room says at once to somebody who enters, in order with what [xmpp.Sender] sends. The stanzas are
	// shared: neither they nor the slice change any more, and their To is not set.
	SendState(to xmpp.JID, all []*xmpp.Stanza)
}

// Deps is what a Service works with.
type Deps struct {
	// Router takes what the service sends. Required.
	Router Router
	// Admins are bare addresses, such as focus@auth.meet.example, that may create rooms and are owner of every room.
	Admins []xmpp.JID
	// Log is the logger; nil discards. Addresses are logged at debug level only.
	Log *slog.Logger
	// Now is the clock for stamps and rates; nil is time.Now.
	Now func() time.Time
	// Rand is the source of ids and salts, safe for concurrent use; nil is crypto/rand.
	Rand io.Reader
}

func (d Deps) withDefaults() Deps {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Rand == nil {
		d.Rand = rand.Reader
	}
	return d
}
