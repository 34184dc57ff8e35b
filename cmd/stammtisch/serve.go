package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"stammtisch/configs"
	"stammtisch/configs/datadir"
	"stammtisch/meetweb"
	"stammtisch/xmpp"
	"stammtisch/xmpp/accounts"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
)

// The roles that a process may have.
const (
	roleXMPP   = "xmpp" // streams, accounts and rooms
	roleFocus  = "focus"
	roleBridge = "bridge"
	roleWeb    = "web"
)

func newServe(std streams, set *settings) *cobra.Command {
	var roles []string
	var printConfig bool
	all := []string{roleXMPP, roleFocus, roleBridge, roleWeb}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it gets SIGTERM or SIGINT, or its terminal is closed; then it says goodbye to everybody.
A second SIGTERM or SIGINT ends it at once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(roles) == 0 {
				return usage("no role; there are %s", strings.Join(all, ", "))
			}
			for _, r := range roles {
				if !slices.Contains(all, r) {
					return usage("unknown role %q; there are %s", r, strings.Join(all, ", "))
				}
			}
			cfg, err := set.load()
			if err != nil {
				return err
			}
			if printConfig {
				return cfg.Print(std.out)
			}
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return serve(ctx, cfg, roles, std)
		},
	}
	cmd.Flags().StringSliceVar(&roles, "roles", all, "what this process does, of "+strings.Join(all, ", "))
	_ = cmd.RegisterFlagCompletionFunc("roles", cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
	cmd.Flags().BoolVar(&printConfig, "print-config", false, "print the effective configuration, with comments, and exit")
	return cmd
}

// untilSignal returns a context that ends with the first signal to stop, SIGHUP among them unless that is ignored as under nohup. A second
// one has its usual effect, but for SIGHUP: of a terminal that is closed it comes twice, from the shell that passes it on to its jobs and
// from the terminal when that shell has ended.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	stop := release
	if !signal.Ignored(syscall.SIGHUP) {
		hangup, releaseHangup := signal.NotifyContext(ctx, syscall.SIGHUP)
		ctx, stop = hangup, func() { releaseHangup(); release() }
	}
	context.AfterFunc(ctx, release)
	return ctx, stop
}

// assembly is what serve puts together before anything runs.
type assembly struct {
	cfg   *configs.Config
	roles []string
	log   *slog.Logger
	dir   *datadir.Dir

	domains domains
	xmpp    *xmpp.Server // with role xmpp
	// webServer, with role web, is there when anybody connects.
	webServer *meetweb.Server

	store *accounts.SQLite // with role xmpp
	// endLogins makes the focus forget an account's logins; nil without one here.
	endLogins func(account xmpp.JID)
	registry  *prometheus.Registry
	web       endpoints   // what the others give to the web server
	list      []component // in the order of their start
}

func (a *assembly) has(role string) bool { return slices.Contains(a.roles, role) }

// add appends a component; the order of these calls is the order of the start.
func (a *assembly) add(c component) { a.list = append(a.list, c) }

// serve runs a server until ctx ends.
func serve(ctx context.Context, cfg *configs.Config, roles []string, std streams) (err error) {
	a := &assembly{cfg: cfg, roles: roles, log: newLogger(std.err, cfg.Log), registry: prometheus.NewRegistry()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if a.domains, err = newDomains(cfg.Domain); err != nil {
		return err
	}
	if a.dir, err = datadir.Open(cfg.Data); err != nil {
		return err
	}
	greeting := ""
	if a.has(roleXMPP) {
		if a.store, err = accounts.Open(ctx, a.dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.store.Close()) }()
		if err := a.store.Check(ctx); err != nil {
			return err
		}
	}
	for _, step := range a.steps() {
		if err := step(); err != nil {
			return err
		}
	}
	return runAll(ctx, a.log, a.list, cfg.Grace, func() {
		if a.store != nil {
			greeting = a.firstAccount(ctx, isTerminal(std.out))
		}
		a.announce(std, greeting)
	})
}

// steps builds the components in the order of their start: each may use what those before it left in the assembly.
func (a *assembly) steps() []func() error {
	return []func() error{a.addXMPP, a.addBridge, a.addFocus, a.addWeb, a.addMetrics}
}

// announce says that the server is up, to people on a terminal and to the log.
func (a *assembly) announce(std streams, greeting string) {
	a.log.Info("running", "version", versionText(), "domain", a.cfg.Domain, "roles", strings.Join(a.roles, ","), "url", a.cfg.Web.URL, "data", a.cfg.Data)
	if !isTerminal(std.out) || !a.has(roleWeb) {
		return
	}
	fmt.Fprintf(std.out, "\n  Open     %s\n%s", a.cfg.Web.URL, greeting)
	if a.cfg.Web.TLS == configs.SelfSigned {
		fmt.Fprintln(std.out, "  Your browser will warn of the self-signed certificate: that is this server's own.")
	}
	fmt.Fprintln(std.out, "  Stop     Ctrl+C")
	fmt.Fprintln(std.out)
}
