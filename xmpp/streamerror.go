package xmpp

import (
	"errors"
)

// StreamError is why a stream ends (RFC 6120 §4.9): Condition is the element's name, Text is for people.
type StreamError struct {
	Condition string
	Text      string
	// App is the name of an element that says more, in the namespace appSpace.
	app, appSpace string
}

// Error describes e for the log.
func (e *StreamError) Error() string {
	if e.Text != "" {
		return "stream error " + e.Condition + ": " + e.Text
	}
	return "stream error " + e.Condition
}

func (e *StreamError) append(dst []byte) []byte {
	dst = append(dst, `<stream:error xmlns:stream="`+NSStream+`"><`+e.Condition+` xmlns="`+NSStreams+`"/>`...)
	if e.Text != "" {
		dst = append(dst, `<text xmlns="`+NSStreams+`" xml:lang="en">`...)
		dst = append(AppendText(dst, e.Text), "</text>"...)
	}
	if e.app != "" {
		dst = append(dst, "<"+e.app+` xmlns="`+e.appSpace+`"/>`...)
	}
	return append(dst, "</stream:error>"...)
}

// Reasons for a stream to end that the peer is not told.
var (
	errPeerClosed = errors.New("closed by the peer")
	errReplaced   = errors.New("replaced by another stream")
)

// asStreamError returns what the peer is to be told about err; nil for nothing, as when the connection broke.
func asStreamError(err error) *StreamError {
	if e, ok := errors.AsType[*StreamError](err); ok {
		return e
	}
	for _, known := range []error{ErrNotWellFormed, ErrRestrictedXML, ErrBadPrefix, ErrEncoding, ErrInvalidXMLNS} {
		if errors.Is(err, known) {
			return &StreamError{Condition: known.Error()}
		}
	}
	if errors.Is(err, ErrTooDeep) {
		return &StreamError{Condition: "policy-violation", Text: "the XML is nested too deeply or has too many attributes"}
	}
	return nil
}

// stanzaTooBig is what RFC 6120 §13.12 and XEP-0478's practice say to an element that is too long.
func stanzaTooBig() *StreamError {
	return &StreamError{Condition: "policy-violation", Text: "stanza too big", app: "stanza-too-big", appSpace: "urn:xmpp:errors"}
}
