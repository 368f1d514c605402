package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// tokenPrefix lets secret scanners and people tell what they found.
const tokenPrefix = "wgt_"

// tokenLength is a token's: the prefix, and 32 random bytes as base64.
const tokenLength = len(tokenPrefix) + 43

const tokenColumns = `t.id, t.person_id, t.name, t.rights, t.created, t.expires, t.used`

func scanToken(r pgx.CollectableRow) (t store.Token, err error) {
	err = r.Scan(&t.ID, &t.Person, &t.Name, &t.Rights, &t.Created, nullTime{&t.Expires}, nullTime{&t.Used})
	return t, err
}

// AddToken makes a token and gives its secret, this once.
func (s *Store) AddToken(ctx context.Context, t store.Token, by store.Change) (store.Token, string, error) {
	var raw [32]byte
	rand.Read(raw[:])
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	if t.Rights == "" {
		t.Rights = "all"
	}
	var added store.Token
	err := s.do(ctx, "add token", func(tx pgx.Tx) (err error) {
		added, err = one(ctx, tx, scanToken, `INSERT INTO tokens AS t (person_id, name, rights, hash, expires) VALUES ($1, $2, $3, $4, $5) RETURNING `+tokenColumns,
			key(t.Person), t.Name, t.Rights, hashToken(secret), when(t.Expires))
		if err != nil {
			return err
		}
		return record(ctx, tx, by, "", "add", "token "+string(added.ID)+" of "+string(t.Person), nil, added)
	})
	if err != nil {
		return store.Token{}, "", err
	}
	return added, secret, nil
}

func hashToken(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// TokenOwner finds whose token a secret is.
func (s *Store) TokenOwner(ctx context.Context, secret string) (store.Token, store.Person, error) {
	// What is no token's form is not looked up.
	if len(secret) != tokenLength || !strings.HasPrefix(secret, tokenPrefix) {
		return store.Token{}, store.Person{}, wrap("find token", pgx.ErrNoRows)
	}
	t, err := one(ctx, s.pool, scanToken, `SELECT `+tokenColumns+` FROM tokens t JOIN people p ON p.id = t.person_id
		WHERE t.hash = $1 AND (t.expires IS NULL OR t.expires > now()) AND NOT p.disabled`, hashToken(secret))
	if err != nil {
		return store.Token{}, store.Person{}, wrap("find token", err)
	}
	p, err := s.Person(ctx, t.Person)
	if err != nil {
		return store.Token{}, store.Person{}, err
	}
	// Once a minute is enough to see that a token is in use, and costs no write for each request.
	_, err = s.pool.Exec(ctx, `UPDATE tokens SET used = now() WHERE id = $1 AND (used IS NULL OR used < now() - interval '1 minute')`, key(t.ID))
	return t, p, wrap("find token", err)
}

// TokensOf lists a person's tokens.
func (s *Store) TokensOf(ctx context.Context, person store.ID) ([]store.Token, error) {
	ts, err := all(ctx, s.pool, scanToken, `SELECT `+tokenColumns+` FROM tokens t WHERE t.person_id = $1 ORDER BY t.created, t.id`, key(person))
	return ts, wrap("list tokens", err)
}

// RevokeToken ends a token of the person.
func (s *Store) RevokeToken(ctx context.Context, person, id store.ID, by store.Change) error {
	return s.do(ctx, "revoke token", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanToken, `DELETE FROM tokens t WHERE t.person_id = $1 AND t.id = $2 RETURNING `+tokenColumns, key(person), key(id))
		if err != nil {
			return err
		}
		return record(ctx, tx, by, "", "revoke", "token "+string(id)+" of "+string(person), old, nil)
	})
}
