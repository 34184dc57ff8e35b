package xmpp

import (
	"context"
	"encoding/base64"
	"strings"
	"time"
)

// SASL (RFC 6120 §6) on the server's side. The mechanisms are in saslmech.go, the delays after failures in throttle.go.

// saslExchange is one attempt to authenticate.
type saslExchange struct {
	mechanism string
	step      func(ctx context.Context, in []byte) saslAnswer
}

// saslAnswer is what a mechanism answers to one message of the client.
type saslAnswer struct {
	challenge []byte // goes out as <challenge/> unless done
	done      bool
	success   []byte // with <success/>
	user      JID    // bare; who it is
	password  PasswordID
	failure   string // a condition of RFC 6120 §6.5, or ""
	text      string
}

func saslFailure(condition, text string) saslAnswer {
	return saslAnswer{done: true, failure: condition, text: text}
}

// lookupTime bounds a question to the account store.
const lookupTime = 10 * time.Second

// attempts bounds the failures on one stream (RFC 6120 §6.4.5 asks for 2 at least).
const attempts = 6

// auth begins an attempt.
func (c *stream) auth(el *Element) error {
	switch {
	case c.state != awaitAuth || c.exchange != nil:
		return &StreamError{Condition: "not-authorized"}
	case c.mustStartTLS():
		return c.authFailed("encryption-required", "", false)
	}
	mech := el.Attr("mechanism")
	c.exchange = c.newExchange(mech)
	if c.exchange == nil {
		return c.authFailed("invalid-mechanism", "", false)
	}
	if strings.TrimSpace(el.Text) == "" && mech != "ANONYMOUS" {
		return c.send([]byte(`<challenge xmlns="` + NSSASL + `"/>`)) // the initial response comes after
	}
	return c.authStep(el)
}

// response continues an attempt.
func (c *stream) response(el *Element) error {
	if c.state != awaitAuth || c.exchange == nil {
		return &StreamError{Condition: "not-authorized"}
	}
	return c.authStep(el)
}

func (c *stream) abortAuth(*Element) error {
	if c.state != awaitAuth {
		return &StreamError{Condition: "not-authorized"}
	}
	return c.authFailed("aborted", "", false)
}

func (c *stream) authStep(el *Element) error {
	text := strings.TrimSpace(el.Text)
	if text == "=" { // RFC 6120 §6.4.2: an empty initial response
		text = ""
	}
	in, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return c.authFailed("incorrect-encoding", "", false)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	a := c.exchange.step(ctx, in)
	switch {
	case a.failure != "":
		return c.authFailed(a.failure, a.text, true)
	case !a.done:
		return c.send(saslElement("challenge", a.challenge))
	}
	c.exchange = nil
	c.user, c.password, c.anonymous = a.user, a.password, c.host.cfg.Auth == AuthAnonymous
	c.state = awaitRestart
	c.srv.count.authOK.Add(1)
	c.log.Debug("authenticated", "mechanism", el.Attr("mechanism"))
	c.tr.allow(c.srv.cfg.Limits.StanzaBytes)
	if err := c.send(saslElement("success", a.success)); err != nil {
		return err
	}
	c.tr.restart()
	return nil
}

// authFailed answers an attempt that failed; the client may try again a few times (RFC 6120 §6.4.5).
func (c *stream) authFailed(condition, text string, counted bool) error {
	c.exchange = nil
	if counted {
		c.srv.count.authFailed.Add(1)
	}
	raw := []byte(`<failure xmlns="` + NSSASL + `"><` + condition + `/>`)
	if text != "" {
		raw = append(AppendText(append(raw, `<text xml:lang="en">`...), text), "</text>"...)
	}
	if err := c.send(append(raw, "</failure>"...)); err != nil {
		return err
	}
	if c.failures++; c.failures >= attempts {
		return &StreamError{Condition: "policy-violation", Text: "too many attempts to authenticate"}
	}
	return nil
}

func (c *stream) mustStartTLS() bool {
	return c.srv.cfg.RequireTLS && c.canStartTLS()
}

func saslElement(name string, data []byte) []byte {
	dst := []byte("<" + name + ` xmlns="` + NSSASL + `"`)
	if data == nil {
		return append(dst, "/>"...)
	}
	dst = append(dst, '>')
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, "</"+name+">"...)
}
