package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stammtisch/configs"
	"stammtisch/configs/datadir"
	"stammtisch/xmpp/accounts"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // it was tried and did not work
	exitUsage   = 2 // it was not tried: the command line is wrong
)

// streams are a program's standard streams. in and out may be files, terminals among them.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func stdio() streams { return streams{in: os.Stdin, out: os.Stdout, err: os.Stderr} }

// usageError is a mistake on the command line.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run carries a command line out and returns the exit code. Errors go to the error stream with the program's name in front.
func run(ctx context.Context, args []string, std streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	started := false // before a command's own code runs, every error is about the command line
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(std.err, "stammtisch: %s\n", line)
	}
	var wrong usageError
	if !started || errors.As(err, &wrong) {
		fmt.Fprintln(std.err, "Try 'stammtisch help'.")
		return exitUsage
	}
	return exitFailure
}

// settings are what the flags that all commands share say.
type settings struct {
	config, data string
}

func newRoot(std streams) *cobra.Command {
	set := new(settings)
	root := &cobra.Command{
		Use:   "stammtisch",
		Short: "Video conferences on your own server, for Jitsi clients and its own web client",
		Long: `Video conferences on your own server, for Jitsi clients and its own web client.

'stammtisch serve' without any configuration serves on https://localhost:8443.
The commands for accounts work while the server runs.`,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	flags := root.PersistentFlags()
	flags.StringVar(&set.config, "config", "", "configuration `file` (default $STAMMTISCH_CONFIG, else none)")
	flags.StringVar(&set.data, "data", "", "data `directory`, instead of the configuration's")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml") // fails for unknown flags only
	_ = root.MarkPersistentFlagDirname("data")
	root.AddCommand(newServe(std, set), newRegister(std, set), newPasswd(std, set), newDeluser(set), newUsers(std, set), newVersion(std))
	return root
}

// load reads the configuration.
func (s *settings) load() (*configs.Config, error) {
	file := s.config
	if file == "" {
		file = os.Getenv("STAMMTISCH_CONFIG")
	}
	return configs.Load(configs.Source{File: file, Data: s.data, Getenv: os.LookupEnv, Root: os.Geteuid() == 0})
}

// store opens the accounts that the configuration names. With create it makes what is missing; without, that there are none is an
// error: more often than not the wrong directory is meant.
func (s *settings) store(ctx context.Context, create bool) (*accounts.SQLite, *configs.Config, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, accounts.FileName)); !create && errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("no accounts in %s; give the same --config and --data as the server", cfg.Data)
	}
	dir, err := datadir.Open(cfg.Data)
	if err != nil {
		return nil, nil, err
	}
	store, err := accounts.Open(ctx, dir)
	return store, cfg, err
}
