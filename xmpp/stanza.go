package xmpp

import (
	"fmt"
)

// Kind is the name of a stanza's element.
type Kind uint8

// The three kinds of stanza (RFC 6120 §8).
const (
	Message Kind = iota + 1
	Presence
	IQ
)

// String returns the element's name.
func (k Kind) String() string {
	switch k {
	case Message:
		return "message"
	case Presence:
		return "presence"
	case IQ:
		return "iq"
	}
	return "invalid"
}

// Stanza is a message, presence or IQ: a parsed head and the payload as the bytes that arrived. It is a value and may be copied;
// Payload is shared between copies and must never be written to.
type Stanza struct {
	Kind     Kind
	Type     string // "", or the type attribute
	ID       string
	From, To JID
	// Child is the name of the payload's first element; zero without payload.
	Child Name
	// Payload is everything between the start and the end tag: well-formed, and complete by itself in namespace jabber:client.
	Payload []byte
	// attrs holds what else the start tag had: xml:lang, prefix declarations, attributes of others. Raw, with a leading space each.
	attrs string
}

// Name is an expanded element name.
type Name struct {
	Space, Local string
}

// NewStanza builds a stanza with the given payload.
func NewStanza(kind Kind, typ string, from, to JID, payload ...*Element) Stanza {
	st := Stanza{Kind: kind, Type: typ, From: from, To: to}
	return st.WithPayload(payload...)
}

// WithPayload returns st with another payload.
func (st Stanza) WithPayload(payload ...*Element) Stanza {
	st.Payload, st.Child = nil, Name{}
	for i, el := range payload {
		if i == 0 {
			st.Child = Name{el.Space, el.Name}
		}
		st.Payload = el.Append(st.Payload, NSClient)
	}
	return st
}

// WithID returns st with another id.
func (st Stanza) WithID(id string) Stanza { st.ID = id; return st }

// Elements parses the payload. The namespace of children without xmlns is jabber:client.
func (st Stanza) Elements() ([]*Element, error) {
	return parseFragment(st.Payload, NSClient, st.attrs)
}

// Find parses the payload and returns its first child with this name, or nil. An empty space matches every namespace.
func (st Stanza) Find(space, name string) *Element {
	els, err := st.Elements()
	if err != nil {
		return nil
	}
	for _, el := range els {
		if el.Name == name && (space == "" || el.Space == space) {
			return el
		}
	}
	return nil
}

// Append appends st in its text form, with xmlns='jabber:client' on the start tag as RFC 7395 §3.3.3 wants it.
func (st Stanza) Append(dst []byte) []byte { return st.appendTo(dst) }

func (st *Stanza) appendTo(dst []byte) []byte {
	name := st.Kind.String()
	dst = append(append(dst, '<'), name...)
	dst = append(dst, ` xmlns="jabber:client"`...)
	dst = appendAddr(dst, "to", st.To)
	dst = appendAddr(dst, "from", st.From)
	dst = appendAttr(dst, "type", st.Type)
	dst = appendAttr(dst, "id", st.ID)
	dst = append(dst, st.attrs...)
	if len(st.Payload) == 0 {
		return append(dst, "/>"...)
	}
	dst = append(append(dst, '>'), st.Payload...)
	dst = append(append(dst, "</"...), name...)
	return append(dst, '>')
}

// Size returns about how many bytes Append appends.
func (st Stanza) Size() int {
	return 96 + len(st.Type) + len(st.ID) + len(st.attrs) + len(st.Payload) +
		len(st.To.local) + len(st.To.domain) + len(st.To.resource) + len(st.From.local) + len(st.From.domain) + len(st.From.resource)
}

// String returns st in its text form.
func (st Stanza) String() string { return string(st.Append(nil)) }

// IsRequest says whether st is an IQ that must be answered.
func (st Stanza) IsRequest() bool { return st.Kind == IQ && (st.Type == "get" || st.Type == "set") }

// IsReply says whether st is an IQ of type result or error.
func (st Stanza) IsReply() bool { return st.Kind == IQ && (st.Type == "result" || st.Type == "error") }

// Result returns the answer to st, an IQ request.
func (st Stanza) Result(payload ...*Element) Stanza {
	return Stanza{Kind: IQ, Type: "result", ID: st.ID, From: st.To, To: st.From}.WithPayload(payload...)
}

// ErrorReply returns the error answer to st with from and to exchanged (RFC 6120 §8.3.1). The error is mapped by AsError. ok is
// false where an answer would be wrong: for errors and for IQ results.
func (st Stanza) ErrorReply(err error) (reply Stanza, ok bool) {
	if st.Type == "error" || st.Kind == IQ && st.Type == "result" {
		return Stanza{}, false
	}
	return Stanza{Kind: st.Kind, Type: "error", ID: st.ID, From: st.To, To: st.From}.WithPayload(AsError(err).Element()), true
}

// Validate checks what RFC 6120 §8 demands of a stanza's head that a client sent; the error is for its sender.
func (st Stanza) Validate() error {
	bad := func(text string) error {
		return &Error{Type: Modify, Condition: BadRequest, Text: text}
	}
	switch st.Kind {
	case IQ:
		switch {
		case st.ID == "":
			return bad("an iq needs an id")
		case st.Type == "get" || st.Type == "set":
			if st.Child == (Name{}) {
				return bad("an iq request needs a child element")
			}
		case st.Type == "result" || st.Type == "error":
		default:
			return bad("an iq is of type get, set, result or error")
		}
	case Presence, Message:
	default:
		return fmt.Errorf("stanza of kind %d", st.Kind)
	}
	return nil
}
