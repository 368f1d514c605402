// Package service is grader serve: the database, the API, git and a worker in one
// program, started together and stopped in order.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/netlab"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/worker"
)

// Options say what is served, and where.
type Options struct {
	Listen  string // "127.0.0.1:8080"
	Metrics string // where figures for Prometheus are given to whoever asks; "" gives none
	// MetricsSet says that somebody chose the address: without, one that is taken is done without.
	MetricsSet bool
	Database   string // URL of a PostgreSQL; "" starts a private one in Dir
	Dir        string // the data folder: the private PostgreSQL and the repositories; "" takes no pushes
	URL        string // the service's address as people reach it; "" takes what a client asked for
	Suites     []*check.Suite
	GitHub     GitHub
	// Proxies are the addresses of proxies before the service, which are believed who asked them.
	Proxies []netip.Prefix
	// HooksAllow are addresses besides the public Internet's that messages may be sent to.
	HooksAllow []netip.Prefix
	// Sandboxes grade here; nil leaves grading to the workers elsewhere.
	Sandboxes sandbox.Provider
	Worker    postgres.Worker
	Jobs      int
	Lease     time.Duration
	Grace     time.Duration
	Log       *slog.Logger
	Out       io.Writer         // the first admin's token is printed here, once
	Ready     func(addr string) // called when requests are answered; may be nil
	Scraped   func(addr string) // called before it with where figures are given, if they are; may be nil
}

// ErrSecret says that the database is guarded by a password that everybody knows.
var ErrSecret = errors.New("DATABASE_URL has a password that is published as a default: choose another")

// published are passwords that stand in examples; a service that is reached from elsewhere must not have them.
var published = []string{"postgres", "password", "changeme", "secret", "admin", "wiregrade", "example", "1234", "123456"}

// CheckDatabase refuses a database whose password everybody knows, wherever it is set: in the
// address, its parameters, or the environment that PostgreSQL's own programs read.
func CheckDatabase(address string) error {
	password, err := postgres.Password(address)
	if err == nil && slices.Contains(published, strings.ToLower(password)) {
		return ErrSecret
	}
	return err
}

// named says which setting an error of the database is about: it may be set by mistake. The private one has none.
func (o Options) named(err error) error {
	if o.Database == "" {
		return err
	}
	return fmt.Errorf("the database that DATABASE_URL names (without it, a private PostgreSQL is started): %w", err)
}

// Serve runs the service until ctx ends, then stops it: no new requests, running
// checks finished within the grace or handed back, the private database last.
func Serve(ctx context.Context, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	database := o.Database
	gone, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	if database == "" {
		cluster, err := localpg.Start(ctx, localpg.Options{Dir: o.Dir})
		if err != nil {
			return err
		}
		defer func() {
			if err := cluster.Stop(); err != nil {
				o.Log.Error("stop the private PostgreSQL", "error", err)
			}
		}()
		database = cluster.URL("")
		// Nobody else uses it, so nobody has to be asked before it is upgraded.
		if _, err := postgres.Migrate(ctx, database); err != nil {
			return err
		}
		// It is kept up to the very end: runs that the grace lets finish are stored in it.
		keeping, enough := context.WithCancel(context.WithoutCancel(ctx))
		kept := make(chan struct{})
		go func() {
			defer close(kept)
			if err := cluster.Keep(keeping, o.Log); err != nil {
				giveUp(err)
			}
		}()
		defer func() { enough(); <-kept }()
		lost, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(gone, func() { cancel(context.Cause(gone)) })()
		ctx = lost
	} else if err := CheckDatabase(database); err != nil {
		return err
	}
	if err := postgres.CheckSchema(ctx, database); err != nil {
		return o.named(err)
	}
	s, err := postgres.Open(ctx, database)
	if err != nil {
		return o.named(err)
	}
	defer s.Close()
	if err := firstAdmin(ctx, s, o.Out); err != nil {
		return err
	}
	return run(ctx, gone, s, o)
}

