package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// fill stores what a term of courses leaves: submissions, each with the run that counts and its results.
// The rows are as the service writes them; only who wrote them is not.
func (b *bench) fill(ctx context.Context, into store.Assignment) error {
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	each := max(1, b.Results/max(1, b.Submissions))
	for _, sql := range []string{
		`CREATE TEMPORARY TABLE students AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM people WHERE login LIKE 'student-%'`,
		fmt.Sprintf(`INSERT INTO submissions (course_id, assignment_id, person_id, source, commit, tree, received, late, files, bytes)
			SELECT '%s', '%s', s.id, 'git', encode(sha256(('commit ' || i)::bytea), 'hex'), encode(sha256(('tree ' || i)::bytea), 'hex'),
				now() - make_interval(secs => (%d - i) * 60), false, 5, 20000
			FROM generate_series(1, %d) i JOIN students s ON s.n = i %% (SELECT count(*) FROM students)`, into.Course, into.ID, b.Submissions, b.Submissions),
		fmt.Sprintf(`INSERT INTO runs (submission_id, lease, grader, seed, isolation, status, counted, worker, started, ended, phases)
			SELECT id, gen_random_uuid(), 'bench', 1, 'namespaces', 'done', true, 'bench', received, received + interval '2 seconds', '{}'
			FROM submissions WHERE assignment_id = '%s'`, into.ID),
		fmt.Sprintf(`INSERT INTO results (run_id, seq, name, verdict, share, millis)
			SELECT r.id, n, 'answers/check-' || n, CASE WHEN (n + length(s.commit)) %% 7 = 0 THEN 'fail' ELSE 'pass' END, 1.0 / %d, 12.5
			FROM runs r JOIN submissions s ON s.id = r.submission_id, generate_series(1, %d) n WHERE s.assignment_id = '%s'`, each, each, into.ID),
		`ANALYZE`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

// A route is one request of the API's that is measured.
type route struct {
	name     string
	staff    bool
	path     func(i int) string
	fraction int // of the requests: slow ones are asked less often
}

// latency asks the API with all that stored.
func (b *bench) latency(ctx context.Context) error {
	by := store.Change{Why: "bench"}
	x, err := b.store.AddAssignment(ctx, store.Assignment{Course: b.course.ID, Name: "stored", Suite: b.Assignment}, by)
	if err != nil {
		return err
	}
	if err := b.fill(ctx, x); err != nil {
		return err
	}
	students, staff, err := b.tokens(ctx)
	if err != nil {
		return err
	}
	subs, _, err := b.store.SubmissionsOf(ctx, store.Scope{Course: b.course.ID}, x.ID, store.Page{Limit: 500})
	if err != nil {
		return err
	}
	run, err := b.realRun(ctx)
	if err != nil {
		return err
	}
	course := "/courses/" + b.course.Name
	at := func(path string) func(int) string { return func(int) string { return course + path } }
	routes := []route{
		{"a course", false, at(""), 1},
		{"own submissions, a page", false, at("/assignments/stored/submissions"), 1},
		{"own marks", false, at("/marks"), 1},
		{"all submissions, a page", true, at("/assignments/stored/submissions"), 1},
		{"a submission", true, func(i int) string { return course + "/submissions/" + string(subs[i%len(subs)].ID) }, 1},
		{"its runs", true, func(i int) string { return course + "/submissions/" + string(subs[i%len(subs)].ID) + "/runs" }, 1},
		{"a run's report, with all bytes", true, at("/runs/" + string(run) + "/report"), 1},
		{"all marks", true, at("/marks"), 20},
	}
	fmt.Printf("the API with %d submissions and %d results stored, %d clients at once:\n", b.Submissions, b.Submissions*max(1, b.Results/max(1, b.Submissions)), b.Clients)
	var all times
	for _, r := range routes {
		tokens := students
		if r.staff {
			tokens = staff
		}
		took, err := b.ask(ctx, r, tokens)
		if err != nil {
			return err
		}
		fmt.Printf("  %-32s p50 %-8s p99 %-8s (%d)\n", r.name, ms(took.at(0.5)), ms(took.at(0.99)), len(took))
		if r.fraction == 1 {
			all = append(all, took...)
		}
	}
	fmt.Printf("  %-32s p50 %-8s p99 %-8s (%d)\n", "all but the last", ms(all.at(0.5)), ms(all.at(0.99)), len(all))
	return nil
}

// tokens are enough of them that no one's rate is limited.
func (b *bench) tokens(ctx context.Context) (students, staff []string, err error) {
	by := store.Change{Why: "bench"}
	for _, secret := range b.logins.Tokens {
		students = append(students, secret)
	}
	for i := range 50 {
		p, err := b.store.AddPerson(ctx, store.Person{Login: fmt.Sprintf("staff-%d", i)}, by)
		if err != nil {
			return nil, nil, err
		}
		if err := b.store.Enrol(ctx, store.Enrolment{Course: b.course.ID, Person: p.ID, Role: store.TA}, by); err != nil {
			return nil, nil, err
		}
		_, secret, err := b.store.AddToken(ctx, store.Token{Person: p.ID}, by)
		if err != nil {
			return nil, nil, err
		}
		staff = append(staff, secret)
	}
	return students, staff, nil
}

// realRun is one that a worker made.
func (b *bench) realRun(ctx context.Context) (store.ID, error) {
	graded, err := b.store.Graded(ctx, store.Scope{Course: b.course.ID, Person: b.people[0].ID}, b.a.ID)
	if err != nil {
		return "", err
	}
	if len(graded) == 0 {
		return "", errors.New("no run was stored")
	}
	return graded[0].Run.ID, nil
}

func (b *bench) ask(ctx context.Context, r route, tokens []string) (times, error) {
	n := max(1, b.Requests/r.fraction)
	took, errs := make(times, n), make([]error, b.Clients)
	var wg sync.WaitGroup
	for c := range b.Clients {
		wg.Go(func() {
			for i := c; i < n && errs[c] == nil; i += b.Clients {
				var answer []byte
				start := time.Now()
				errs[c] = b.service.Do(ctx, tokens[i%len(tokens)], http.MethodGet, r.path(i), nil, &answer)
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	return took, errors.Join(errs...)
}
