package muc

import (
	"bytes"
	"errors"
	"slices"

	"stammtisch/xmpp"
)

const (
	nsOccupantID = "urn:xmpp:occupant-id:0"
	nsHints      = "urn:xmpp:hints"
)

// serverOnly says whether a child of a presence or message is for the server to add, so that what clients send under that name
// is forged: XEP-0045's own children, XEP-0421's occupant-id, and the two by which Jitsi's clients learn what the server says of
// an occupant, permissions and identity, in whatever namespace: clients do not look at it.
func serverOnly(el *xmpp.Element) bool {
	return seemsIn(el, xmpp.NSMUC) || seemsIn(el, xmpp.NSMUCUser) || el.Name == "occupant-id" && seemsIn(el, nsOccupantID) ||
		el.Name == "permissions" || el.Name == "identity"
}

// seemsIn says whether el is in a namespace, or looks so to clients that go by the attribute xmlns: lib-jitsi-meet asks for
// name[*|xmlns="space"], which prefixes do not change, neither the element's nor the attribute's.
func seemsIn(el *xmpp.Element, space string) bool {
	return el.Space == space || slices.ContainsFunc(el.Attrs, func(a xmpp.Attr) bool { return a.Name == "xmlns" && a.Value == space })
}

// filterPresence returns what st says for itself, and the x of namespace muc by which it asks to enter, or nil.
func filterPresence(st xmpp.Stanza) (said xmpp.Stanza, x *xmpp.Element, err error) {
	said, _, err = filter(st, func(el *xmpp.Element) bool {
		if x == nil && el.Is(xmpp.NSMUC, "x") {
			x = el
		}
		return serverOnly(el)
	})
	return said, x, err
}

var errPayload = errors.New("payload's children and its text disagree")

// filter returns st without the children for which drop is true. What stays, stays as the bytes that arrived; els are its
// children.
func filter(st xmpp.Stanza, drop func(*xmpp.Element) bool) (filtered xmpp.Stanza, els []*xmpp.Element, err error) {
	all, err := st.Elements()
	if err != nil {
		return st, nil, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Err: err}
	}
	parts := topLevel(st.Payload)
	if len(parts) != len(all) {
		return st, nil, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Err: errPayload}
	}
	kept := make([][]byte, 0, len(parts))
	els = make([]*xmpp.Element, 0, len(parts))
	size := 0
	for i, el := range all {
		if !drop(el) {
			kept, els = append(kept, parts[i]), append(els, el)
			size += len(parts[i])
		}
	}
	st.Child = xmpp.Name{}
	if len(els) > 0 {
		st.Child = xmpp.Name{Space: els[0].Space, Local: els[0].Name}
	}
	if size != len(st.Payload) {
		st.Payload = append(make([]byte, 0, size), bytes.Join(kept, nil)...)
	}
	return st, els, nil
}

// topLevel splits a well-formed payload into its elements; text between them is left out.
func topLevel(b []byte) (parts [][]byte) {
	depth, start := 0, 0
	for i := 0; i < len(b); {
		if b[i] != '<' {
			next := bytes.IndexByte(b[i:], '<')
			if next < 0 {
				break
			}
			i += next
			continue
		}
		end, kind := markup(b[i:])
		if kind == openTag && depth == 0 || kind == emptyTag && depth == 0 {
			start = i
		}
		i += end
		switch kind {
		case openTag:
			depth++
			continue
		case closeTag:
			depth--
		case cdata:
			continue
		}
		if depth == 0 {
			parts = append(parts, b[start:i:i])
		}
	}
	return parts
}

type markupKind uint8

const (
	openTag markupKind = iota
	closeTag
	emptyTag
	cdata
)

// markup measures the tag or CDATA section that b begins with.
func markup(b []byte) (length int, kind markupKind) {
	if bytes.HasPrefix(b, []byte("<![CDATA[")) {
		if end := bytes.Index(b, []byte("]]>")); end >= 0 {
			return end + 3, cdata
		}
		return len(b), cdata
	}
	quote := byte(0)
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			switch {
			case b[1] == '/':
				return i + 1, closeTag
			case b[i-1] == '/':
				return i + 1, emptyTag
			}
			return i + 1, openTag
		}
	}
	return len(b), emptyTag
}
