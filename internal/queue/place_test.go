package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// TestPlaceIsOfOneMoment has a turn claimed while its place is looked up: it
// is not said to wait for itself.
func TestPlaceIsOfOneMoment(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := newLine(t)
	_, err := l.q.Renew(ctx, robot, nil)
	require.NoError(t, err)
	l.MustSubmit(t, l.Bob, "measured")
	l.finish(l.claim(), grader.Pass)
	sub := l.MustSubmit(t, l.Ann, "1")

	// The figures need the table of workers, the submission does not: the look-up stops between the two.
	held, err := l.pg.Pool().Begin(ctx)
	require.NoError(t, err)
	defer held.Rollback(ctx)
	_, err = held.Exec(ctx, `LOCK TABLE workers IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	type answer struct {
		place store.Place
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		p, err := l.q.Place(ctx, l.Of(l.Ann), sub.ID)
		got <- answer{p, err}
	}()
	for stopped := false; !stopped; {
		require.NoError(t, held.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'workers'::regclass)`).Scan(&stopped))
	}
	l.claim()
	require.NoError(t, held.Commit(ctx))
	a := <-got
	require.NoError(t, a.err)
	require.Equal(t, store.StateRunning, a.place.State)
	require.Zero(t, a.place.Wait)
}

// TestPlace measures by suite: what each that is ahead takes, and the rest of the student's own run.
func TestPlace(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := newLine(t)
	long, err := l.AddAssignment(ctx, store.Assignment{Course: l.Course.ID, Name: "long", Suite: "long"}, l.By)
	require.NoError(t, err)
	strange, err := l.AddAssignment(ctx, store.Assignment{Course: l.Course.ID, Name: "strange", Suite: "strange"}, l.By)
	require.NoError(t, err)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := l.pg.Pool().Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	place := func(s store.Submission) store.Place {
		t.Helper()
		p, err := l.Place(ctx, l.Staff(), s.ID)
		require.NoError(t, err)
		p.Wait = p.Wait.Round(time.Second)
		return p
	}
	two := having("two", "tcp-upper-server", "long")
	two.Slots = 2
	_, err = l.q.Renew(ctx, two, nil)
	require.NoError(t, err)
	claim := func(w postgres.Worker) postgres.Turn {
		t.Helper()
		turn, ok, err := l.q.Claim(ctx, w, 7)
		require.NoError(t, err)
		require.True(t, ok)
		return turn
	}

	// Nothing is measured; a slot is free.
	first := l.push(l.Course, long, l.Ann, "1")
	p := place(first)
	require.Equal(t, "waiting, 0 before it, about 0s", p.String())
	require.Equal(t, "the workers do 2 at once, and 0 are under way", p.Measure)

	// Her own run is under way, and nobody knows how long it takes: not that it takes no time.
	turn := claim(two)
	second := l.push(l.Course, l.Upper, l.Ann, "1")
	p = place(second)
	require.Equal(t, []any{true, 0, false}, []any{p.Own, p.Ahead, p.Known})
	require.Equal(t, "waiting for the same student's run that is under way", p.String())

	// Runs of her suite are short: it is the other's mean that counts.
	for _, x := range []struct {
		assignment store.Assignment
		seconds    int
	}{{l.Upper, 5}, {long, 67}} {
		for i := range 2 {
			s := l.push(l.Course, x.assignment, l.Bob, fmt.Sprint(i))
			l.finish(claim(having("other", x.assignment.Suite)), grader.Pass)
			exec(`UPDATE runs SET started = ended - make_interval(secs => $2) WHERE submission_id = $1`, string(s.ID), x.seconds)
		}
	}
	exec(`UPDATE runs SET started = clock_timestamp() - interval '10 seconds' WHERE id = $1`, string(turn.Run))
	p = place(second)
	require.Equal(t, []any{true, 0, true, 57 * time.Second}, []any{p.Own, p.Ahead, p.Known, p.Wait})
	require.Equal(t, "the last 2 runs of long took 1m7s on average; the workers do 2 at once; the same student's run began 10s ago", p.Measure)

	// It takes longer than others did: nobody knows.
	exec(`UPDATE runs SET started = clock_timestamp() - interval '100 seconds' WHERE id = $1`, string(turn.Run))
	require.False(t, place(second).Known)
	exec(`UPDATE runs SET started = clock_timestamp() - interval '10 seconds' WHERE id = $1`, string(turn.Run))

	// Those ahead are counted as what they are: Bob's long one takes the slot that is free. A run of
	// a worker that has neither suite takes none, and what waits for it holds nobody up.
	other := having("strange", "strange")
	_, err = l.q.Renew(ctx, other, nil)
	require.NoError(t, err)
	l.push(l.Course, strange, l.student(l.Course, "s0"), "1")
	claim(other)
	l.push(l.Course, strange, l.student(l.Course, "s1"), "1")
	exec(`UPDATE line_people SET served = 'infinity' WHERE person_id = (SELECT person_id FROM line WHERE submission_id = $1 AND lease IS NULL)`, string(second.ID))
	third := l.push(l.Course, l.Upper, l.student(l.Course, "s2"), "1")
	p = place(third)
	require.Equal(t, []any{false, 0, true, time.Duration(0)}, []any{p.Own, p.Ahead, p.Known, p.Wait}, "one of two slots is free")
	l.push(l.Course, long, l.student(l.Course, "s3"), "1")
	fourth := l.push(l.Course, l.Upper, l.student(l.Course, "s4"), "1")
	p = place(fourth)
	// Ahead are one of 5 s and one of 67 s, under way is one with 57 s to go: two of the three end before it starts, on two slots.
	require.Equal(t, []any{2, true, 43 * time.Second}, []any{p.Ahead, p.Known, p.Wait})
	require.Contains(t, p.Measure, "the last 2 runs of long took 1m7s on average; the last 2 runs of tcp-upper-server took 5s on average")
}

