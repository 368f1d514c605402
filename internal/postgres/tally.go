package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// An Outcome says how a turn ended.
type Outcome string

// The outcomes that are counted.
const (
	OutcomeGraded   Outcome = "graded"
	OutcomeFault    Outcome = "fault"    // ours, each time that it was tried
	OutcomeLost     Outcome = "lost"     // its worker went away
	OutcomeReplaced Outcome = "replaced" // a newer push took the place before it was graded
)

// TallyBounds are the upper ends, in seconds, of the buckets that times are counted in; what takes longer has a bucket without end.
var TallyBounds = []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600}

// A Tally is how many runs of a suite had an outcome and took at most Bound seconds, and more than the bound before.
type Tally struct {
	Suite   string
	Outcome Outcome
	Bound   float64 // +Inf for the last
	Runs    int64
	Seconds float64 // that they took together
}

// tally counts a run that has ended, and the submissions that were replaced. It is the last
// that a transaction does: everybody counts in the same few rows, and who holds one waits for nobody.
func tally(ctx context.Context, tx pgx.Tx, run store.ID, replaced []store.ID) error {
	const add = ` ON CONFLICT (suite, outcome, bound) DO UPDATE SET runs = tallies.runs + excluded.runs, seconds = tallies.seconds + excluded.seconds`
	if run != "" {
		_, err := tx.Exec(ctx, `INSERT INTO tallies (suite, outcome, bound, runs, seconds)
			SELECT a.suite, CASE r.status WHEN 'done' THEN 'graded' ELSE r.status END,
				coalesce((SELECT min(b) FROM unnest($2::float8[]) b WHERE b >= extract(epoch FROM r.ended - r.started)), 'Infinity'),
				1, extract(epoch FROM r.ended - r.started)
			FROM runs r JOIN submissions s ON s.id = r.submission_id JOIN assignments a ON a.id = s.assignment_id
			WHERE r.id = $1 AND r.status IN ('done', 'fault', 'lost')`+add, key(run), TallyBounds)
		if err != nil {
			return err
		}
	}
	for _, id := range replaced {
		_, err := tx.Exec(ctx, `INSERT INTO tallies (suite, outcome, bound, runs, seconds)
			SELECT a.suite, 'replaced', 0, 1, 0 FROM submissions s JOIN assignments a ON a.id = s.assignment_id WHERE s.id = $1`+add, key(id))
		if err != nil {
			return err
		}
	}
	return nil
}

// Tallies are the counts of all that ended, by suite, outcome and bound. They only grow.
func (l *Line) Tallies(ctx context.Context) ([]Tally, error) {
	ts, err := all(ctx, l.s.pool, pgx.RowToStructByPos[Tally], `SELECT suite, outcome, bound, runs, seconds FROM tallies ORDER BY suite, outcome, bound`)
	return ts, wrap("read the tallies", err)
}
