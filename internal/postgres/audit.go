package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// record writes one entry of the audit trail, in the transaction of the change itself.
func record(ctx context.Context, tx pgx.Tx, by store.Change, course store.ID, action, subject string, old, new any) error {
	was, err := asJSON(old)
	if err != nil {
		return err
	}
	is, err := asJSON(new)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit (by, course_id, action, subject, why, old, new) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		maybe(by.By), maybe(course), action, subject, by.Why, was, is)
	return err
}

func asJSON(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

// Audit lists a course's entries, the latest first.
func (s *Store) Audit(ctx context.Context, course store.ID, p store.Page) ([]store.Entry, string, error) {
	before := int64(1<<63 - 1)
	if p.After != "" {
		n, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("list the audit trail: %w: page %q", store.ErrInvalid, p.After)
		}
		before = n
	}
	entries, err := all(ctx, s.pool, func(r pgx.CollectableRow) (e store.Entry, err error) {
		err = r.Scan(&e.Seq, &e.At, nullID{&e.By}, nullID{&e.Course}, &e.Action, &e.Subject, &e.Why, &e.Old, &e.New)
		return e, err
	}, `SELECT seq, at, by::text, course_id::text, action, subject, why, old, new FROM audit
		WHERE course_id IS NOT DISTINCT FROM $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`, maybe(course), before, limit(p))
	if err != nil {
		return nil, "", wrap("list the audit trail", err)
	}
	next := ""
	if len(entries) == limit(p) {
		next = strconv.FormatInt(entries[len(entries)-1].Seq, 10)
	}
	return entries, next, nil
}

// Names gives the logins of people and the names of assignments among the ids.
func (s *Store) Names(ctx context.Context, ids []store.ID) (map[store.ID]string, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	rows, err := s.pool.Query(ctx, `SELECT id::text, login FROM people WHERE id = ANY($1::uuid[])
		UNION ALL SELECT id::text, name FROM assignments WHERE id = ANY($1::uuid[])`, keys)
	if err != nil {
		return nil, wrap("find names", err)
	}
	names := map[store.ID]string{}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[store.ID(id)] = name
		return nil
	})
	return names, wrap("find names", err)
}

// limit is how many rows a page has.
func limit(p store.Page) int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 500)
}
