package xmpp

import (
	"context"
	"errors"
)

// ErrQueueFull is returned when an addressee's bounded queue takes no more; its sender is answered resource-constraint.
var ErrQueueFull = errors.New("queue full")

// ErrClosed is returned by a session, a component or a link that has ended.
var ErrClosed = errors.New("closed")

// Entity is something with an address that the router hands stanzas to.
type Entity interface {
	// Deliver posts st to the entity's bounded queue. It never blocks and never calls back into the caller. Stanzas from one
	// sender keep their order. The error is ErrQueueFull, ErrClosed or an *Error for the sender.
	Deliver(st Stanza) error
}

// Sender takes stanzas for routing. Send never blocks and never calls back into the caller; stanzas from one address to another
// arrive in order. An error stanza for something undeliverable comes back as any other stanza would.
type Sender interface {
	Send(st Stanza) error
}

// Link is how an entity such as the focus or a bridge takes part, in this process or over a stream.
type Link interface {
	Sender
	// JID is the full address that the link is bound to. Whatever Send sends is from it.
	JID() JID
	// Receive returns the next stanza for the link, in order. It ends with ctx's error, or once the link is broken with one
	// that is ErrClosed, and, where the server has said why, its *StreamError.
	Receive(ctx context.Context) (Stanza, error)
	// Close ends the link; whatever the entity was present in sees it leave.
	Close() error
}
