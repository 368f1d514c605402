package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/rig"
)

type options struct {
	N, Workers int
	Seed       uint64
	Limit      time.Duration
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
	Isolation                 string
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
isolation                   %s
submissions stored          %d
with exactly one counted    %d
lost                        %d
doubled                     %d
wrong verdict               %d
left in line                %d
`, f.o.Seed, f.o.N, f.o.Workers, f.WorkerKills, f.Freezes, f.ClusterKills, f.Retries, f.Took.Round(time.Millisecond), f.Statuses, f.Isolation, f.Submissions, f.Counted, f.Lost, f.Doubled, f.Wrong, f.Left)
}

// wrong says which submissions answer as they were asked.
func wrong(i int) bool { return i%3 == 0 }

// suite is a real one, of 25 checks, whose submissions are built.
const suite = "tcp-upper-server"

// solutions reads the course's own submission, and makes one of it that is wrong.
func (s *storm) solutions(ctx context.Context) error {
	module, err := rig.Module(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"grader.yaml", "Makefile", "server.c"} {
		data, err := os.ReadFile(filepath.Join(module, "assignments", suite, "solution", "c", name))
		if err != nil {
			return err
		}
		const raise = "b[i] -= 'a' - 'A';"
		spoilt := bytes.Replace(data, []byte(raise), []byte("b[i] += 0;"), 1)
		if name == "server.c" && bytes.Equal(data, spoilt) {
			return fmt.Errorf("the solution of %s has no line %q: it cannot be made wrong", suite, raise)
		}
		for i, d := range [][]byte{data, spoilt} {
			s.files[i] = append(s.files[i], store.File{Path: name, Mode: store.Regular, Data: d})
		}
	}
	return nil
}

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
	files   [2][]store.File // of a right and a wrong submission
	fallen  chan struct{}   // closed once each kind of blow has fallen
}

func chaos(ctx context.Context, o options) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	s := &storm{o: o, f: figures{o: o}, rng: rand.New(rand.NewPCG(o.Seed, 1)), fallen: make(chan struct{})}
	dir, err := os.MkdirTemp("", "wiregrade-chaos-")
	if err != nil {
		return s.f, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return s.f, err
	}
	program, err := rig.Build(ctx, dir)
	if err != nil {
		return s.f, err
	}
	if err := s.solutions(ctx); err != nil {
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
	s.fleet = &fleet{program: program, url: s.url, log: log, tmp: dir}
	s.fleet.start(o.Workers)
	// The other half comes while things break.
	rest := make(chan error, 1)
	go func() { rest <- s.submit(ctx, o.N/2, o.N, 50*time.Millisecond) }()
	if err = s.rage(ctx); err != nil {
		cancel() // nobody is to wait for what does not come any more
	}
	err = errors.Join(err, <-rest, s.until(ctx, s.o.N))
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
	if s.a, err = st.AddAssignment(ctx, store.Assignment{Course: s.course.ID, Name: suite, Suite: suite}, by); err != nil {
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
		if i == s.o.N*3/4 {
			// However fast the machine is, there is work left when the blows fall.
			select {
			case <-s.fallen:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		files := s.files[0]
		if wrong(i) {
			files = s.files[1]
		}
		mark := store.File{Path: "mark", Mode: store.Regular, Data: []byte(s.people[i].Login)}
		sub := store.NewSubmission{
			Course: s.course.ID, Assignment: s.a.ID, Person: s.people[i].ID, Source: store.SourceGit,
			Commit: fmt.Sprintf("commit-%d", i), Files: append(slices.Clone(files), mark),
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

// until waits until so many submissions are graded.
func (s *storm) until(ctx context.Context, most int) error {
	for {
		n, err := s.graded(ctx)
		if err == nil && n >= most {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d graded: %w", n, most, ctx.Err())
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
		(SELECT count(*) FROM submissions s WHERE (SELECT count(*) FROM runs r JOIN reports p ON p.run_id = r.id WHERE r.submission_id = s.id AND r.counted
			AND EXISTS (SELECT FROM results o WHERE o.run_id = r.id)) = 1),
		(SELECT count(*) FROM submissions s WHERE NOT EXISTS (SELECT FROM runs r WHERE r.submission_id = s.id AND r.counted)),
		(SELECT count(*) FROM submissions s WHERE (SELECT count(*) FROM runs r WHERE r.submission_id = s.id AND r.status = 'done') > 1),
		(SELECT count(*) FROM (SELECT FROM submissions s JOIN runs r ON r.submission_id = s.id AND r.counted JOIN results o ON o.run_id = r.id
			GROUP BY s.id HAVING bool_and(o.verdict = 'pass') = (substring(s.commit FROM '[0-9]+')::int % 3 = 0)) x),
		(SELECT count(*) FROM line)`,
		&f.Submissions, &f.Counted, &f.Lost, &f.Doubled, &f.Wrong, &f.Left)
	if err != nil {
		return err
	}
	var statuses []string
	if err := s.query(ctx, `SELECT array_agg(n || ' ' || status ORDER BY status), (SELECT string_agg(DISTINCT isolation, ', ') FROM runs)
		FROM (SELECT status, count(*) AS n FROM runs GROUP BY status) x`, &statuses, &f.Isolation); err != nil {
		return err
	}
	f.Statuses = strings.Join(statuses, ", ")
	return nil
}
