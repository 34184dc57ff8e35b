package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newUsers(std streams, set *settings) *cobra.Command {
	var long bool
	cmd := &cobra.Command{
		Use:   "users [HOST]",
		Short: "List the accounts",
		Long:  "List the accounts, one address per line, all or those of HOST.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			host := ""
			if len(args) == 1 {
				host = args[0]
			}
			store, _, err := set.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			list, err := store.List(cmd.Context(), host)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
			for _, a := range list {
				line := a.JID()
				if long {
					line += fmt.Sprintf("\t%s\t%s", a.Created.Format(time.DateTime), a.Updated.Format(time.DateTime))
				}
				if _, err := fmt.Fprintln(table, line); err != nil {
					return err
				}
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "with the times of creation and of the last password change")
	return cmd
}
