package bridge

import (
	"fmt"

	"stammtisch/bridge/transport"
	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// modify hands a conference-modify to its conference, which answers in order of arrival; creating one if asked.
func (s *Service) modify(st xmpp.Stanza) {
	req, err := jingle.ParseConferenceModify(st.Find(jingle.NSColibri2, "conference-modify"))
	if err == nil {
		err = validRequest(req)
	}
	if err != nil {
		s.refuse(st, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findLocked(req)
	if err != nil {
		s.refuse(st, err)
		return
	}
	if !c.post(func() { c.answer(st, req) }) {
		s.refuse(st, jingle.ColibriError(xmpp.ResourceConstraint, jingle.ReasonUnspecified, "conference is overloaded", ""))
	}
}

// answer carries out req, which came as st. A conference that is to end, or that is left without endpoints other than by being made,
// has ended when the answer is sent, so that the same meeting can begin anew.
func (c *conference) answer(st xmpp.Stanza, req *jingle.ConferenceModify) {
	var answer *jingle.ConferenceModified
	err := errInternal() // what the focus gets if this panics
	defer func() {
		if err != nil {
			c.service.refuse(st, err)
		} else {
			c.service.send(st.Result(answer.Element()))
		}
	}()
	if c.ended {
		err = errNoConference()
		return
	}
	answer, err = c.modify(req)
	if req.Expire || len(c.endpoints) == 0 && (!req.Create || err != nil) {
		c.expire()
	}
}

func errNoConference() error {
	return jingle.ColibriError(xmpp.ItemNotFound, jingle.ReasonConferenceNotFound, "no such conference", "")
}

// validRequest refuses what Colibri2 cannot say, and relays, which this bridge does not have.
func validRequest(req *jingle.ConferenceModify) error {
	if len(req.Relays) > 0 {
		return jingle.ColibriError(xmpp.FeatureNotImplemented, jingle.ReasonFeatureNotImplemented, "relays are not supported", "")
	}
	if req.Name != "" {
		if _, err := xmpp.ParseJID(req.Name); err != nil {
			return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "conference name is no address", Err: err}
		}
	}
	if len(req.Endpoints) < 2 {
		return nil
	}
	for _, e := range req.Endpoints {
		if e.Create || e.Media != nil || e.Transport != nil || e.Sources != nil {
			return jingle.ColibriError(xmpp.FeatureNotImplemented, jingle.ReasonFeatureNotImplemented, "several endpoints can only be expired or muted at once", "")
		}
	}
	return nil
}

// findLocked returns the conference that req is for, made if req asks for it. s.mu is held.
func (s *Service) findLocked(req *jingle.ConferenceModify) (*conference, error) {
	c, exists := s.byID[req.MeetingID]
	switch {
	case s.stopped:
		return nil, jingle.ColibriError(xmpp.ServiceUnavailable, jingle.ReasonGracefulShutdown, "bridge is stopping", "")
	case exists && req.Create:
		return nil, jingle.ColibriError(xmpp.Conflict, jingle.ReasonConferenceAlreadyExists, "conference exists already", "")
	case !exists && !req.Create:
		return nil, errNoConference()
	case exists:
		return c, nil
	}
	return s.createLocked(req.MeetingID), nil
}

// modify carries out req and returns the answer. It goes endpoint by endpoint, without undoing what came before an error.
func (c *conference) modify(req *jingle.ConferenceModify) (*jingle.ConferenceModified, error) {
	answer := &jingle.ConferenceModified{}
	created := req.Create
	for i := range req.Endpoints {
		e := &req.Endpoints[i]
		out := jingle.ColibriEndpoint{ID: e.ID}
		var err error
		switch ep := c.endpoints[e.ID]; {
		case e.Expire:
			out.Expire = true
			if ep != nil {
				c.remove(ep)
			}
		case e.Create && ep != nil:
			// Without a Colibri2 reason: that would say that the conference exists.
			return nil, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.Conflict, Text: fmt.Sprintf("endpoint %s exists already", e.ID)}
		case e.Create:
			created = true
			out.Transport, err = c.create(e)
		case ep != nil:
			err = ep.update(e)
		case e.ForceMute == nil || e.Transport != nil || e.Sources != nil:
			return nil, jingle.ColibriError(xmpp.ItemNotFound, jingle.ReasonUnknownEndpoint, "no such endpoint", e.ID)
		}
		if err != nil {
			return nil, err
		}
		answer.Endpoints = append(answer.Endpoints, out)
	}
	if created {
		answer.Sources = c.feedbackSources()
	}
	return answer, nil
}

// feedbackSources are the SSRCs with which the bridge sends RTCP; clients are told of them so that they know where it comes from.
func (c *conference) feedbackSources() []jingle.MediaSource {
	source := func(media jingle.MediaType, name jingle.SourceName, ssrc uint32) jingle.MediaSource {
		return jingle.MediaSource{Type: media, ID: name, Sources: []jingle.Source{{SSRC: jingle.SSRC(ssrc), Media: media, Name: name}}}
	}
	return []jingle.MediaSource{
		source(jingle.Audio, "jvb-a0", c.feedback.Audio), source(jingle.Video, "jvb-v0", c.feedback.Video),
	}
}

// visitorRole is of somebody who only watches.
const visitorRole = "visitor"

func errVisitorSources() error {
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "visitors have no sources"}
}

// validEndpoint refuses an endpoint that the bridge cannot create.
func validEndpoint(e *jingle.ColibriEndpoint) error {
	bad := func(text string) error {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: text}
	}
	switch {
	case e.ID == "":
		return bad("endpoint without id")
	case e.Transport == nil:
		return bad("endpoint without transport")
	case !e.HasCapability(jingle.CapSourceNames):
		return bad("endpoint without the capability source-names")
	case e.MUCRole == visitorRole && e.Sources != nil && len(*e.Sources) > 0:
		return errVisitorSources()
	}
	if sctp := e.Transport.SCTP; sctp != nil {
		if sctp.Role != "" && sctp.Role != "server" {
			return jingle.ColibriError(xmpp.FeatureNotImplemented, jingle.ReasonFeatureNotImplemented, "the bridge is the SCTP server", "")
		}
		if sctp.Port != 0 && sctp.Port != transport.SCTPPort {
			return bad("the SCTP port is 5000")
		}
	}
	return nil
}
