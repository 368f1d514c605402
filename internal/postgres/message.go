package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/grader/store"
)

var _ store.Outbox = (*Store)(nil)

// A happening is what a message tells: names to read, ids to ask by.
type happening struct {
	Course     string          `json:"course"`
	Assignment string          `json:"assignment,omitempty"`
	Login      string          `json:"login,omitempty"`
	Submission store.ID        `json:"submission,omitempty"`
	Run        store.ID        `json:"run,omitempty"`
	Status     store.RunStatus `json:"status,omitempty"` // of the run
	Problem    string          `json:"problem,omitempty"`
	Points     *float64        `json:"points,omitempty"` // of that submission, before lateness
	Was        *float64        `json:"was,omitempty"`    // its points before
	Max        *float64        `json:"max,omitempty"`
	Cause      string          `json:"cause,omitempty"` // why a score changed
	Closed     *time.Time      `json:"closed,omitempty"`
}

// emit tells the course's endpoints that ask for the event, in the transaction
// in which it happens. tell is only called when there is one; false tells nothing.
func (s *Store) emit(ctx context.Context, tx pgx.Tx, course, assignment, person store.ID, event store.Event, tell func(*happening) (bool, error)) error {
	listeners, err := all(ctx, tx, pgx.RowTo[store.ID], `SELECT id FROM endpoints WHERE course_id = $1 AND NOT disabled AND $2 = ANY(events)`, key(course), event)
	if err != nil || len(listeners) == 0 {
		return err
	}
	var h happening
	var now time.Time
	err = tx.QueryRow(ctx, `SELECT clock_timestamp(), name, coalesce((SELECT name FROM assignments WHERE id = $2), ''), coalesce((SELECT login FROM people WHERE id = $3), '')
		FROM courses WHERE id = $1`, key(course), maybe(assignment), maybe(person)).Scan(&now, &h.Course, &h.Assignment, &h.Login)
	if err != nil {
		return err
	}
	if ok, err := tell(&h); err != nil || !ok {
		return err
	}
	payload, err := json.Marshal(struct {
		Type      store.Event `json:"type"`
		Timestamp time.Time   `json:"timestamp"`
		Data      happening   `json:"data"`
	}{event, now, h})
	if err != nil {
		return err
	}
	messages, err := all(ctx, tx, pgx.RowTo[store.ID], `INSERT INTO messages (course_id, endpoint_id, event, payload)
		SELECT $1, x, $3, $4 FROM unnest($2::uuid[]) x RETURNING id`, key(course), listeners, event, payload)
	if err != nil {
		return err
	}
	return s.errands.Send(ctx, tx, messages)
}

// finished tells that a turn's run ended, and whether it changed the points of its submission. before is the run that counted until now.
func (s *Store) finished(ctx context.Context, tx pgx.Tx, t Turn, status store.RunStatus, problem string, found *grader.Run, before []store.ID) error {
	sub := t.Submission
	var points score.Score
	if found != nil {
		points = score.Of(rubricOf(t, found), found.Results)
	}
	err := s.emit(ctx, tx, sub.Course, sub.Assignment, sub.Person, store.RunFinished, func(h *happening) (bool, error) {
		h.Submission, h.Run, h.Status, h.Problem = sub.ID, t.Run, status, problem
		if status == store.RunDone {
			h.Points, h.Max = &points.Got, &points.Max
		}
		return true, nil
	})
	if err != nil || status != store.RunDone {
		return err
	}
	return s.emit(ctx, tx, sub.Course, sub.Assignment, sub.Person, store.ScoreChanged, func(h *happening) (bool, error) {
		h.Submission, h.Run, h.Points, h.Max, h.Cause = sub.ID, t.Run, &points.Got, &points.Max, "graded"
		if len(before) == 0 {
			return true, nil
		}
		was, err := all(ctx, tx, func(r pgx.CollectableRow) (o grader.Result, err error) {
			err = r.Scan(&o.Name, &o.Verdict, &o.Share)
			return o, err
		}, `SELECT name, verdict, share FROM results WHERE run_id = $1 ORDER BY seq`, key(before[0]))
		old := score.Of(rubricOf(t, found), was)
		h.Was = &old.Got
		return old.Points != points.Points, err
	})
}

