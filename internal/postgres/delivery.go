package postgres

import (
	"context"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Hear records a delivery. One that was heard but not settled is heard again:
// whoever heard it may have gone away before anything came of it.
func (s *Store) Hear(ctx context.Context, d store.Delivery) (bool, error) {
	tag, err := s.pool.Exec(ctx, `INSERT INTO deliveries (source, delivery, event) VALUES ($1, $2, $3) 
		ON CONFLICT (source, delivery) DO UPDATE SET event = excluded.event WHERE deliveries.outcome = ''`, d.Source, d.Delivery, d.Event)
	return tag.RowsAffected() == 1, wrap("record delivery", err)
}

// Settle records what was made of a delivery.
func (s *Store) Settle(ctx context.Context, source store.Source, delivery, outcome string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE deliveries SET outcome = $3 WHERE source = $1 AND delivery = $2`, source, delivery, outcome)
	if err == nil && tag.RowsAffected() == 0 {
		err = store.ErrNotFound
	}
	return wrap("settle delivery", err)
}
