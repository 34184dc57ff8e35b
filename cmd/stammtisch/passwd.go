package main

import (
	"stammtisch/xmpp/accounts"

	"github.com/spf13/cobra"
)

func newPasswd(std streams, set *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "passwd USER HOST [PASSWORD]",
		Short: "Change an account's password",
		Long: `Change an account's password. A running server ends the account's sessions within
two seconds. The password is asked for as by 'stammtisch register'.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAccount(cmd, std, set, args, false, accounts.Store.SetPassword)
		},
	}
}
