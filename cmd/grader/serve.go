package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/service"
)

// serveFlags are the flags of serve; those of work say how it grades itself.
type serveFlags struct {
	workFlags
	listen   string
	data     string
	metrics  string
	url      string
	proxy    []string
	noWorker bool
	hooks    hookFlags
}

func newServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the service: the API, git, and a worker",
		Long: `Serve answers the REST API (/api/v1, described by /api/v1/openapi.json), takes git
pushes (/git/COURSE/ASSIGNMENT/LOGIN.git) and grades what is handed in. The first
start prints the admin's token.

    DATABASE_URL   the PostgreSQL to use, 15 or later, once grader migrate has made its
                   tables; without, a private one runs in --data

GitHub's webhook is heard at /api/v1/hooks/github once these are set:

    ` + service.GitHubSecretEnv + `   the webhook's secret, 20 characters or more
    ` + service.GitHubTokenEnv + `    a token, where there is no --github-app: commit statuses instead of check runs

Any CI hands in at /api/v1/hooks/ci with a key that a course's staff make (docs/ci.md).
Health is at /healthz and /readyz; figures for Prometheus are at /metrics of an address of their
own, --metrics-listen. docs/operating.md tells of backups, upgrades and what to watch.`,
		Example: `grader serve
DATABASE_URL=postgres://… grader serve --no-worker --listen :8080`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkJobs(c, f.jobs); err != nil {
				return err
			}
			return f.serve(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), c.Flags().Changed("metrics-listen"))
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "answer at this ADDRESS")
	c.Flags().StringVar(&f.metrics, "metrics-listen", service.DefaultMetrics, "give figures for Prometheus at this ADDRESS, to whoever reaches it; \"\" gives none")
	c.Flags().StringVar(&f.data, "data", "", "the FOLDER of the private PostgreSQL and the pushed repositories (default below the user's own data)")
	c.Flags().StringVar(&f.url, "url", "", "the service's ADDRESS as people reach it, for the links it gives (default as they reached it)")
	c.Flags().StringSliceVar(&f.proxy, "proxy", nil, "the ADDRESSES or networks of proxies before the service, whose X-Forwarded-For is believed when requests are limited by address: 127.0.0.1,10.0.0.5")
	f.hooks.register(c)
	c.Flags().BoolVar(&f.noWorker, "no-worker", false, "leave grading to grader work elsewhere")
	return c
}

func (f *serveFlags) serve(ctx context.Context, stdout, stderr io.Writer, metricsSet bool) error {
	log, err := f.logger(stderr)
	if err != nil {
		return err
	}
	if err := f.validate(); err != nil {
		return err
	}
	o := service.Options{
		Listen: f.listen, Metrics: f.metrics, MetricsSet: metricsSet, Database: os.Getenv(databaseEnv), Dir: f.data, URL: f.url, Suites: assignments.All(), Jobs: f.jobs,
		Lease: f.lease, Grace: f.grace, Log: log, Out: stdout,
		Worker: postgres.Worker{Name: f.name, Slots: f.slots, Version: version},
	}
	if o.Proxies, err = service.Prefixes(f.proxy); err != nil {
		return usage("--proxy 127.0.0.1,10.0.0.5", "--proxy: %v", err)
	}
	if err := f.hooks.into(&o); err != nil {
		return err
	}
	if !f.noWorker {
		boxes, end, err := isolation(ctx, f.unisolated, log)
		if err != nil {
			return err
		}
		defer end()
		o.Sandboxes = boxes
		o.Worker.Isolation = o.Sandboxes.Isolation()
	}
	if o.Dir == "" {
		if o.Dir, err = dataFolder(); err != nil && o.Database == "" {
			return usage("name one with --data", "no folder for the data: %v", err)
		}
		// A service with a database of its own needs the folder for pushes only.
		if o.Database != "" && os.MkdirAll(o.Dir, 0o755) != nil {
			log.Warn("pushes by git are not taken: name a folder for the repositories with --data", "tried", o.Dir)
			o.Dir = ""
		}
	}
	err = service.Serve(ctx, o)
	var missing *localpg.MissingError
	var setting *service.SettingError
	switch {
	case errors.As(err, &missing):
		return &exitError{exitFault, "no PostgreSQL for the service's data", missing.Error()}
	case errors.As(err, &setting):
		return usage("see grader serve --help", "%s", setting.Error())
	case err != nil:
		return serviceFault(err)
	}
	return nil
}

// dataFolder is where the service keeps its data unless it is told.
func dataFolder() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "wiregrade"), nil
	}
	if os.Geteuid() == 0 {
		// root's home is closed to the account that PostgreSQL runs as.
		return "/var/lib/wiregrade", nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "share", "wiregrade"), nil
}
