package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const endpointColumns = `e.id, e.course_id, e.url, e.events, e.disabled, e.created`

func endpointFields(e *store.Endpoint) []any {
	return []any{&e.ID, &e.Course, &e.URL, &e.Events, &e.Disabled, &e.Created}
}

func scanEndpoint(r pgx.CollectableRow) (e store.Endpoint, err error) {
	err = r.Scan(endpointFields(&e)...)
	return e, err
}

// AddEndpoint makes an endpoint and gives its secret, this once.
func (s *Store) AddEndpoint(ctx context.Context, e store.Endpoint, by store.Change) (store.Endpoint, string, error) {
	secret := hookSecret()
	var added store.Endpoint
	err := s.do(ctx, "add endpoint", func(tx pgx.Tx) (err error) {
		added, err = one(ctx, tx, scanEndpoint, `INSERT INTO endpoints AS e (course_id, url, events, secret) VALUES ($1, $2, $3, $4) RETURNING `+endpointColumns,
			key(e.Course), e.URL, e.Events, secret)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, e.Course, "add", "endpoint "+string(added.ID), nil, added)
	})
	if err != nil {
		return store.Endpoint{}, "", err
	}
	return added, secret, nil
}

// EndpointsOf lists a course's endpoints.
func (s *Store) EndpointsOf(ctx context.Context, course store.ID) ([]store.Endpoint, error) {
	es, err := all(ctx, s.pool, scanEndpoint, `SELECT `+endpointColumns+` FROM endpoints e WHERE e.course_id = $1 ORDER BY e.created, e.id`, key(course))
	return es, wrap("list endpoints", err)
}

// SetEndpoint disables an endpoint, or enables it again.
func (s *Store) SetEndpoint(ctx context.Context, course, id store.ID, disabled bool, by store.Change) (store.Endpoint, error) {
	var changed store.Endpoint
	err := s.do(ctx, "change endpoint", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanEndpoint, `SELECT `+endpointColumns+` FROM endpoints e WHERE e.course_id = $1 AND e.id = $2 FOR UPDATE`, key(course), key(id))
		if err != nil {
			return err
		}
		changed, err = one(ctx, tx, scanEndpoint, `UPDATE endpoints e SET disabled = $3 WHERE e.course_id = $1 AND e.id = $2 RETURNING `+endpointColumns, key(course), key(id), disabled)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, course, "change", "endpoint "+string(id), old, changed)
	})
	return changed, err
}

// RotateEndpoint makes a new secret.
func (s *Store) RotateEndpoint(ctx context.Context, course, id store.ID, by store.Change) (string, error) {
	secret := hookSecret()
	err := s.do(ctx, "rotate endpoint", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE endpoints SET old_secret = secret, old_until = clock_timestamp() + interval '1 day', secret = $3 WHERE course_id = $1 AND id = $2`, key(course), key(id), secret)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return store.ErrNotFound
		}
		return record(ctx, tx, by, course, "rotate", "secret of endpoint "+string(id), nil, nil)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// DeleteEndpoint deletes the endpoint with its messages.
func (s *Store) DeleteEndpoint(ctx context.Context, course, id store.ID, by store.Change) error {
	return s.do(ctx, "delete endpoint", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanEndpoint, `DELETE FROM endpoints e WHERE e.course_id = $1 AND e.id = $2 RETURNING `+endpointColumns, key(course), key(id))
		if err != nil {
			return err
		}
		return record(ctx, tx, by, course, "delete", "endpoint "+string(id), old, nil)
	})
}

const messageColumns = `m.id, m.course_id, m.endpoint_id, m.event, m.payload, m.status, m.attempts, m.created, m.tried, m.code, m.response, m.problem`

func messageFields(m *store.Message) []any {
	return []any{&m.ID, &m.Course, &m.Endpoint, &m.Event, &m.Payload, &m.Status, &m.Attempts, &m.Created, nullTime{&m.Tried}, &m.Code, &m.Response, &m.Problem}
}

func scanMessage(r pgx.CollectableRow) (m store.Message, err error) {
	err = r.Scan(messageFields(&m)...)
	return m, err
}

// Messages lists what an endpoint was told, the latest first.
func (s *Store) Messages(ctx context.Context, course, endpoint store.ID, p store.Page) ([]store.Message, string, error) {
	at, id := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), store.ID(none)
	if p.After != "" {
		micros, rest, _ := strings.Cut(p.After, ".")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("list messages: %w: page %q", store.ErrInvalid, p.After)
		}
		at, id = time.UnixMicro(n), store.ID(rest)
	}
	if _, err := one(ctx, s.pool, scanEndpoint, `SELECT `+endpointColumns+` FROM endpoints e WHERE e.course_id = $1 AND e.id = $2`, key(course), key(endpoint)); err != nil {
		return nil, "", wrap("list messages", err)
	}
	ms, err := all(ctx, s.pool, scanMessage, `SELECT `+messageColumns+` FROM messages m WHERE m.course_id = $1 AND m.endpoint_id = $2 AND (m.created, m.id) < ($3, $4::uuid)
		ORDER BY m.created DESC, m.id DESC LIMIT $5`, key(course), key(endpoint), at, key(id), limit(p))
	if err != nil {
		return nil, "", wrap("list messages", err)
	}
	next := ""
	if len(ms) == limit(p) {
		last := ms[len(ms)-1]
		next = strconv.FormatInt(last.Created.UnixMicro(), 10) + "." + string(last.ID)
	}
	return ms, next, nil
}

// Redeliver sends a message again; ErrInvalid while it is still on its way.
func (s *Store) Redeliver(ctx context.Context, course, endpoint, message store.ID, by store.Change) (store.Message, error) {
	var again store.Message
	err := s.do(ctx, "redeliver", func(tx pgx.Tx) (err error) {
		again, err = one(ctx, tx, scanMessage, `SELECT `+messageColumns+` FROM messages m WHERE m.course_id = $1 AND m.endpoint_id = $2 AND m.id = $3 FOR UPDATE`,
			key(course), key(endpoint), key(message))
		if err != nil {
			return err
		}
		if again.Status == store.MessagePending {
			return fmt.Errorf("%w: the message is still on its way, and is tried again by itself", store.ErrInvalid)
		}
		again, err = one(ctx, tx, scanMessage, `UPDATE messages m SET status = 'pending' WHERE m.id = $1 RETURNING `+messageColumns, key(message))
		if err != nil {
			return err
		}
		if err := record(ctx, tx, by, course, "redeliver", "message "+string(message), nil, nil); err != nil {
			return err
		}
		return s.errands.Send(ctx, tx, []store.ID{message})
	})
	return again, err
}