// run answers requests and grades until ctx ends. gone ends when the database will not come back.
func run(ctx, gone context.Context, s *postgres.Store, o Options) error {
	q, err := queue.New(s)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	var suites []grader.Assignment
	for _, x := range o.Suites {
		suites = append(suites, x.Assignment)
	}
	repositories, err := gitHost(s, q, suites, o)
	if err != nil {
		ln.Close()
		return err
	}
	if repositories != nil {
		defer repositories.Close()
	}
	scrapes, err := listenMetrics(o)
	if err != nil {
		ln.Close()
		return err
	}
	if scrapes != nil {
		defer scrapes.Close()
	}
	ways, errands, err := hooks(s, q, o)
	if err != nil {
		ln.Close()
		return err
	}
	streams, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	names := make([]string, len(suites))
	for i, x := range suites {
		names[i] = x.Name
	}
	figures, requests := registry(q, names)
	srv := &http.Server{
		Handler: behind(o.Proxies, routes(s, requests, repositories, api.New(api.Options{Store: s, Queue: q, Assignments: suites, Version: o.Worker.Version, Log: o.Log, Capture: netlab.WriteCapture, Hooks: ways}))),
		// A client that sends its request a byte a second holds a connection, not a place.
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog:    slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return streams },
	}
	failed := make(chan error, 4)
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	if scrapes != nil {
		m := &http.Server{Handler: metrics(figures), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: srv.ErrorLog}
		defer m.Close()
		go func() {
			if err := m.Serve(scrapes); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if o.Sandboxes == nil {
			return
		}
		w := worker.New(q, worker.Options{Suites: o.Suites, Sandboxes: o.Sandboxes, Jobs: o.Jobs, Log: o.Log, Gone: gone})
		if err := w.Work(working, queue.Options{Worker: o.Worker, Lease: o.Lease, Grace: o.Grace, Log: o.Log}); err != nil {
			failed <- err
		}
	}()
	running := make(chan struct{})
	go func() {
		defer close(running)
		if err := q.Run(working, errands); err != nil {
			failed <- err
		}
	}()
	at := "none"
	if scrapes != nil {
		at = scrapes.Addr().String()
	}
	o.Log.Info("serving", "address", ln.Addr().String(), "metrics", at, "worker", o.Sandboxes != nil, "version", o.Worker.Version)
	if o.Scraped != nil && scrapes != nil {
		o.Scraped(at)
	}
	if o.Ready != nil {
		o.Ready(ln.Addr().String())
	}
	select {
	case <-ctx.Done():
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			err = cause
		}
	case err = <-failed:
	}
	stop()
	end() // streams of events have no end of their own
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if srv.Shutdown(closing) != nil {
		srv.Close()
	}
	<-done
	<-running
	return err
}

// gitHost takes pushes into the data folder; nil where that cannot be.
func gitHost(s *postgres.Store, q *queue.Queue, suites []grader.Assignment, o Options) (*githost.Host, error) {
	if o.Dir == "" {
		return nil, nil
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("serve git: %w", err)
	}
	dir, err := filepath.Abs(filepath.Join(o.Dir, "git"))
	if err != nil {
		return nil, fmt.Errorf("serve git: %w", err)
	}
	h, err := githost.New(githost.Options{Store: s, Queue: q, Assignments: suites, Dir: dir, Log: o.Log, URL: o.URL, Link: func(c store.Course, run store.ID) string {
		return api.Prefix + "/courses/" + c.Name + "/runs/" + string(run) + "/report?format=html"
	}}, program)
	if errors.Is(err, githost.ErrNoGit) {
		o.Log.Warn("pushes are not taken", "why", err)
		return nil, nil
	}
	return h, err
}

// firstAdmin makes an admin where there is none, and a token where they have none, and prints it.
func firstAdmin(ctx context.Context, s *postgres.Store, out io.Writer) error {
	by := store.Change{Why: "the first start"}
	admin, err := s.PersonByLogin(ctx, "admin")
	if errors.Is(err, store.ErrNotFound) {
		admin, err = s.AddPerson(ctx, store.Person{Login: "admin", Name: "Administrator", Admin: true}, by)
	}
	if err != nil {
		return err
	}
	tokens, err := s.TokensOf(ctx, admin.ID)
	if err != nil || len(tokens) > 0 {
		return err
	}
	_, secret, err := s.AddToken(ctx, store.Token{Person: admin.ID, Name: "first start"}, by)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The admin's token, shown this once: %s\n", secret)
	return err
}
