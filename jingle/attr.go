package jingle

import (
	"fmt"
	"strconv"

	"stammtisch/xmpp"
)

// badRequest is the error for a peer that sent something this package cannot accept.
func badRequest(format string, args ...any) error {
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: fmt.Sprintf(format, args...)}
}

// boolAttr reads an xs:boolean attribute; what is missing or neither true nor false is def.
func boolAttr(el *xmpp.Element, name string, def bool) bool {
	switch el.Attr(name) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	return def
}

// boolText is "true" or, so that the attribute is left out, "".
func boolText(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// intAttr reads a number between 0 and limit; ok is false for anything else, also when it is missing.
func intAttr(el *xmpp.Element, name string, limit int) (n int, ok bool) {
	n, err := strconv.Atoi(el.Attr(name))
	return n, err == nil && n >= 0 && n <= limit
}

// optionalInt is intAttr for an attribute that may be missing, which is nil, but not malformed.
func optionalInt(el *xmpp.Element, name string, limit int) (*int, error) {
	v, present := el.LookupAttr(name)
	if !present {
		return nil, nil
	}
	n, ok := intAttr(el, name, limit)
	if !ok {
		return nil, badRequest("%s %q of %s is not a number between 0 and %d", name, v, el.Name, limit)
	}
	return &n, nil
}

// intText is the attribute value for n, "" (left out) for 0.
func intText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
