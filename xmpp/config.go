package xmpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/xdg-go/scram"
)

// Config says what a [Server] serves. The zero value of every field but Hosts is usable.
type Config struct {
	// Hosts are the local domains that clients can log in to. The first is the main one.
	Hosts []Host
	// Limits bounds what peers can make the server spend; see [Limits] for the defaults.
	Limits Limits
	// Software and Version are what jabber:iq:version tells; the defaults are "Stammtisch" and "".
	Software, Version string
	// TLS turns STARTTLS on for TCP streams. Nil leaves them in the clear.
	TLS *tls.Config
	// RequireTLS refuses to authenticate a TCP stream before STARTTLS. It needs TLS.
	RequireTLS bool
	// AllowPlain offers SASL PLAIN on streams without TLS too, as is right behind a proxy that terminates it.
	AllowPlain bool
	// LogAddresses shows clients' addresses in the log.
	LogAddresses bool
}

// HostAuth says who may log in to a host.
type HostAuth uint8

// The ways to authenticate.
const (
	// AuthAccounts wants a user name and a password that [Accounts] knows.
	AuthAccounts HostAuth = iota + 1
	// AuthAnonymous lets everybody in and gives each session an address of its own.
	AuthAnonymous
)

// Host is a local domain.
type Host struct {
	Name string
	Auth HostAuth
	// Identities, Features and Items are what service discovery (XEP-0030) shows beside the host's own. Jitsi's clients look for
	// components among the identities of the main host, with the component's address as the name.
	Identities []Identity
	Features   []string
	Items      []Item
	// Services lists STUN and TURN services (XEP-0215).
	Services []Service
	// Hibernation is how long a session waits for its client to resume it (XEP-0198): 60 s when zero. A host of service accounts
	// wants 2 s, so that a bridge whose stream breaks leaves the brewery.
	Hibernation time.Duration
	// Pace bounds how fast each client may speak.
	Pace Pace
	// Closed keeps the clients of other hosts from sending to this host's accounts directly; guests reach nobody's but their own.
	// What a conference needs goes through components.
	Closed bool
	// Components marks a host whose accounts are those of the service's own parts, which may send to closed hosts.
	Components bool
}

// Identity is a disco#info identity.
type Identity struct {
	Category, Type, Name string
}

// Item is a disco#items item.
type Item struct {
	JID  JID
	Name string
}

// Limits bounds what peers can make the server spend. A zero field has the default that stands behind it.
type Limits struct {
	StanzaBytes        int           // 256 KiB: the longest stanza
	PreAuthBytes       int           // 10 KiB: the longest element before authentication
	PreAuthTime        time.Duration // 30 s: from connecting to binding
	PreAuthPerAddress  int           // 100: streams of one address that have not authenticated yet
	SessionsPerAddress int           // 1000: sessions of one address, but for this machine's own and for hosts of components
	FrameTime          time.Duration // 30 s: from a stanza's first byte to its last
	IdleTime           time.Duration // 60 s: silence after which a client is pinged; it is cut after as much again
	QueueBytes         int           // 4 MiB: what may wait to be sent to a client, the state of a room that it enters not counted
	QueueTime          time.Duration // 20 s: how long it may wait; of such a state, each 128 KiB
	UnackedStanzas     int           // 5000: what is kept for a client to resume (XEP-0198)
	LinkStanzas        int           // 20000: what may wait in an in-process link
	Presences          int           // 100: addresses that an anonymous session may be present at; accounts have a hundred times as many
	Grace              time.Duration // 2 s: for saying goodbye at shutdown
}

func (l Limits) withDefaults() Limits {
	def := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	defTime := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&l.StanzaBytes, 256<<10)
	def(&l.PreAuthBytes, 10<<10)
	defTime(&l.PreAuthTime, 30*time.Second)
	def(&l.PreAuthPerAddress, 100)
	def(&l.SessionsPerAddress, 1000)
	defTime(&l.FrameTime, 30*time.Second)
	defTime(&l.IdleTime, 60*time.Second)
	def(&l.QueueBytes, 4<<20)
	defTime(&l.QueueTime, 20*time.Second)
	def(&l.UnackedStanzas, 5000)
	def(&l.LinkStanzas, 20000)
	def(&l.Presences, 100)
	defTime(&l.Grace, 2*time.Second)
	return l
}

// Deps is what a [Server] needs from others.
type Deps struct {
	// Log takes the server's log; nil discards it.
	Log *slog.Logger
	// Accounts knows passwords; needed if a host has [AuthAccounts].
	Accounts Accounts
}

// Accounts knows who may log in to hosts with [AuthAccounts]. Names arrive as the client sent them. An error means that the store
// does not work.
type Accounts interface {
	// Credentials returns what RFC 5802 §3 stores of the password of user@host, for one hash, and which password that is. For unknown
	// users it returns keys that fit no password, always the same for the same name, so that nobody can tell which users exist.
	Credentials(ctx context.Context, user, host string, hash ScramHash) (scram.StoredCredentials, PasswordID, error)
	// Verify says which password user@host has, and whether password is that one, for PLAIN.
	Verify(ctx context.Context, user, host, password string) (PasswordID, bool, error)
}

// PasswordID names the password that an account has, without telling it: each time one is set it gets another name. Users that there
// are none of have "".
type PasswordID string

// ScramHash is the hash function of a SCRAM mechanism.
type ScramHash string

// The hash functions that are offered.
const (
	SHA1   ScramHash = "SHA-1"
	SHA256 ScramHash = "SHA-256"
)

func (c *Config) check(deps Deps) error {
	if len(c.Hosts) == 0 {
		return errors.New("no hosts")
	}
	seen := make(map[string]bool)
	for _, h := range c.Hosts {
		j, err := ParseJID(h.Name)
		switch {
		case err != nil || j.Domain() != h.Name || j.Local() != "" || j.Resource() != "":
			return fmt.Errorf("host %q: not a domain in lower case", h.Name)
		case seen[h.Name]:
			return fmt.Errorf("host %q: named twice", h.Name)
		case h.Auth == AuthAccounts && deps.Accounts == nil:
			return fmt.Errorf("host %q: needs accounts", h.Name)
		case h.Auth != AuthAccounts && h.Auth != AuthAnonymous:
			return fmt.Errorf("host %q: unknown authentication", h.Name)
		}
		seen[h.Name] = true
	}
	if c.RequireTLS && c.TLS == nil {
		return errors.New("TLS is required but not configured")
	}
	return nil
}
