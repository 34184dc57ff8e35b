package main

import (
	"stammtisch/xmpp/accounts"

	"github.com/spf13/cobra"
)

func newRegister(std streams, set *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "register USER HOST [PASSWORD]",
		Short: "Create an account",
		Long: `Create an account on HOST, the configuration's domain. USER@HOST may be written in one.

Without PASSWORD it is asked for twice, without echo, or read from the first line
of standard input when that is no terminal. That is also safer: other users of
this machine can see the arguments of programs.`,
		Example: "  stammtisch register alice localhost\n  pwgen -s 24 1 | tee alice.txt | stammtisch register alice localhost",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAccount(cmd, std, set, args, true, accounts.Store.Register)
		},
	}
}
