package xmpp

import (
	"crypto/rand"
	"strings"
)

// opening is what a stream's header says.
type opening struct {
	from, id string
}

// open answers a stream's header (RFC 6120 §4.7, RFC 7395 §3.4) with the server's own and the features.
func (c *stream) open(el *Element) error {
	if c.state != awaitOpen && c.state != awaitRestart {
		return &StreamError{Condition: "unsupported-stanza-type"}
	}
	return c.openTo(el.Attr("to"), el.Attr("version"))
}

func (c *stream) openTo(to, version string) error {
	h := c.srv.hosts[strings.ToLower(to)]
	name := c.srv.cfg.Hosts[0].Name
	if h != nil {
		name = h.cfg.Name
	}
	if err := c.sendOpening(name); err != nil {
		return err
	}
	switch {
	case h == nil:
		return &StreamError{Condition: "host-unknown"}
	case c.host != nil && c.host != h && c.state == awaitRestart:
		return &StreamError{Condition: "host-unknown", Text: "the host changed within the stream"}
	case version != "" && !strings.HasPrefix(version, "1."):
		return &StreamError{Condition: "unsupported-version"}
	}
	c.host = h
	if c.state == awaitRestart && !c.user.IsZero() {
		c.state = awaitBind
	} else {
		c.state = awaitAuth
	}
	return c.send(c.features())
}

func (c *stream) sendOpening(from string) error {
	c.opened.Store(true)
	if raw := c.tr.appendOpen(nil, opening{from, rand.Text()}); raw != nil {
		return c.send(raw)
	}
	return nil
}

// features builds the stream features for the state that the stream is in (RFC 6120 §4.3.2).
func (c *stream) features() []byte {
	dst := []byte(`<stream:features xmlns:stream="` + NSStream + `" xmlns="` + NSClient + `">`)
	switch {
	case c.state == awaitBind:
		dst = append(dst, `<bind xmlns="`+NSBind+`"><required/></bind>`...)
		if c.kind != "bosh" {
			dst = append(dst, `<sm xmlns="`+NSSM+`"><optional/></sm>`...)
		}
	default:
		if c.canStartTLS() {
			dst = append(dst, `<starttls xmlns="`+NSTLS+`">`...)
			if c.srv.cfg.RequireTLS {
				dst = append(dst, "<required/>"...)
			}
			dst = append(dst, "</starttls>"...)
		}
		if ms := c.mechanisms(); len(ms) > 0 {
			dst = append(dst, `<mechanisms xmlns="`+NSSASL+`">`...)
			for _, m := range ms {
				dst = append(append(append(dst, "<mechanism>"...), m...), "</mechanism>"...)
			}
			dst = append(dst, "</mechanisms>"...)
		}
	}
	return append(dst, "</stream:features>"...)
}
