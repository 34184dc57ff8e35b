package xmpp

import (
	"context"
	"fmt"
)

// EndAccount ends the sessions of an account that was deleted or got another password, with a stream error whose text is reason: those
// whose clients have logged in with another password than it has now. In-process links stay.
func (s *Server) EndAccount(account JID, reason string) {
	now, err := s.passwordOf(account)
	if err != nil {
		s.log.Error("end the sessions of a changed account", "err", err)
	}
	for _, r := range s.router.sessionsOf(account.Bare()) {
		sess, ok := r.(*session)
		if ok && (err != nil || !sess.openedWith(now)) {
			sess.kick(accountChanged(reason), "account changed")
		}
	}
}

func accountChanged(reason string) *StreamError {
	return &StreamError{Condition: "not-authorized", Text: reason}
}

// passwordOf names the password that an account has now; "" for none.
func (s *Server) passwordOf(account JID) (PasswordID, error) {
	h := s.hosts[account.domain]
	if h == nil || h.cfg.Auth != AuthAccounts {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	_, id, err := s.deps.Accounts.Credentials(ctx, account.local, account.domain, SHA256)
	if err != nil {
		return "", fmt.Errorf("look up account: %w", err)
	}
	return id, nil
}

func (s *session) openedWith(id PasswordID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by == id
}

// checkPassword fails if the account's password is another one by now than the client has logged in with. EndAccount sees sessions
// only: what happens between a login and its session is found here.
func (c *stream) checkPassword() error {
	now, err := c.srv.passwordOf(c.user)
	switch {
	case err != nil:
		c.log.Error("check the password again", "err", err)
		return &StreamError{Condition: "internal-server-error", Text: "The accounts cannot be read at the moment."}
	case now != c.password:
		return accountChanged("the account has changed")
	}
	return nil
}
