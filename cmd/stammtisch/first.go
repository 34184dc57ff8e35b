package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
)

// firstUser is the account that the very first start creates, and firstFile where its password stands when no terminal shows it.
const (
	firstUser = "host"
	firstFile = "first-password.txt"
)

// firstAccount creates the host's account at the very first start. It returns lines for the terminal that say how to log in; without
// a terminal the password goes to a file of mode 0600, which the log names. The log never shows it.
func (a *assembly) firstAccount(ctx context.Context, terminal bool) string {
	password := newPassword()
	created, err := a.store.RegisterFirst(ctx, firstUser, a.cfg.Domain, password)
	if err != nil {
		a.log.Error("cannot create the first account; make one with 'stammtisch register'", "err", err)
		return ""
	}
	if !created {
		return fmt.Sprintf("  Log in   with your account; 'stammtisch register NAME %s' makes one, 'stammtisch passwd' sets a new password\n", a.cfg.Domain)
	}
	if terminal {
		return fmt.Sprintf("  Log in   as %s with the password %s (shown only now; 'stammtisch passwd %s %s' sets another)\n", firstUser, password, firstUser, a.cfg.Domain)
	}
	text := fmt.Sprintf("account: %s@%s\npassword: %s\n", firstUser, a.cfg.Domain, password)
	if err := a.dir.Write(firstFile, []byte(text)); err != nil {
		a.log.Error("created the first account, but cannot write its password down; set one with 'stammtisch passwd'", "account", firstUser+"@"+a.cfg.Domain, "err", err)
		return ""
	}
	a.log.Info("created the first account; its password is in the file", "account", firstUser+"@"+a.cfg.Domain, "file", a.dir.Path(firstFile))
	return ""
}

// newPassword returns 20 random letters and digits (100 bits) in groups that are easy to type.
func newPassword() string {
	text := strings.ToLower(rand.Text())[:20]
	var groups []string
	for len(text) > 0 {
		groups, text = append(groups, text[:5]), text[5:]
	}
	return strings.Join(groups, "-")
}
