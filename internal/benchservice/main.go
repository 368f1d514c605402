// Benchservice measures the service as its users have it: the built program as
// processes of its own, on a PostgreSQL with its usual durability.
//
//	go run ./internal/benchservice                          # all of it, some ten minutes
//	go run ./internal/benchservice -pushes 10 -runs 5 …     # a small one
//
// Each part prints its figures when it has them. They hold for this machine and what else it does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/rig"
)

type options struct {
	Assignment  string
	Submission  string // the folder that is handed in
	One         int    // pushes of one student, one after the other
	Pushes      int    // at once, each of another student
	Runs        int    // for runs a minute
	Alone       int    // for the overhead
	Submissions int    // stored, for the API
	Results     int
	Requests    int // of each route
	Clients     int
}

func main() {
	var o options
	flag.StringVar(&o.Assignment, "assignment", "tcp-upper-server", "what is handed in to")
	flag.StringVar(&o.Submission, "submission", "", "the folder that is handed in (default the assignment's solution in Python)")
	flag.IntVar(&o.One, "one", 10, "pushes of one student, one after the other")
	flag.IntVar(&o.Pushes, "pushes", 200, "pushes at once, each of another student")
	flag.IntVar(&o.Runs, "runs", 30, "runs for the runs a minute, with 1 and with 2 workers")
	flag.IntVar(&o.Alone, "alone", 20, "runs with grader check and with the service, for the overhead")
	flag.IntVar(&o.Submissions, "submissions", 10_000, "submissions stored for the API's latency")
	flag.IntVar(&o.Results, "results", 500_000, "results stored for the API's latency")
	flag.IntVar(&o.Requests, "requests", 500, "requests to each route of the API")
	flag.IntVar(&o.Clients, "clients", 4, "clients that ask the API at once")
	flag.Parse()
	if o.Submission == "" {
		o.Submission = filepath.Join("assignments", o.Assignment, "solution", "python")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchservice:", err)
		os.Exit(1)
	}
}

// A bench is the service under measure.
type bench struct {
	options
	dir     string
	program string
	env     []string
	service *rig.Service
	store   *postgres.Store
	queue   *queue.Queue
	url     string

	course  store.Course
	a       store.Assignment
	people  []store.Person
	logins  *rig.Course
	files   []store.File
	started int // workers, for their names
}

func run(ctx context.Context, o options) (err error) {
	b := &bench{options: o}
	if b.dir, err = rig.Dir(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.program, err = rig.Build(ctx, b.dir); err != nil {
		return err
	}
	cluster, err := localpg.Start(ctx, localpg.Options{Dir: filepath.Join(b.dir, "pg")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	b.url = cluster.URL("")
	b.env = []string{"DATABASE_URL=" + b.url}
	if _, err := postgres.Migrate(ctx, b.url); err != nil {
		return err
	}
	if b.store, err = postgres.Open(ctx, b.url); err != nil {
		return err
	}
	defer b.store.Close()
	if b.queue, err = queue.New(b.store); err != nil {
		return err
	}
	if b.service, err = rig.Start(ctx, b.program, b.dir, b.env, "--no-worker"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.service.Stop()) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	fmt.Printf("%s on %d processors, %s, PostgreSQL with its usual durability\n", o.Assignment, runtime.NumCPU(), runtime.Version())
	for _, part := range []func(context.Context) error{b.oneStudent, b.manyStudents, b.runsAMinute, b.overhead, b.latency} {
		start := time.Now()
		if err := part(ctx); err != nil {
			return err
		}
		fmt.Printf("  (took %v)\n", time.Since(start).Round(time.Second))
	}
	return nil
}

// prepare makes the course with its students by way of the store: hundreds of accounts in a
// minute are more than the API takes of one token.
func (b *bench) prepare(ctx context.Context) (err error) {
	by := store.Change{Why: "bench"}
	if b.course, err = b.store.AddCourse(ctx, store.Course{Name: "bench"}, by); err != nil {
		return err
	}
	if b.a, err = b.store.AddAssignment(ctx, store.Assignment{Course: b.course.ID, Name: b.Assignment, Suite: b.Assignment}, by); err != nil {
		return err
	}
	b.logins = &rig.Course{Name: b.course.Name, Assignment: b.a.Name, Tokens: map[string]string{}}
	for i := range max(b.Pushes, b.Runs, 100) + 1 {
		p, err := b.store.AddPerson(ctx, store.Person{Login: fmt.Sprintf("student-%d", i)}, by)
		if err != nil {
			return err
		}
		if err := b.store.Enrol(ctx, store.Enrolment{Course: b.course.ID, Person: p.ID, Role: store.Student}, by); err != nil {
			return err
		}
		_, secret, err := b.store.AddToken(ctx, store.Token{Person: p.ID}, by)
		if err != nil {
			return err
		}
		b.people = append(b.people, p)
		b.logins.Tokens[p.Login] = secret
	}
	return b.readFiles()
}

// readFiles reads the submission, for what enters the queue without a push.
func (b *bench) readFiles() error {
	entries, err := os.ReadDir(b.Submission)
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(b.Submission, e.Name()))
		if err != nil {
			return err
		}
		b.files = append(b.files, store.File{Path: e.Name(), Mode: store.Regular, Data: data})
	}
	return nil
}

// workers starts n workers as processes, with one run at once each, and gives what stops them.
func (b *bench) workers(ctx context.Context, n int) (stop func() error, err error) {
	var all []*rig.Process
	stop = func() (err error) {
		for _, p := range all {
			err = errors.Join(err, p.Stop())
		}
		return err
	}
	for range n {
		b.started++
		p, err := rig.Work(ctx, b.program, b.dir, fmt.Sprintf("worker-%d", b.started), b.env, "--slots", "1")
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		all = append(all, p)
	}
	return stop, nil
}
