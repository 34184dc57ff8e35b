package xmpp

import "time"

// tlsTransport is a transport that can be secured after it was opened.
type tlsTransport interface {
	transport
	// startTLS does the handshake as the server.
	startTLS(deadline time.Time) error
}

func (c *stream) canStartTLS() bool {
	_, ok := c.tr.(tlsTransport)
	return ok && c.srv.cfg.TLS != nil && !c.tr.secure()
}

// startTLS handles a request to secure the stream (RFC 6120 §5.4).
func (c *stream) startTLS(*Element) error {
	if c.state != awaitAuth || !c.canStartTLS() || c.exchange != nil {
		_ = c.send([]byte(`<failure xmlns="` + NSTLS + `"/>`))
		return errPeerClosed
	}
	if err := c.send([]byte(`<proceed xmlns="` + NSTLS + `"/>`)); err != nil {
		return err
	}
	<-c.out.drained()
	if err := c.tr.(tlsTransport).startTLS(time.Now().Add(c.srv.cfg.Limits.PreAuthTime)); err != nil {
		return err
	}
	c.state = awaitOpen
	c.tr.restart()
	return nil
}
