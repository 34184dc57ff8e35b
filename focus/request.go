package focus

import (
	"context"
	"errors"
	"net/url"

	"stammtisch/xmpp"
)

// ConferenceRequest admits a request and makes the conference run; it waits until the focus is in the room, or says "not ready" after
// a while. The error is an *xmpp.Error for who asked, or ctx's. It is safe for concurrent use.
func (f *Focus) ConferenceRequest(ctx context.Context, req Request) (Response, error) {
	type answer struct {
		resp Response
		err  error
	}
	got := make(chan answer, 1) // buffered: the conference never waits for us
	f.request(req, func(resp Response, err error) { got <- answer{resp, err} })
	select {
	case a := <-got:
		return a.resp, a.err
	case <-ctx.Done():
		return Response{}, ctx.Err()
	}
}

// request is ConferenceRequest without waiting; done is called exactly once, from any goroutine, and must not wait.
func (f *Focus) request(req Request, done func(Response, error)) {
	now := f.now()
	room, breakout, err := f.admission.room(req.Room)
	if err != nil {
		done(Response{}, err)
		return
	}
	session, err := f.admission.admit(req, breakout, f.registry.alive(room), now)
	if err != nil {
		done(Response{}, err)
		return
	}
	answer := func(ready bool) { done(f.admission.response(room, f.link.JID(), session, ready), nil) }
	// A conference may end just now; then another one takes its place.
	for range 3 {
		r, err := f.join(room, breakout, req)
		if errors.Is(err, errTooMany) || errors.Is(err, errTooManyOwn) {
			done(Response{}, &xmpp.Error{Type: xmpp.Wait, Condition: xmpp.ResourceConstraint, Err: err})
			return
		}
		if err != nil {
			break
		}
		if session.id != "" {
			_ = r.post(authenticatedEvent{req.From}) // if it fails, so does the next
		}
		if r.post(requestEvent{answer}) == nil {
			return
		}
	}
	// Clients give up at any error; this makes them ask again.
	answer(false)
}

// join returns the running conference of a room, started if need be.
func (f *Focus) join(room xmpp.JID, breakout bool, req Request) (*runner, error) {
	r, created, err := f.registry.open(room, req.From)
	if err != nil || !created {
		return r, err
	}
	c, err := f.newConference(r, breakout, parseProperties(req.Properties))
	if err != nil {
		f.registry.close(r)
		f.registry.running.Done()
		return nil, err
	}
	f.created.Add(1)
	log := r.log(f.log)
	log.Info("conference starts")
	log.Debug("conference has a room", "room", room.Local())
	go func() {
		defer f.registry.running.Done()
		f.run(r, c)
	}()
	return r, nil
}

// realSender returns who sent an IQ: what the proxy component forwards has the sender's address as its resource.
func (f *Focus) realSender(st xmpp.Stanza) (xmpp.JID, error) {
	if st.From.DomainJID() != f.cfg.ProxyDomain || st.From.Local() != "" {
		return st.From, nil
	}
	return xmpp.ParseJID(st.From.Resource())
}

// answerFocusIQ handles the IQs of namespace focus: conference, login-url, logout. It returns false for others.
func (f *Focus) answerFocusIQ(st xmpp.Stanza) bool {
	handle, known := map[string]func(xmpp.Stanza, *xmpp.Element){
		"conference": f.conferenceIQ, "login-url": f.loginURL, "logout": f.logout,
	}[st.Child.Local]
	if !known {
		return false
	}
	el := st.Find(xmpp.NSFocus, st.Child.Local)
	if el == nil {
		f.refuse(st, refused(xmpp.Modify, xmpp.BadRequest, ""))
		return true
	}
	handle(st, el)
	return true
}

func (f *Focus) conferenceIQ(st xmpp.Stanza, el *xmpp.Element) {
	from, err := f.realSender(st)
	if err != nil {
		f.refuse(st, refused(xmpp.Modify, xmpp.JIDMalformed, ""))
		return
	}
	req := Request{Room: el.Attr("room"), MachineUID: el.Attr("machine-uid"), SessionID: el.Attr("session-id"), From: from,
		Properties: map[string]string{}}
	for p := range el.All(xmpp.NSFocus, "property") {
		req.Properties[p.Attr("name")] = p.Attr("value")
	}
	f.request(req, func(resp Response, err error) {
		if err != nil {
			f.log.Debug("conference request refused", "err", err)
			f.refuse(st, err)
			return
		}
		f.send(st.Result(resp.element()))
	})
}

// element builds the answer's payload.
func (r Response) element() *xmpp.Element {
	ready := "false"
	if r.Ready {
		ready = "true"
	}
	el := xmpp.NewElement(xmpp.NSFocus, "conference", "room", r.Room.String(), "ready", ready, "focusjid", r.FocusJID.String(),
		"session-id", r.SessionID, "identity", r.Identity)
	for _, name := range []string{"authentication", "externalAuth", "visitors-supported"} {
		if v, ok := r.Properties[name]; ok {
			el.With(xmpp.NewElement(xmpp.NSFocus, "property", "name", name, "value", v))
		}
	}
	return el
}

// loginURL tells where to log in: the room's own page asks for the account.
func (f *Focus) loginURL(st xmpp.Stanza, el *xmpp.Element) {
	room, _, err := f.admission.room(el.Attr("room"))
	switch {
	case el.Attr("room") == "" || err != nil:
		f.refuse(st, refused(xmpp.Modify, xmpp.NotAcceptable, "missing room"))
	case el.Attr("machine-uid") == "":
		f.refuse(st, refused(xmpp.Modify, xmpp.BadRequest, "missing machine-uid"))
	case !f.cfg.Authentication:
		f.refuse(st, refused(xmpp.Cancel, xmpp.ServiceUnavailable, ""))
	default:
		out := xmpp.NewElement(xmpp.NSFocus, "login-url", "room", room.String(), "url", url.QueryEscape("./"+room.Local()+"?login=true"))
		f.send(st.Result(out))
	}
}

// EndLogins forgets the logins of an account, because it was deleted or got another password: browsers that remember one are guests
// again. It is safe for concurrent use.
func (f *Focus) EndLogins(account xmpp.JID) { f.admission.sessions.removeOf(account.Bare()) }

// logout forgets a login.
func (f *Focus) logout(st xmpp.Stanza, el *xmpp.Element) {
	if !f.admission.sessions.remove(el.Attr("session-id")) {
		f.refuse(st, sessionInvalid("unknown session"))
		return
	}
	f.send(st.Result(xmpp.NewElement(xmpp.NSFocus, "logout")))
}
