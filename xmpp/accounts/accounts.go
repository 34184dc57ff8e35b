// Package accounts keeps the accounts of people and components: who may log in, with which SCRAM keys.
//
// Passwords are never stored, only what RFC 5802 §3 calls StoredKey and ServerKey, for SHA-1 (what stock Jitsi clients can) and
// SHA-256. The store is shared by processes: the command line changes accounts while the server runs, and the server learns of it by
// Watch. The package knows nothing of streams or SASL exchanges. Read Store, Credentials and Open first.
package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/xdg-go/scram"
)

// Errors that callers test for with errors.Is. What a Store returns wraps them and says more.
var (
	ErrExists   = errors.New("account exists")
	ErrNotFound = errors.New("no such account")
	ErrInvalid  = errors.New("not allowed") // a user name, host or password that cannot be
	ErrDiskFull = errors.New("no space left for the account database")
)

// Store is where accounts are kept. All methods are safe for concurrent use, also by several processes on one store. User names and
// hosts are prepared as RFC 7622 says before anything else, so that Ana and ana are one account.
type Store interface {
	// Register creates an account. When it returns nil, the account survives a crash or power cut. It fails with ErrExists,
	// ErrInvalid or ErrDiskFull.
	Register(ctx context.Context, user, host, password string) error
	// SetPassword replaces the password of an account. It fails with ErrNotFound, ErrInvalid or ErrDiskFull.
	SetPassword(ctx context.Context, user, host, password string) error
	// Delete removes an account. It fails with ErrNotFound or ErrDiskFull.
	Delete(ctx context.Context, user, host string) error
	// List returns the accounts of host, or all for host "", ordered by host and user.
	List(ctx context.Context, host string) ([]Account, error)
	// Lookup returns what SCRAM needs. For an account that does not exist it returns stable made-up credentials that no password
	// fits, so that a stranger cannot tell; Exists says which. An error means that the store could not be read.
	Lookup(ctx context.Context, user, host string) (Credentials, error)
	// Verify is Lookup, and reports whether password, as its user typed it, is the account's, for PLAIN. It takes as long for an
	// account that does not exist.
	Verify(ctx context.Context, user, host, password string) (Credentials, bool, error)
	// Watch reports the changes that any process makes from now on, within a second, in order. The channel is closed when ctx
	// ends, the store is closed, or changes cannot be seen any more because the store was replaced by another, as of a backup. A
	// receiver that is slow delays only its own channel.
	Watch(ctx context.Context) (<-chan Change, error)
}

// Account is one entry of a list.
type Account struct {
	User, Host       string // as prepared
	Created, Updated time.Time
}

// JID returns the account's address, user@host.
func (a Account) JID() string { return a.User + "@" + a.Host }

// Credentials are an account's SCRAM keys, one set per hash. They fit scram.SHA1.NewServer and scram.SHA256.NewServer.
type Credentials struct {
	User, Host string // as prepared; as given where preparation fails
	Exists     bool
	SHA1       scram.StoredCredentials
	SHA256     scram.StoredCredentials
}

// PasswordID names the password that the keys are of, without telling it: each time one is set it gets another name. An account that
// does not exist has "".
func (c Credentials) PasswordID() string {
	if !c.Exists {
		return ""
	}
	return c.SHA256.Salt
}

// ChangeKind says what happened to an account.
type ChangeKind int

// The kinds of change. After PasswordChanged and Deleted an account's sessions are to end.
const (
	Registered ChangeKind = iota + 1
	PasswordChanged
	Deleted
)

// String names the kind as logs do.
func (k ChangeKind) String() string {
	switch k {
	case Registered:
		return "registered"
	case PasswordChanged:
		return "password changed"
	case Deleted:
		return "deleted"
	default:
		return "unknown"
	}
}

// Change is what happened to one account.
type Change struct {
	Kind       ChangeKind
	User, Host string
}
