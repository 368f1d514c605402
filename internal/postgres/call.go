package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// BeginCall claims the call, or gives the answer that was kept.
func (s *Store) BeginCall(ctx context.Context, c store.Call) (store.ID, []byte, error) {
	claim, answer, err := s.beginCall(ctx, c)
	return claim, answer, wrap("begin call", err)
}

func (s *Store) beginCall(ctx context.Context, c store.Call) (claim store.ID, answer []byte, err error) {
	// What is due to be swept is as good as gone. A claim that is yet to come was before the clock was set back.
	err = s.pool.QueryRow(ctx, `INSERT INTO calls AS c (key, person_id, asks) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET asks = excluded.asks, claim = excluded.claim, claimed = excluded.claimed, answer = NULL
		WHERE c.claimed < clock_timestamp() - $4::interval
			OR c.answer IS NULL AND c.asks = excluded.asks AND c.claimed NOT BETWEEN clock_timestamp() - $5::interval AND clock_timestamp() + $5::interval
		RETURNING c.claim`, c.Key, key(c.Person), c.Asks, store.CallKept, store.CallBound).Scan(&claim)
	if !errors.Is(err, pgx.ErrNoRows) {
		return claim, nil, err
	}
	var same bool
	err = s.pool.QueryRow(ctx, `SELECT asks = $2, answer FROM calls WHERE key = $1`, c.Key, c.Asks).Scan(&same, &answer)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil, store.ErrUnderWay // it was dropped this moment: the next try has it
	case err != nil:
		return "", nil, err
	case !same:
		return "", nil, store.ErrOtherCall
	case answer == nil:
		return "", nil, store.ErrUnderWay
	}
	return "", answer, nil
}

// KeepAnswer ends a claim with the answer.
func (s *Store) KeepAnswer(ctx context.Context, call []byte, claim store.ID, answer []byte) error {
	tag, err := s.pool.Exec(ctx, `UPDATE calls SET answer = $3 WHERE key = $1 AND claim = $2 AND answer IS NULL`, call, key(claim), answer)
	if err == nil && tag.RowsAffected() == 0 {
		err = store.ErrLease
	}
	return wrap("keep answer", err)
}

// DropCall ends a claim without an answer.
func (s *Store) DropCall(ctx context.Context, call []byte, claim store.ID) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM calls WHERE key = $1 AND claim = $2 AND answer IS NULL`, call, key(claim))
	return wrap("drop call", err)
}
