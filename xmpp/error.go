package xmpp

import (
	"errors"
	"strings"
)

// ErrorType says what the sender of a stanza may do about its error (RFC 6120 §8.3.2).
type ErrorType string

// Error types.
const (
	Auth     ErrorType = "auth"
	Cancel   ErrorType = "cancel"
	Continue ErrorType = "continue"
	Modify   ErrorType = "modify"
	Wait     ErrorType = "wait"
)

// Condition is a defined stanza error condition (RFC 6120 §8.3.3).
type Condition string

// Stanza error conditions.
const (
	BadRequest            Condition = "bad-request"
	Conflict              Condition = "conflict"
	FeatureNotImplemented Condition = "feature-not-implemented"
	Forbidden             Condition = "forbidden"
	Gone                  Condition = "gone"
	InternalServerError   Condition = "internal-server-error"
	ItemNotFound          Condition = "item-not-found"
	JIDMalformed          Condition = "jid-malformed"
	NotAcceptable         Condition = "not-acceptable"
	NotAllowed            Condition = "not-allowed"
	NotAuthorized         Condition = "not-authorized"
	PolicyViolation       Condition = "policy-violation"
	RecipientUnavailable  Condition = "recipient-unavailable"
	RegistrationRequired  Condition = "registration-required"
	RemoteServerNotFound  Condition = "remote-server-not-found"
	RemoteServerTimeout   Condition = "remote-server-timeout"
	ResourceConstraint    Condition = "resource-constraint"
	ServiceUnavailable    Condition = "service-unavailable"
	UndefinedCondition    Condition = "undefined-condition"
	UnexpectedRequest     Condition = "unexpected-request"
)

// Error is a stanza error: what the peer is told, and in Err what our log is told. Err never leaves the process.
type Error struct {
	Type      ErrorType
	Condition Condition
	Text      string
	// App is an application-specific condition or further detail, placed beside the condition; nil for none.
	App []*Element
	Err error
}

// Error describes e for the log.
func (e *Error) Error() string {
	s := string(e.Type) + " " + string(e.Condition)
	if e.Text != "" {
		s += " (" + e.Text + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause that only the log sees.
func (e *Error) Unwrap() error { return e.Err }

// Element returns the error child of an error stanza.
func (e *Error) Element() *Element {
	el := NewElement(NSClient, "error", "type", string(e.Type)).With(NewElement(NSStanzas, string(e.Condition)))
	if e.Text != "" {
		el.With(NewElement(NSStanzas, "text").WithText(e.Text))
	}
	return el.With(e.App...)
}

// AsError returns err as a stanza error; what is none becomes internal-server-error with err as its cause.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Type: Cancel, Condition: InternalServerError, Err: err}
}

// ParseError reads the error child of st, a stanza of type error. Without one it returns undefined-condition.
func ParseError(st Stanza) *Error {
	e := &Error{Type: Cancel, Condition: UndefinedCondition}
	children, err := st.Elements()
	if err != nil {
		return e
	}
	for _, c := range children {
		if c.Name != "error" {
			continue
		}
		e.Type = ErrorType(c.Attr("type"))
		for _, d := range c.Children {
			switch {
			case d.Space == NSStanzas && d.Name == "text":
				e.Text = strings.TrimSpace(d.Text)
			case d.Space == NSStanzas:
				e.Condition = Condition(d.Name)
			default:
				e.App = append(e.App, d)
			}
		}
	}
	return e
}
