package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stammtisch/configs"
	"stammtisch/xmpp/accounts"

	"github.com/spf13/cobra"
)

// accountArgs takes USER HOST, or USER@HOST, from the front of args and returns the rest, of which at most most may be there.
func accountArgs(args []string, most int) (user, host string, rest []string, err error) {
	switch {
	case len(args) > 0 && strings.Contains(args[0], "@"):
		at := strings.LastIndexByte(args[0], '@')
		user, host, rest = args[0][:at], args[0][at+1:], args[1:]
	case len(args) >= 2:
		user, host, rest = args[0], args[1], args[2:]
	default:
		return "", "", nil, usage("USER and HOST are needed, as in: alice localhost")
	}
	if len(rest) > most {
		return "", "", nil, usage("too many arguments: %q", rest[most:])
	}
	return user, host, rest, nil
}

// checkHost refuses hosts that this server keeps no accounts for: an account there could never log in.
func checkHost(cfg *configs.Config, host string) error {
	people, components := cfg.Domain, "auth."+cfg.Domain
	if h := strings.ToLower(host); h != people && h != components {
		return fmt.Errorf("no accounts are kept for host %s, only for %s (and %s, for components); the configuration's domain decides", host, people, components)
	}
	return nil
}

// checkAccount refuses an account that exists and is to be created, or the reverse, before anybody types a password for it.
func checkAccount(ctx context.Context, store accounts.Store, user, host string, create bool) error {
	found, err := store.Lookup(ctx, user, host)
	switch {
	case err != nil:
		return err
	case found.Exists && create:
		return fmt.Errorf("%s@%s: %w; 'stammtisch passwd' changes its password", found.User, found.Host, accounts.ErrExists)
	case !found.Exists && !create:
		return fmt.Errorf("%s@%s: %w", found.User, found.Host, accounts.ErrNotFound)
	}
	return nil
}

// withAccount runs do on the account that args name, with the password that they give or that is asked for. With create it is a new
// account, else one that exists.
func withAccount(cmd *cobra.Command, std streams, set *settings, args []string, create bool,
	do func(store accounts.Store, ctx context.Context, user, host, password string) error) (err error) {
	user, host, rest, err := accountArgs(args, 1)
	if err != nil {
		return err
	}
	store, cfg, err := set.store(cmd.Context(), create)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := checkHost(cfg, host); err != nil {
		return err
	}
	if err := checkAccount(cmd.Context(), store, user, host, create); err != nil {
		return err
	}
	var password string
	if len(rest) == 1 {
		password = rest[0]
	} else if password, err = askPassword(std, user+"@"+host); err != nil {
		return err
	}
	return do(store, cmd.Context(), user, host, password)
}