// TestPlaceBehindTenThousand looks at the place of one behind 10,000 others, beside 50,000 runs.
func TestPlaceBehindTenThousand(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := newLine(t)
	_, err := l.q.Renew(ctx, robot, nil)
	require.NoError(t, err)
	l.MustSubmit(t, l.Bob, "so that there is a course in line")
	for _, sql := range []string{
		`DELETE FROM line`,
		`INSERT INTO people (login) SELECT 'p' || i FROM generate_series(1, 10000) i`,
		`INSERT INTO enrolments (course_id, person_id, role) SELECT c.id, p.id, 'student' FROM courses c, people p WHERE c.name = 'net' AND p.login ~ '^p[0-9]+$'`,
		`INSERT INTO submissions (course_id, assignment_id, person_id, source, tree, received, late, files, bytes)
			SELECT a.course_id, a.id, p.id, 'upload', 'x', now(), false, 1, 1 FROM people p, generate_series(1, 5), assignments a JOIN courses c ON c.id = a.course_id
			WHERE c.name = 'net' AND a.name = 'upper' AND p.login ~ '^p[0-9]+$'`,
		`INSERT INTO runs (submission_id, lease, grader, seed, isolation, status, worker, started, ended)
			SELECT s.id, gen_random_uuid(), 'v', 1, 'n', 'done', 'w', now() - interval '5 seconds', now() FROM submissions s WHERE tree = 'x'`,
		`INSERT INTO line_people (person_id) SELECT id FROM people ON CONFLICT DO NOTHING`,
		`INSERT INTO line (submission_id, course_id, assignment_id, person_id, class)
			SELECT DISTINCT ON (person_id) id, course_id, assignment_id, person_id, 1 FROM submissions WHERE tree = 'x'`,
		`ANALYZE`,
	} {
		_, err := l.pg.Pool().Exec(ctx, sql)
		require.NoError(t, err, sql)
	}
	sub := l.MustSubmit(t, l.Ann, "1")
	begun := time.Now()
	p, err := l.Place(ctx, l.Staff(), sub.ID)
	require.NoError(t, err)
	took := time.Since(begun)
	t.Log(took)
	require.Less(t, took, 5*time.Second) // tens of milliseconds
	require.Equal(t, "waiting, 10000 before it, about 6h56m38s", p.String(), "9,999 runs of 5 s end on two slots")
	require.Equal(t, "the last 50 runs of tcp-upper-server took 5s on average; the workers do 2 at once", p.Measure)
}