func rubricOf(t Turn, found *grader.Run) []grader.Item {
	if len(t.Rubric) > 0 {
		return t.Rubric
	}
	return found.Assignment.Rubric
}

// rescored tells that points changed by a human's hand, of one student or (person "") of all.
func (s *Store) rescored(ctx context.Context, tx pgx.Tx, course, assignment, person store.ID, cause string) error {
	return s.emit(ctx, tx, course, assignment, person, store.ScoreChanged, func(h *happening) (bool, error) {
		h.Cause = cause
		return true, nil
	})
}

// CloseAssignments tells of the assignments that closed since the last call,
// each once for a closing time. Any number of programs may call it at once.
func (s *Store) CloseAssignments(ctx context.Context) (int, error) {
	type candidate struct {
		store.Assignment
		grace     int
		told, now time.Time
	}
	// One that closed is a candidate again only when its due date moved; the rest is told by Closes.
	past, err := all(ctx, s.pool, func(r pgx.CollectableRow) (c candidate, err error) {
		err = r.Scan(&c.Assignment.ID, &c.Course, &c.Due, &c.Late, &c.grace, nullTime{&c.told}, &c.now)
		return c, err
	}, `SELECT a.id, a.course_id, a.due, a.late, c.grace_days, a.closed_told, clock_timestamp() FROM assignments a JOIN courses c ON c.id = a.course_id WHERE a.due <= clock_timestamp()`)
	if err != nil {
		return 0, wrap("close assignments", err)
	}
	n := 0
	for _, c := range past {
		closes := c.Late.Closes(c.Due, c.grace)
		if closes.After(c.now) || closes.Equal(c.told) {
			continue
		}
		err := s.do(ctx, "close assignments", func(tx pgx.Tx) error {
			// Whoever sets it first tells.
			tag, err := tx.Exec(ctx, `UPDATE assignments SET closed_told = $2 WHERE id = $1 AND closed_told IS DISTINCT FROM $2`, key(c.Assignment.ID), closes)
			if err != nil || tag.RowsAffected() == 0 {
				return err
			}
			n++
			return s.emit(ctx, tx, c.Course, c.Assignment.ID, "", store.AssignmentClosed, func(h *happening) (bool, error) {
				h.Closed = &closes
				return true, nil
			})
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// ToSend gives a pending message with its endpoint and the secrets to sign with.
func (s *Store) ToSend(ctx context.Context, message store.ID) (store.Message, store.Endpoint, []string, error) {
	var e store.Endpoint
	var secrets []string
	m, err := one(ctx, s.pool, func(r pgx.CollectableRow) (m store.Message, err error) {
		err = r.Scan(append(append(messageFields(&m), endpointFields(&e)...), &secrets)...)
		return m, err
	}, `SELECT `+messageColumns+`, `+endpointColumns+`,
		CASE WHEN e.old_until > clock_timestamp() THEN ARRAY[e.secret, e.old_secret] ELSE ARRAY[e.secret] END
		FROM messages m JOIN endpoints e ON e.id = m.endpoint_id WHERE m.id = $1 AND m.status = 'pending'`, key(message))
	return m, e, secrets, wrap("find message", err)
}

// Sent records an attempt.
func (s *Store) Sent(ctx context.Context, message store.ID, a store.Attempt) error {
	return s.do(ctx, "record attempt", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE messages SET status = $2, attempts = attempts + 1, tried = clock_timestamp(), code = $3, response = $4, problem = $5 WHERE id = $1`,
			key(message), a.Status, a.Code, plain(a.Response), plain(a.Problem))
		if err != nil || !a.Disable {
			return err
		}
		var course, endpoint store.ID
		err = tx.QueryRow(ctx, `UPDATE endpoints e SET disabled = true FROM messages m WHERE m.id = $1 AND e.id = m.endpoint_id RETURNING e.course_id, e.id`, key(message)).Scan(&course, &endpoint)
		if err != nil {
			return err
		}
		return record(ctx, tx, store.Change{Why: "it answered 410 Gone"}, course, "change", "endpoint "+string(endpoint), nil, map[string]bool{"disabled": true})
	})
}
