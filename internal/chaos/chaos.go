package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

type options struct {
	N, Workers int
	Seed       uint64
	Limit      time.Duration
	Run        string // seconds that a submission takes
}

// figures are what chaos did and what it found.
type figures struct {
	o                         options
	WorkerKills, ClusterKills int
	Freezes                   int // workers stopped for longer than their lease, and let go on
	Retries                   int // submissions that were said again, since the database went away
	Took                      time.Duration
	Submissions, Counted      int
	Lost, Doubled, Wrong      int
	Left                      int // entries still in line
	Statuses                  string
}

// String is one line a figure.
func (f figures) String() string {
	return fmt.Sprintf(`seed                        %d
submissions queued          %d
worker processes            %d, two runs at once each
workers killed (SIGKILL)    %d times, and started again
workers frozen (SIGSTOP)    %d times, for longer than their lease
PostgreSQL killed (SIGKILL) %d times, and started again
submits said again          %d
took                        %v
runs                        %s
submissions stored          %d
with exactly one counted    %d
lost                        %d
doubled                     %d
wrong verdict               %d
left in line                %d
`, f.o.Seed, f.o.N, f.o.Workers, f.WorkerKills, f.Freezes, f.ClusterKills, f.Retries, f.Took.Round(time.Millisecond), f.Statuses, f.Submissions, f.Counted, f.Lost, f.Doubled, f.Wrong, f.Left)
}

// blows is an error when one kind of them never fell: what was not tried is not shown.
func (f figures) blows() error {
	for kind, n := range map[string]int{"a worker was never killed": f.WorkerKills, "a worker was never frozen": f.Freezes, "PostgreSQL was never killed": f.ClusterKills} {
		if n == 0 {
			return errors.New(kind + ": raise -n")
		}
	}
	return nil
}

// wrong says which submissions print the wrong word.
func wrong(i int) bool { return i%3 == 0 }

// A storm is one go at it.
type storm struct {
	o       options
	f       figures
	rng     *rand.Rand
	cluster *localpg.Cluster
	fleet   *fleet
	url     string
	course  store.Course
	a       store.Assignment
	people  []store.Person
}

func chaos(ctx context.Context, o options) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	s := &storm{o: o, f: figures{o: o}, rng: rand.New(rand.NewPCG(o.Seed, 1))}
	dir, err := os.MkdirTemp("", "wiregrade-chaos-")
	if err != nil {
		return s.f, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return s.f, err
	}
	// Without fsync, which only a crash of the machine would miss; but what is
	// committed must outlive the postmaster, so the rest is as in service.
	s.cluster, err = localpg.Start(ctx, localpg.Options{Dir: filepath.Join(dir, "pg"), Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		return s.f, err
	}
	defer s.cluster.Stop()
	log, err := os.Create(filepath.Join(dir, "workers.log"))
	if err != nil {
		return s.f, err
	}
	defer log.Close()
	s.url = s.cluster.URL("")
	if err := s.prepare(ctx); err != nil {
		return s.f, err
	}
	start := time.Now()
	if err := s.submit(ctx, 0, o.N/2, 0); err != nil {
		return s.f, err
	}
	s.fleet = &fleet{url: s.url, log: log, tmp: dir}
	s.fleet.start(o.Workers)
	// The other half comes while things break.
	rest := make(chan error, 1)
	go func() { rest <- s.submit(ctx, o.N/2, o.N, 50*time.Millisecond) }()
	err = s.rage(ctx)
	err = errors.Join(err, <-rest, s.settle(ctx))
	s.f.Took = time.Since(start)
	s.fleet.stop()
	if err != nil {
		return s.f, err
	}
	if err := s.count(ctx); err != nil {
		return s.f, err
	}
	f := s.f
	if f.Submissions != o.N || f.Counted != o.N || f.Lost+f.Doubled+f.Wrong+f.Left > 0 {
		return f, errors.New("the figures do not add up")
	}
	return f, f.blows()
}

func (s *storm) prepare(ctx context.Context) error {
	if _, err := postgres.Migrate(ctx, s.url); err != nil {
		return err
	}
	st, err := postgres.Open(ctx, s.url)
	if err != nil {
		return err
	}
	defer st.Close()
	by := store.Change{Why: "chaos"}
	if s.course, err = st.AddCourse(ctx, store.Course{Name: "chaos"}, by); err != nil {
		return err
	}
	if s.a, err = st.AddAssignment(ctx, store.Assignment{Course: s.course.ID, Name: "tiny", Suite: tiny.Name}, by); err != nil {
		return err
	}
	for i := range s.o.N {
		p, err := st.AddPerson(ctx, store.Person{Login: fmt.Sprintf("student-%d", i)}, by)
		if err != nil {
			return err
		}
		if err := st.Enrol(ctx, store.Enrolment{Course: s.course.ID, Person: p.ID, Role: store.Student}, by); err != nil {
			return err
		}
		s.people = append(s.people, p)
	}
	return nil
}

