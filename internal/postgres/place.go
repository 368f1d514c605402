package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Place says where a submission stands.
func (l *Line) Place(ctx context.Context, sc store.Scope, submission store.ID) (store.Place, error) {
	if _, err := l.s.Submission(ctx, sc, submission); err != nil {
		return store.Place{}, err
	}
	var p store.Place
	var f standing
	// One statement, so that all figures are of one moment: one that is claimed
	// in between would else wait for itself.
	err := l.s.pool.QueryRow(ctx, standingQuery, key(submission), alive).Scan(&p.State, &p.Slots, &f.Ahead, &f.Running, &f.Own, &f.Pace)
	if err != nil {
		return store.Place{}, wrap("find place", err)
	}
	f.reckon(&p)
	return p, nil
}

// A standing is what a place is worked out from.
type standing struct {
	Ahead   []group         // who waits and comes before it, by suite
	Running []begun         // on the workers that have its suite
	Own     *begun          // the same student's: a student has one run at a time
	Pace    map[string]pace // of the suites that were graded of late
}

type group struct {
	Suite string `json:"suite"`
	Runs  int    `json:"runs"`
	Own   int    `json:"own"` // of them the same student's
}

type begun struct {
	Suite   string  `json:"suite"`
	Seconds float64 `json:"seconds"` // since it began
}

type pace struct {
	Runs int     `json:"runs"`
	Mean float64 `json:"mean"` // in seconds
}

// standingQuery asks for it. What waits for other workers than those that have the submission's suite does not
// hold it up; while there is none, all that waits counts. However many runs are kept, the pace is that of the
// thousand that ended last, and of each suite's the last 50.
const standingQuery = `WITH mine AS (
		SELECT l.class, l.person_id, a.suite FROM line l JOIN assignments a ON a.id = l.assignment_id
		WHERE l.submission_id = $1 AND l.lease IS NULL ORDER BY l.class LIMIT 1
	), able AS (
		SELECT w.name, w.slots, w.suites FROM workers w WHERE w.seen > clock_timestamp() - $2::interval
		AND (w.suites IS NULL OR (SELECT suite FROM mine) = ANY(w.suites))
	), ranked AS MATERIALIZED (
		SELECT id, submission_id, place FROM line_order WHERE class = (SELECT class FROM mine)
	), ahead AS (
		SELECT person_id, assignment_id FROM line WHERE lease IS NULL AND class < (SELECT class FROM mine)
		UNION ALL
		SELECT l.person_id, l.assignment_id FROM ranked o JOIN line l USING (id)
		WHERE o.place < (SELECT place FROM ranked WHERE submission_id = $1)
	), groups AS (
		SELECT a.suite, sum(n.runs)::int AS runs, sum(n.own)::int AS own FROM (
			SELECT assignment_id, count(*) AS runs, count(*) FILTER (WHERE person_id = (SELECT person_id FROM mine)) AS own FROM ahead GROUP BY assignment_id
		) n JOIN assignments a ON a.id = n.assignment_id
		WHERE NOT EXISTS (SELECT FROM able) OR EXISTS (SELECT FROM able w WHERE w.suites IS NULL OR a.suite = ANY(w.suites))
		GROUP BY a.suite
	), going AS (
		SELECT l.person_id, r.worker, a.suite, greatest(0, extract(epoch FROM clock_timestamp() - r.started))::float8 AS seconds
		FROM line l JOIN runs r ON r.lease = l.lease JOIN assignments a ON a.id = l.assignment_id WHERE l.lease IS NOT NULL
	), pace AS (
		SELECT suite, count(*) AS runs, avg(seconds)::float8 AS mean FROM (
			SELECT a.suite, extract(epoch FROM r.ended - r.started) AS seconds, row_number() OVER (PARTITION BY a.suite ORDER BY r.ended DESC) AS rank
			FROM (SELECT submission_id, started, ended FROM runs WHERE status = 'done' ORDER BY ended DESC LIMIT 1000) r
			JOIN submissions s ON s.id = r.submission_id JOIN assignments a ON a.id = s.assignment_id) latest
		WHERE rank <= 50 GROUP BY suite
	)
	SELECT (SELECT ` + stateOf + ` FROM submissions s WHERE s.id = $1),
	coalesce((SELECT sum(slots) FROM able), 0),
	(SELECT coalesce(jsonb_agg(g), '[]') FROM groups g),
	(SELECT coalesce(jsonb_agg(jsonb_build_object('suite', suite, 'seconds', seconds)), '[]') FROM going WHERE worker IN (SELECT name FROM able)),
	(SELECT jsonb_build_object('suite', suite, 'seconds', seconds) FROM going WHERE person_id = (SELECT person_id FROM mine)),
	(SELECT coalesce(jsonb_object_agg(suite, jsonb_build_object('runs', runs, 'mean', mean)), '{}') FROM pace)`

// reckon works out the place of a submission whose state and slots are known.
func (f *standing) reckon(p *store.Place) {
	if p.State != store.StateWaiting {
		return
	}
	p.Own = f.Own != nil
	for _, g := range f.Ahead {
		p.Ahead += g.Runs
	}
	if p.Slots == 0 {
		return
	}
	used := map[string]bool{}
	p.Known = true
	mean := func(suite string) float64 {
		m, ok := f.Pace[suite]
		p.Known = p.Known && ok
		used[suite] = true
		return m.Mean
	}
	// As many runs have to end before this one starts as are too many for the free slots; which
	// they will be nobody knows, so each counts as the mean of all.
	var line, own float64
	if behind := p.Ahead + 1 - max(0, p.Slots-len(f.Running)); behind > 0 {
		for _, r := range f.Running {
			line += max(0, mean(r.Suite)-r.Seconds)
		}
		for _, g := range f.Ahead {
			line += float64(g.Runs) * mean(g.Suite)
		}
		line *= float64(behind) / float64(p.Ahead+len(f.Running)) / float64(p.Slots)
	}
	// A free slot is of no use before the student's own run has ended, and those of theirs that come first.
	if f.Own != nil {
		rest := mean(f.Own.Suite) - f.Own.Seconds
		p.Known = p.Known && rest >= 0 // one that takes longer than others do: nobody knows how long
		own = rest
	}
	for _, g := range f.Ahead {
		if g.Own > 0 {
			own += float64(g.Own) * mean(g.Suite)
		}
	}
	if !p.Known {
		return
	}
	p.Wait = time.Duration(max(line, own) * float64(time.Second))
	p.Measure = f.measure(p, used)
}

// measure says in words what the wait was worked out from.
func (f *standing) measure(p *store.Place, used map[string]bool) string {
	if len(used) == 0 {
		return fmt.Sprintf("the workers do %d at once, and %d are under way", p.Slots, len(f.Running))
	}
	var says []string
	for _, suite := range slices.Sorted(maps.Keys(used)) {
		m := f.Pace[suite]
		runs := "the last run"
		if m.Runs > 1 {
			runs = fmt.Sprintf("the last %d runs", m.Runs)
		}
		says = append(says, fmt.Sprintf("%s of %s took %v on average", runs, suite, time.Duration(m.Mean*float64(time.Second)).Round(time.Millisecond)))
	}
	says = append(says, fmt.Sprintf("the workers do %d at once", p.Slots))
	if f.Own != nil {
		says = append(says, fmt.Sprintf("the same student's run began %v ago", time.Duration(f.Own.Seconds*float64(time.Second)).Round(time.Second)))
	}
	return strings.Join(says, "; ")
}
