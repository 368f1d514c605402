package postgres

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// hookSecret is a new secret in the form of Standard Webhooks.
func hookSecret() string {
	var raw [32]byte
	rand.Read(raw[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(raw[:])
}

const hookKeyColumns = `id, course_id, assignment_id::text, person_id::text, name, created`

func hookKeyFields(k *store.HookKey) []any {
	return []any{&k.ID, &k.Course, nullID{&k.Assignment}, nullID{&k.Person}, &k.Name, &k.Created}
}

func scanHookKey(r pgx.CollectableRow) (k store.HookKey, err error) {
	err = r.Scan(hookKeyFields(&k)...)
	return k, err
}

// AddHookKey makes a key and gives its secret, this once.
func (s *Store) AddHookKey(ctx context.Context, k store.HookKey, by store.Change) (store.HookKey, string, error) {
	secret := hookSecret()
	var added store.HookKey
	err := s.do(ctx, "add hook key", func(tx pgx.Tx) (err error) {
		added, err = one(ctx, tx, scanHookKey, `INSERT INTO hook_keys (course_id, assignment_id, person_id, name, secret) VALUES ($1, $2, $3, $4, $5) RETURNING `+hookKeyColumns,
			key(k.Course), maybe(k.Assignment), maybe(k.Person), k.Name, secret)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, k.Course, "add", "hook key "+string(added.ID), nil, added)
	})
	if err != nil {
		return store.HookKey{}, "", err
	}
	return added, secret, nil
}

// HookKey finds a key with its secret.
func (s *Store) HookKey(ctx context.Context, id store.ID) (store.HookKey, string, error) {
	var secret string
	k, err := one(ctx, s.pool, func(r pgx.CollectableRow) (k store.HookKey, err error) {
		err = r.Scan(append(hookKeyFields(&k), &secret)...)
		return k, err
	}, `SELECT `+hookKeyColumns+`, secret FROM hook_keys WHERE id = $1`, key(id))
	return k, secret, wrap("find hook key", err)
}

// HookKeysOf lists a course's keys.
func (s *Store) HookKeysOf(ctx context.Context, course store.ID) ([]store.HookKey, error) {
	ks, err := all(ctx, s.pool, scanHookKey, `SELECT `+hookKeyColumns+` FROM hook_keys WHERE course_id = $1 ORDER BY created, id`, key(course))
	return ks, wrap("list hook keys", err)
}

// RevokeHookKey ends a key.
func (s *Store) RevokeHookKey(ctx context.Context, course, id store.ID, by store.Change) error {
	return s.do(ctx, "revoke hook key", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanHookKey, `DELETE FROM hook_keys WHERE course_id = $1 AND id = $2 RETURNING `+hookKeyColumns, key(course), key(id))
		if err != nil {
			return err
		}
		return record(ctx, tx, by, course, "revoke", "hook key "+string(id), old, nil)
	})
}