// submit hands in the submissions from i to n, a pause apart. What fails is said again, as a
// git client or a webhook's sender would; the commit makes it one submission.
func (s *storm) submit(ctx context.Context, i, n int, pause time.Duration) error {
	st, err := postgres.Open(ctx, s.url)
	for err != nil {
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		st, err = postgres.Open(ctx, s.url)
	}
	defer st.Close()
	q, err := queue.New(st)
	if err != nil {
		return err
	}
	for ; i < n; i++ {
		time.Sleep(pause)
		word := "right"
		if wrong(i) {
			word = "wrong"
		}
		sub := store.NewSubmission{
			Course: s.course.ID, Assignment: s.a.ID, Person: s.people[i].ID, Source: store.SourceGit,
			Commit: fmt.Sprintf("commit-%d", i), Files: tiny.Files("sleep "+s.o.Run+"; echo "+word, s.people[i].Login),
		}
		for {
			_, _, err := q.Submit(ctx, sub)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("submission %d: %w", i, err)
			}
			s.f.Retries++
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// rage kills workers and PostgreSQL until most is graded.
func (s *storm) rage(ctx context.Context) error {
	for {
		pause := time.Duration(100+s.rng.IntN(900)) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		what, i := s.rng.IntN(6), s.rng.IntN(s.o.Workers)
		// One blow of each kind comes first, so that a short storm has them all.
		switch {
		case s.f.WorkerKills == 0:
			what = 2
		case s.f.Freezes == 0:
			what = 1
		case s.f.ClusterKills == 0:
			what = 0
		}
		switch {
		case what == 0:
			s.cluster.Kill()
			s.f.ClusterKills++
			// Down for a while: the workers find nobody there.
			time.Sleep(time.Duration(s.rng.IntN(700)) * time.Millisecond)
			if err := s.cluster.Restart(ctx); err != nil {
				return err
			}
		case what == 1:
			// It comes back with results that nobody wants any more.
			if s.fleet.freeze(i) {
				s.f.Freezes++
			}
		default:
			if s.fleet.kill(i) {
				s.f.WorkerKills++
			}
		}
		if n, err := s.graded(ctx); err == nil && n > s.o.N*9/10 {
			return nil
		}
	}
}

// settle waits until all is graded.
func (s *storm) settle(ctx context.Context) error {
	for {
		n, err := s.graded(ctx)
		if err == nil && n >= s.o.N {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d graded: %w", n, s.o.N, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *storm) query(ctx context.Context, sql string, into ...any) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return conn.QueryRow(ctx, sql).Scan(into...)
}

func (s *storm) graded(ctx context.Context) (n int, err error) {
	err = s.query(ctx, `SELECT count(*) FROM runs WHERE counted`, &n)
	return n, err
}

// count asks the database, not the service, what came of it.
func (s *storm) count(ctx context.Context) error {
	f := &s.f
	err := s.query(ctx, `SELECT
		(SELECT count(*) FROM submissions),
		(SELECT count(*) FROM submissions s WHERE (SELECT count(*) FROM runs r JOIN results o ON o.run_id = r.id JOIN reports p ON p.run_id = r.id WHERE r.submission_id = s.id AND r.counted) = 1),
		(SELECT count(*) FROM submissions s WHERE NOT EXISTS (SELECT FROM runs r WHERE r.submission_id = s.id AND r.counted)),
		(SELECT count(*) FROM submissions s WHERE (SELECT count(*) FROM runs r WHERE r.submission_id = s.id AND r.status = 'done') > 1),
		(SELECT count(*) FROM submissions s JOIN runs r ON r.submission_id = s.id AND r.counted JOIN results o ON o.run_id = r.id
			WHERE (o.verdict = 'pass') = (substring(s.commit FROM '[0-9]+')::int % 3 = 0)),
		(SELECT count(*) FROM line)`,
		&f.Submissions, &f.Counted, &f.Lost, &f.Doubled, &f.Wrong, &f.Left)
	if err != nil {
		return err
	}
	var statuses []string
	if err := s.query(ctx, `SELECT array_agg(n || ' ' || status ORDER BY status) FROM (SELECT status, count(*) AS n FROM runs GROUP BY status) x`, &statuses); err != nil {
		return err
	}
	f.Statuses = strings.Join(statuses, ", ")
	return nil
}
