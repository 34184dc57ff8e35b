package jingle

import "stammtisch/xmpp"

// ColibriReason is the reason of a Colibri2 error. Its presence tells a focus that the bridge itself answered.
type ColibriReason string

// Reasons.
const (
	ReasonConferenceNotFound      ColibriReason = "conference_not_found"
	ReasonConferenceAlreadyExists ColibriReason = "conference_already_exists"
	ReasonFeatureNotImplemented   ColibriReason = "feature_not_implemented"
	ReasonGracefulShutdown        ColibriReason = "graceful_shutdown"
	ReasonUnknownEndpoint         ColibriReason = "unknown_endpoint"
	ReasonUnspecified             ColibriReason = "unspecified"
)

// ColibriError builds a bridge's error answer. endpoint is named in it where it is not empty.
func ColibriError(cond xmpp.Condition, reason ColibriReason, text string, endpoint EndpointID) *xmpp.Error {
	e := &xmpp.Error{Type: xmpp.Cancel, Condition: cond, Text: text}
	switch cond {
	case xmpp.BadRequest:
		e.Type = xmpp.Modify
	case xmpp.ServiceUnavailable, xmpp.ResourceConstraint:
		e.Type = xmpp.Wait
	}
	e.App = append(e.App, xmpp.NewElement(NSColibri2, "error", "reason", string(reason)))
	if endpoint != "" {
		e.App = append(e.App, xmpp.NewElement(NSColibri2, "endpoint", "id", string(endpoint)))
	}
	return e
}

// ColibriReasonOf returns the reason and the endpoint that an error names. ok is false where the error did not come from a bridge,
// but from the room or the server.
func ColibriReasonOf(e *xmpp.Error) (reason ColibriReason, endpoint EndpointID, ok bool) {
	for _, c := range e.App {
		switch {
		case c.Is(NSColibri2, "error"):
			reason, ok = ColibriReason(c.Attr("reason")), true
			if reason == "" {
				reason = ReasonUnspecified
			}
		case c.Is(NSColibri2, "endpoint"):
			endpoint = EndpointID(c.Attr("id"))
		}
	}
	return reason, endpoint, ok
}
