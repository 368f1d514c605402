package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Tickets tell the workers that somebody waits. A ticket names nobody: whoever
// holds one takes who is next at that moment. One too many does no harm.
type Tickets interface {
	// Issue adds n tickets in the transaction.
	Issue(ctx context.Context, tx pgx.Tx, n int) error
	// Pending counts the tickets that no worker has taken yet.
	Pending(ctx context.Context, tx pgx.Tx) (int, error)
}

// Errands are what the service does beside grading. Each is entered in the
// transaction of its cause, and done by a job of its own, maybe more than once.
type Errands interface {
	// Fetch gets the commit that a delivery announces.
	Fetch(ctx context.Context, tx pgx.Tx, source store.Source, delivery string) error
	// Show tells how far the grading of a commit is where it came from.
	Show(ctx context.Context, tx pgx.Tx, repository store.ID, commit string) error
	// Send sends messages to their endpoints.
	Send(ctx context.Context, tx pgx.Tx, messages []store.ID) error
}

// idle has no errands: a Store without a queue.
type idle struct{}

// Fetch is for Errands.
func (idle) Fetch(context.Context, pgx.Tx, store.Source, string) error { return nil }

// Show is for Errands.
func (idle) Show(context.Context, pgx.Tx, store.ID, string) error { return nil }

// Send is for Errands.
func (idle) Send(context.Context, pgx.Tx, []store.ID) error { return nil }

// A Line is who waits to be graded and who is being graded. It is the
// store.Queue of the service. Who is next is decided when a worker is free:
// the most urgent class, in it the course that was served longest ago, in that
// the student who was, and of theirs the oldest. So neither 10,000 pushes of one
// student nor those of a large course hold up another, and a student has one run at a time.
type Line struct {
	s       *Store
	tickets Tickets
}

var _ store.Queue = (*Line)(nil)

// NewLine is the line of the store; tickets say to the workers that somebody
// waits. From then on what the store is told has its errands done.
func NewLine(s *Store, t Tickets, e Errands) *Line {
	s.errands = e
	return &Line{s, t}
}

// lock takes the person's lane: whatever changes a person's places in line
// holds it, so that no two see half of each other's work.
func lock(ctx context.Context, tx pgx.Tx, person store.ID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO line_people (person_id) VALUES ($1) ON CONFLICT DO NOTHING`, key(person)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `SELECT FROM line_people WHERE person_id = $1 FOR UPDATE`, key(person))
	return err
}

// alive is how long ago a worker was heard of at most.
const alive = 30 * time.Second

// Beat is how often a worker says that it is alive, at the least.
const Beat = alive / 3

// Figures are what the line is like at this moment, for metrics.
type Figures struct {
	Waiting  map[store.Class]int
	Running  int
	Workers  int            // that are alive
	Slots    int            // runs that they do at once
	Stranded map[string]int // who waits and no worker alive can grade, by suite
}

// Figures counts who waits, who is graded and who grades.
func (l *Line) Figures(ctx context.Context) (Figures, error) {
	f := Figures{Waiting: map[store.Class]int{}}
	rows, err := l.s.pool.Query(ctx, `SELECT class, count(*) FILTER (WHERE lease IS NULL), count(*) FILTER (WHERE lease IS NOT NULL) FROM line GROUP BY class`)
	if err != nil {
		return f, wrap("count the line", err)
	}
	var class store.Class
	var w, r int
	if _, err = pgx.ForEachRow(rows, []any{&class, &w, &r}, func() error {
		f.Waiting[class] = w
		f.Running += r
		return nil
	}); err != nil {
		return f, wrap("count the line", err)
	}
	err = l.s.pool.QueryRow(ctx, `SELECT count(*), coalesce(sum(slots), 0) FROM workers WHERE seen > clock_timestamp() - $1::interval`, alive).Scan(&f.Workers, &f.Slots)
	if err != nil {
		return f, wrap("count the workers", err)
	}
	f.Stranded, err = l.Stranded(ctx)
	return f, err
}

// Stranded counts, by suite, who waits and no worker that is alive can grade: they wait until one comes that can.
func (l *Line) Stranded(ctx context.Context) (map[string]int, error) {
	rows, err := l.s.pool.Query(ctx, `SELECT a.suite, count(*) FROM line l JOIN assignments a ON a.id = l.assignment_id WHERE l.lease IS NULL AND NOT `+gradable+` GROUP BY a.suite`, alive)
	if err != nil {
		return nil, wrap("count who is stranded", err)
	}
	stranded := map[string]int{}
	var suite string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&suite, &n}, func() error {
		stranded[suite] = n
		return nil
	})
	return stranded, wrap("count who is stranded", err)
}

// Elsewhere says whether somebody waits whom this worker cannot grade and another, which is
// alive and has a slot free, can: it is the one that should have had the ticket.
func (l *Line) Elsewhere(ctx context.Context, w Worker) (yes bool, err error) {
	if w.Suites == nil {
		return false, nil
	}
	err = l.s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM line l WHERE `+ready+` AND l.assignment_id IN (SELECT a.id FROM assignments a
			JOIN workers o ON o.name <> $2 AND o.seen > clock_timestamp() - $3::interval AND (o.suites IS NULL OR a.suite = ANY(o.suites))
			WHERE NOT a.suite = ANY($1::text[])
			AND o.slots > (SELECT count(*) FROM line b JOIN runs r ON r.lease = b.lease WHERE b.lease IS NOT NULL AND r.worker = o.name)))`, w.Suites, w.Name, alive).Scan(&yes)
	return yes, wrap("look for a worker", err)
}
