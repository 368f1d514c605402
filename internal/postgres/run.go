package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

const runColumns = `r.id, r.submission_id, r.grader, r.seed, r.isolation, r.status, r.counted, r.problem, r.worker, r.started, r.ended, r.phases`

// runFields scan runColumns; the seed's bits are stored as a signed number.
func runFields(r *store.Run, seed *int64) []any {
	return []any{&r.ID, &r.Submission, &r.Version, seed, &r.Isolation, &r.Status, &r.Counted, &r.Problem, &r.Worker, &r.Started, nullTime{&r.Ended}, &r.Phases}
}

func scanRun(row pgx.CollectableRow) (r store.Run, err error) {
	var seed int64
	err = row.Scan(runFields(&r, &seed)...)
	r.Seed = uint64(seed)
	return r, err
}

const runsWithin = ` FROM runs r JOIN submissions s ON s.id = r.submission_id WHERE ` + within

// Run finds a run of a submission within the scope.
func (s *Store) Run(ctx context.Context, sc store.Scope, id store.ID) (store.Run, error) {
	r, err := one(ctx, s.pool, scanRun, `SELECT `+runColumns+runsWithin+` AND r.id = $3`, key(sc.Course), maybe(sc.Person), key(id))
	return r, wrap("find run", err)
}

// RunsOf lists the runs of a submission, the latest first.
func (s *Store) RunsOf(ctx context.Context, sc store.Scope, submission store.ID) ([]store.Run, error) {
	rs, err := all(ctx, s.pool, scanRun, `SELECT `+runColumns+runsWithin+` AND r.submission_id = $3 ORDER BY r.started DESC, r.id`, key(sc.Course), maybe(sc.Person), key(submission))
	return rs, wrap("list runs", err)
}

// Report gives all that a run found.
func (s *Store) Report(ctx context.Context, sc store.Scope, run store.ID) (*grader.Run, error) {
	packed, err := one(ctx, s.pool, func(r pgx.CollectableRow) (b blob, err error) {
		err = r.Scan(&b.size, &b.data)
		return b, err
	}, `SELECT p.size, p.data FROM reports p JOIN runs r ON r.id = p.run_id JOIN submissions s ON s.id = r.submission_id
		WHERE `+within+` AND r.id = $3`, key(sc.Course), maybe(sc.Person), key(run))
	if err != nil {
		return nil, wrap("read report", err)
	}
	data, err := unpack(packed.data, packed.size)
	if err != nil {
		return nil, wrap("read report", err)
	}
	var report grader.Run
	if err := json.Unmarshal(data, &report); err != nil {
		return nil, wrap("read report", err)
	}
	return &report, nil
}

// Graded lists the graded submissions to an assignment, each with its counted run and what it found.
func (s *Store) Graded(ctx context.Context, sc store.Scope, assignment store.ID) ([]store.Graded, error) {
	graded, err := s.graded(ctx, sc, `s.assignment_id = $3`, key(assignment))
	return graded, wrap("list graded submissions", err)
}

// GradedOf gives those of the submissions that are graded.
func (s *Store) GradedOf(ctx context.Context, sc store.Scope, submissions []store.ID) ([]store.Graded, error) {
	keys := make([]string, len(submissions))
	for i, id := range submissions {
		keys[i] = key(id)
	}
	graded, err := s.graded(ctx, sc, `s.id = ANY($3::uuid[])`, keys)
	return graded, wrap("read graded submissions", err)
}

// graded lists what is graded within the scope under one more condition, on the third parameter.
func (s *Store) graded(ctx context.Context, sc store.Scope, condition string, of any) ([]store.Graded, error) {
	return all(ctx, s.pool, func(row pgx.CollectableRow) (g store.Graded, err error) {
		var seed int64
		var names, verdicts []string
		var shares, millis []float64
		fields := append(submissionFields(&g.Submission), runFields(&g.Run, &seed)...)
		err = row.Scan(append(fields, &names, &verdicts, &shares, &millis)...)
		g.Run.Seed = uint64(seed)
		for i := range names {
			g.Outcomes = append(g.Outcomes, store.Outcome{Check: names[i], Verdict: grader.Verdict(verdicts[i]), Share: shares[i], Millis: millis[i]})
		}
		return g, err
	}, `SELECT `+submissionColumns+`, `+runColumns+`, x.names, x.verdicts, x.shares, x.millis
		FROM submissions s JOIN runs r ON r.submission_id = s.id AND r.counted
		CROSS JOIN LATERAL (SELECT coalesce(array_agg(o.name ORDER BY o.seq), '{}') AS names, coalesce(array_agg(o.verdict ORDER BY o.seq), '{}') AS verdicts,
			coalesce(array_agg(o.share ORDER BY o.seq), '{}') AS shares, coalesce(array_agg(o.millis ORDER BY o.seq), '{}') AS millis
			FROM results o WHERE o.run_id = r.id) x
		WHERE `+within+` AND `+condition+` ORDER BY s.person_id, s.received, s.id`, key(sc.Course), maybe(sc.Person), of)
}

// Steps gives a run's progress after seq.
func (s *Store) Steps(ctx context.Context, sc store.Scope, run store.ID, after int64) ([]store.Progress, error) {
	steps, err := all(ctx, s.pool, func(r pgx.CollectableRow) (p store.Progress, err error) {
		err = r.Scan(&p.Seq, &p.Run, &p.At, &p.Phase, &p.Done, &p.Total, &p.Check, &p.Verdict)
		return p, err
	}, `SELECT g.seq, g.run_id, g.at, g.phase, g.done, g.total, g.name, g.verdict
		FROM progress g JOIN runs r ON r.id = g.run_id JOIN submissions s ON s.id = r.submission_id
		WHERE `+within+` AND r.id = $3 AND g.seq > $4 ORDER BY g.seq`, key(sc.Course), maybe(sc.Person), key(run), after)
	return steps, wrap("read progress", err)
}

// writeReport stores what a run found, in the transaction that ends it.
func writeReport(ctx context.Context, tx pgx.Tx, id store.ID, found *grader.Run) error {
	data, err := json.Marshal(found)
	if err != nil {
		return err
	}
	packed, err := pack(data)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO reports (run_id, size, data) VALUES ($1, $2, $3)`, key(id), len(data), packed); err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"results"}, []string{"run_id", "seq", "name", "verdict", "share", "millis"},
		pgx.CopyFromSlice(len(found.Results), func(i int) ([]any, error) {
			r := found.Results[i]
			return []any{string(id), int16(i), r.Name, string(r.Verdict), r.Share, r.Millis}, nil
		}))
	return err
}
