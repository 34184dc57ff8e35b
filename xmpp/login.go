package xmpp

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xdg-go/scram"
)

// login goes through a client's side of the stream negotiation (RFC 6120 §4.3) up to the bound resource.
func (l *clientLink) login() error {
	features, err := l.openStream()
	if err != nil {
		return err
	}
	if l.cfg.TLS != nil && features.Child(NSTLS, "starttls") != nil {
		if features, err = l.secureStream(); err != nil {
			return err
		}
	} else if l.cfg.RequireTLS {
		return errors.New("the server offers no TLS")
	}
	if err := l.authenticate(features); err != nil {
		return err
	}
	if features, err = l.openStream(); err != nil {
		return err
	}
	if features.Child(NSBind, "bind") == nil {
		return errors.New("the server offers no resource binding")
	}
	return l.bindResource()
}

// openStream sends the header and returns the features.
func (l *clientLink) openStream() (*Element, error) {
	l.tr.restart()
	dst := []byte(`<?xml version="1.0"?><stream:stream xmlns="` + NSClient + `" xmlns:stream="` + NSStream + `" version="1.0"`)
	dst = append(appendAttrAlways(dst, "to", l.jid.domain), '>')
	if err := l.write(dst); err != nil {
		return nil, err
	}
	if el, err := l.element(); err != nil || !el.Is(NSStream, "stream") {
		return nil, unexpected(el, err)
	}
	el, err := l.element()
	if err != nil || !el.Is(NSStream, "features") {
		return nil, unexpected(el, err)
	}
	return el, nil
}

func unexpected(el *Element, err error) error {
	switch {
	case err != nil:
		return err
	case el.Is(NSStream, "error") && len(el.Children) > 0:
		return &StreamError{Condition: el.Children[0].Name, Text: el.ChildText(NSStreams, "text")}
	}
	return fmt.Errorf("the server sends an unexpected %s", el.Name)
}

// write and element are used one after the other before the link's goroutine begins.
func (l *clientLink) write(b []byte) error {
	return l.tr.write(b, time.Now().Add(l.cfg.Limits.QueueTime))
}

func (l *clientLink) element() (*Element, error) {
	frame, err := l.tr.next()
	if err != nil {
		return nil, err
	}
	return parseTopLevel(frame)
}

func (l *clientLink) secureStream() (*Element, error) {
	if err := l.write([]byte(`<starttls xmlns="` + NSTLS + `"/>`)); err != nil {
		return nil, err
	}
	if el, err := l.element(); err != nil || !el.Is(NSTLS, "proceed") {
		return nil, unexpected(el, err)
	}
	cfg := l.cfg.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = l.jid.domain
	}
	conn := tls.Client(l.tr.raw, cfg)
	_ = l.tr.raw.SetDeadline(time.Now().Add(l.cfg.Limits.PreAuthTime))
	if err := conn.Handshake(); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	_ = l.tr.raw.SetDeadline(time.Time{})
	l.tr.secureWith(conn)
	return l.openStream()
}

// authenticate uses the strongest mechanism that the server offers.
func (l *clientLink) authenticate(features *Element) error {
	var offered []string
	for m := range features.Child(NSSASL, "mechanisms").All(NSSASL, "mechanism") {
		offered = append(offered, m.Text)
	}
	switch {
	case slices.Contains(offered, "SCRAM-SHA-256"):
		return l.authScram("SCRAM-SHA-256", scram.SHA256)
	case slices.Contains(offered, "SCRAM-SHA-1"):
		return l.authScram("SCRAM-SHA-1", scram.SHA1)
	case slices.Contains(offered, "PLAIN") && l.tr.secure():
		_, err := l.authSend("auth", "PLAIN", "\x00"+l.jid.local+"\x00"+l.cfg.Password)
		return err
	}
	return fmt.Errorf("no usable mechanism among %q", offered)
}

func (l *clientLink) authScram(mechanism string, h scram.HashGeneratorFcn) error {
	client, err := h.NewClient(l.jid.local, l.cfg.Password, "")
	if err != nil {
		return err
	}
	conv := client.NewConversation()
	message, err := conv.Step("")
	if err != nil {
		return err
	}
	name := "auth"
	for range 4 {
		el, err := l.authSend(name, mechanism, message)
		if err != nil {
			return err
		}
		in, err := base64.StdEncoding.DecodeString(el.Text)
		if err != nil {
			return err
		}
		if !conv.Done() {
			if message, err = conv.Step(string(in)); err != nil {
				return err
			}
		}
		if el.Name == "success" {
			if !conv.Valid() {
				return errors.New("the server does not know the password's keys")
			}
			return nil
		}
		name, mechanism = "response", ""
	}
	return errors.New("the authentication does not end")
}

// authSend sends a SASL message and returns a challenge or success.
func (l *clientLink) authSend(name, mechanism, message string) (*Element, error) {
	el := NewElement(NSSASL, name, "mechanism", mechanism).WithText(base64.StdEncoding.EncodeToString([]byte(message)))
	if err := l.write(el.Append(nil, "")); err != nil {
		return nil, err
	}
	answer, err := l.element()
	switch {
	case err != nil:
		return nil, err
	case answer.Is(NSSASL, "failure") && len(answer.Children) > 0:
		return nil, fmt.Errorf("authentication failed: %s %s", answer.Children[0].Name, answer.ChildText(NSSASL, "text"))
	case answer.Is(NSSASL, "challenge"), answer.Is(NSSASL, "success"):
		return answer, nil
	}
	return nil, unexpected(answer, nil)
}

func (l *clientLink) bindResource() error {
	id := rand.Text()
	bind := NewElement(NSBind, "bind").With(NewElement(NSBind, "resource").WithText(l.jid.resource))
	if err := l.write(NewStanza(IQ, "set", JID{}, JID{}, bind).WithID(id).Append(nil)); err != nil {
		return err
	}
	el, err := l.element()
	if err != nil || !el.Is(NSClient, "iq") || el.Attr("id") != id || el.Attr("type") != "result" {
		return unexpected(el, err)
	}
	if l.jid, err = ParseJID(el.Child(NSBind, "bind").ChildText(NSBind, "jid")); err != nil {
		return err
	}
	// Prosody's client_proxy finds the focus by its presence.
	return l.write([]byte(`<presence xmlns="` + NSClient + `"/>`))
}
