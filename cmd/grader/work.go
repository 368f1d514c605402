package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/service"
	"github.com/wiregrade/wiregrade/internal/worker"
)

// databaseEnv is where the service's commands find the database. There is no
// flag for it: a password in a command line is seen by everybody on the machine.
const databaseEnv = "DATABASE_URL"

// workFlags are the flags of work.
type workFlags struct {
	name       string
	slots      int
	jobs       int
	lease      time.Duration
	grace      time.Duration
	unisolated bool
	logFormat  string
}

func newWork() *cobra.Command {
	var f workFlags
	c := &cobra.Command{
		Use:   "work",
		Short: "Grade what waits in the service's database",
		Long: `Work takes submissions from the service's queue and grades them, on as many
machines as there are. It needs nothing but the database:

    DATABASE_URL=postgres://… grader work

On SIGTERM it takes nothing new, lets running submissions finish for --grace,
hands the others back and ends. A worker that is killed loses nothing: what it had
is graded by another after --lease.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkJobs(c, f.jobs); err != nil {
				return err
			}
			return f.work(c.Context(), c.ErrOrStderr())
		},
	}
	f.register(c)
	return c
}

func (f *workFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "name", "", "this worker's NAME in stored runs (default the host's, and a random part)")
	c.Flags().IntVar(&f.slots, "slots", max(1, runtime.NumCPU()/2), "grade N submissions at once")
	c.Flags().IntVar(&f.jobs, "jobs", 0, "run N checks of a submission at once (default twice the processors)")
	c.Flags().DurationVar(&f.lease, "lease", 30*time.Second, "how long a worker that went away holds its submissions")
	c.Flags().DurationVar(&f.grace, "grace", time.Minute, "how long running submissions may go on after SIGTERM")
	c.Flags().BoolVar(&f.unisolated, "allow-unisolated", false, "grade also where this machine cannot isolate: submissions then run with this account's rights")
	c.Flags().StringVar(&f.logFormat, "log", "text", "the log's FORMAT: text or json")
}

// validate sees that the numbers make sense, and gives the worker its name.
func (f *workFlags) validate() error {
	if f.slots < 1 || f.jobs < 0 || f.lease < time.Second || f.grace <= 0 {
		return usage("--slots at least 1, --lease at least 1s, --grace above 0", "a number is out of range")
	}
	if f.name == "" {
		host, _ := os.Hostname()
		f.name = host + "-" + rand.Text()[:6]
	}
	return nil
}

func (f *workFlags) work(ctx context.Context, stderr io.Writer) error {
	log, err := f.logger(stderr)
	if err != nil {
		return err
	}
	if err := f.validate(); err != nil {
		return err
	}
	boxes, end, err := isolation(ctx, f.unisolated, log)
	if err != nil {
		return err
	}
	defer end()
	s, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := queue.New(s)
	if err != nil {
		return serviceFault(err)
	}
	w := worker.New(q, worker.Options{Suites: assignments.All(), Sandboxes: boxes, Jobs: f.jobs, Log: log})
	err = w.Work(ctx, queue.Options{
		Worker: postgres.Worker{Name: f.name, Slots: f.slots, Version: version, Isolation: boxes.Isolation()},
		Lease:  f.lease, Grace: f.grace, Log: log,
		Ready: func() {
			log.Info("working", "name", f.name, "slots", f.slots, "isolation", boxes.Isolation(), "version", version)
		},
	})
	if err != nil {
		return serviceFault(err)
	}
	log.Info("stopped", "name", f.name)
	return nil
}

func (f *workFlags) logger(w io.Writer) (*slog.Logger, error) {
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	default:
		return nil, usage("there are text and json", "unknown log format %q", f.logFormat)
	}
}

// isolation gives the sandboxes that the service grades in, and what ends
// them. Where this machine cannot isolate it refuses, unless it is told to go on.
func isolation(ctx context.Context, unisolated bool, log *slog.Logger) (sandbox.Provider, func(), error) {
	n, err := sandbox.NewNamespaces(ctx)
	if err != nil {
		p, err := withoutIsolation(err, unisolated, log)
		return p, func() {}, err
	}
	return n, func() { n.Close() }, nil
}

func withoutIsolation(why error, unisolated bool, log *slog.Logger) (sandbox.Provider, error) {
	if !unisolated {
		return nil, &exitError{exitFault, fmt.Sprintf("this machine cannot isolate a submission: %v", why),
			"--allow-unisolated grades all the same, with this account's rights: for your own submissions only, never for a course's"}
	}
	log.Warn("submissions are not isolated from this machine, its files, network and other processes", "why", why)
	return sandbox.Loopback{}, nil
}

// openStore connects to the service's database and sees that its schema is this program's.
func openStore(ctx context.Context) (*postgres.Store, error) {
	url := os.Getenv(databaseEnv)
	if url == "" {
		return nil, usage("set it, such as "+databaseEnv+"=postgres://user:password@host/wiregrade", "%s is not set", databaseEnv)
	}
	if err := service.CheckDatabase(url); err != nil {
		return nil, serviceFault(err)
	}
	s, err := postgres.Open(ctx, url)
	if err != nil {
		return nil, serviceFault(err)
	}
	if err := postgres.CheckSchema(ctx, url); err != nil {
		s.Close()
		return nil, serviceFault(err)
	}
	return s, nil
}

// serviceFault is what ends a command of the service, with what to do about it.
func serviceFault(err error) error {
	hint := ""
	switch {
	case errors.Is(err, store.ErrOlder):
		hint = "run grader migrate"
	case errors.Is(err, service.ErrSecret):
		hint = "ALTER ROLE … PASSWORD sets another; openssl rand -hex 24 makes one"
	case errors.Is(err, store.ErrNewer):
		hint = "install the version of grader that wrote it, or a later one"
	}
	return &exitError{exitFault, fmt.Sprint(err), hint}
}
