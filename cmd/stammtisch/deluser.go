package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func newDeluser(set *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "deluser USER HOST",
		Short: "Delete an account",
		Long:  "Delete an account. A running server ends the account's sessions within two seconds.",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			user, host, _, err := accountArgs(args, 0)
			if err != nil {
				return err
			}
			store, _, err := set.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			// Any host: what an older configuration left behind can be removed too.
			return store.Delete(cmd.Context(), user, host)
		},
	}
}
