package xmpp

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/xdg-go/scram"
)

// mechanisms lists what the stream offers now, the strongest first.
func (c *stream) mechanisms() []string {
	switch {
	case c.mustStartTLS():
		return nil
	case c.host.cfg.Auth == AuthAnonymous:
		return []string{"ANONYMOUS"}
	case c.tr.secure() || c.srv.cfg.AllowPlain:
		return []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}
	}
	return []string{"SCRAM-SHA-256", "SCRAM-SHA-1"}
}

// newExchange begins an attempt with a mechanism, or returns nil if it is not offered.
func (c *stream) newExchange(mechanism string) *saslExchange {
	for _, m := range c.mechanisms() {
		if m != mechanism {
			continue
		}
		x := &saslExchange{mechanism: m}
		switch m {
		case "ANONYMOUS":
			x.step = c.stepAnonymous
		case "PLAIN":
			x.step = c.stepPlain
		case "SCRAM-SHA-1":
			x.step = c.scram(scram.SHA1, SHA1)
		case "SCRAM-SHA-256":
			x.step = c.scram(scram.SHA256, SHA256)
		}
		return x
	}
	return nil
}

// stepAnonymous gives the client a random name (RFC 4505). Jitsi's clients take the first eight characters as their nick. A client
// that comes back to resume a session gets the name it had, since only the same bare address may resume (XEP-0198 §5).
func (c *stream) stepAnonymous(context.Context, []byte) saslAnswer {
	if c.previd != "" {
		if s, ok := c.srv.resumable.load(c.previd); ok && s.anonymous && s.jid.domain == c.host.cfg.Name {
			return saslAnswer{done: true, user: s.jid.Bare()}
		}
	}
	return saslAnswer{done: true, user: JID{local: newUUID(), domain: c.host.cfg.Name}}
}

// newUUID returns a random UUID (RFC 9562 §5.4).
func newUUID() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	dst := make([]byte, 36)
	hex.Encode(dst, u[:4])
	hex.Encode(dst[9:], u[4:6])
	hex.Encode(dst[14:], u[6:8])
	hex.Encode(dst[19:], u[8:10])
	hex.Encode(dst[24:], u[10:])
	dst[8], dst[13], dst[18], dst[23] = '-', '-', '-', '-'
	return string(dst)
}

// stepPlain checks a password sent in the clear (RFC 4616).
func (c *stream) stepPlain(ctx context.Context, in []byte) saslAnswer {
	parts := bytes.Split(in, []byte{0})
	if len(parts) != 3 || len(parts[1]) == 0 || len(parts[2]) == 0 {
		return saslFailure("malformed-request", "")
	}
	authz, name, password := string(parts[0]), string(parts[1]), string(parts[2])
	user, fail := c.saslUser(name, authz)
	if fail.failure != "" {
		return fail
	}
	if fail := c.throttled(user); fail.failure != "" {
		return fail
	}
	id, ok, err := c.srv.deps.Accounts.Verify(ctx, name, c.host.cfg.Name, password)
	switch {
	case err != nil:
		return c.storeFailed(err)
	case !ok:
		return c.wrongPassword(user)
	}
	c.srv.throttle.succeeded(user, c.remote)
	return saslAnswer{done: true, user: user, password: id}
}

// scram checks a proof (RFC 5802) with stored keys.
func (c *stream) scram(h scram.HashGeneratorFcn, hash ScramHash) func(context.Context, []byte) saslAnswer {
	var conv *scram.ServerConversation
	var user JID
	var id PasswordID
	return func(ctx context.Context, in []byte) saslAnswer {
		if conv != nil {
			a := c.scramProof(conv, user, in)
			a.password = id
			return a
		}
		var early saslAnswer // a failure that the look-up has found
		var storeErr error
		server, err := h.NewServer(func(name string) (scram.StoredCredentials, error) {
			if user, early = c.saslUser(name, ""); early.failure != "" {
				return scram.StoredCredentials{}, ErrClosed
			}
			if early = c.throttled(user); early.failure != "" {
				return scram.StoredCredentials{}, ErrClosed
			}
			var keys scram.StoredCredentials
			keys, id, storeErr = c.srv.deps.Accounts.Credentials(ctx, name, c.host.cfg.Name, hash)
			return keys, storeErr
		})
		if err != nil {
			return c.storeFailed(err)
		}
		conv = server.NewConversation()
		challenge, err := conv.Step(string(in))
		switch {
		case early.failure != "":
			return early
		case storeErr != nil:
			return c.storeFailed(storeErr)
		case err != nil:
			return saslFailure("malformed-request", "")
		}
		if authz := conv.AuthzID(); authz != "" && authz != user.String() {
			return saslFailure("invalid-authzid", "")
		}
		return saslAnswer{challenge: []byte(challenge)}
	}
}

func (c *stream) scramProof(conv *scram.ServerConversation, user JID, in []byte) saslAnswer {
	verifier, err := conv.Step(string(in))
	if err != nil || !conv.Valid() {
		if strings.HasPrefix(verifier, "e=") {
			return c.wrongPassword(user)
		}
		return saslFailure("malformed-request", "")
	}
	c.srv.throttle.succeeded(user, c.remote)
	return saslAnswer{done: true, user: user, success: []byte(verifier)}
}

// saslUser prepares the name that a client gave. A name that cannot be is refused as a wrong password is.
func (c *stream) saslUser(name, authz string) (JID, saslAnswer) {
	user, err := NewJID(name, c.host.cfg.Name, "")
	switch {
	case err != nil || user.local == "":
		return JID{}, c.wrongPassword(JID{domain: c.host.cfg.Name})
	case authz != "" && !strings.EqualFold(authz, user.String()):
		return JID{}, saslFailure("invalid-authzid", "")
	}
	return user, saslAnswer{}
}

// throttled waits for as long as earlier failures make an attempt wait.
func (c *stream) throttled(user JID) saslAnswer {
	if c.srv.throttle.wait(user, c.remote, c.srv.done, &c.srv.count) {
		return saslAnswer{}
	}
	return saslFailure("temporary-auth-failure", "Too many failed attempts. Try again in a minute.")
}

func (c *stream) wrongPassword(user JID) saslAnswer {
	if c.srv.throttle.failed(user, c.remote) {
		return saslFailure("not-authorized", "Wrong user name or password. After many failed attempts the next ones are slowed down.")
	}
	return saslFailure("not-authorized", "Wrong user name or password.")
}

func (c *stream) storeFailed(err error) saslAnswer {
	c.log.Error("look up account", "err", err)
	return saslFailure("temporary-auth-failure", "The accounts cannot be read at the moment.")
}
