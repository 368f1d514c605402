package postgres

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrSecret says that the database is guarded by a password that everybody knows.
var ErrSecret = errors.New("the database's password is published as a default: choose another, and set it in DATABASE_URL, PGPASSWORD or the password file")

// published are words that stand in examples as passwords.
var published = []string{"postgres", "password", "changeme", "secret", "admin", "wiregrade", "example", "1234", "123456"}

// Published says whether a secret stands in examples, maybe with digits or marks behind it.
func Published(secret string) bool {
	lower := strings.ToLower(secret)
	return slices.Contains(published, lower) || slices.Contains(published, strings.TrimRight(lower, "0123456789!-_ "))
}

// CheckSecret refuses a password of the database that is published, wherever
// the connection would take it from: the URL in any of its forms, the environment, the password file.
func CheckSecret(url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil // Open says so, without the password that may be in it
	}
	if Published(cfg.Password) {
		return ErrSecret
	}
	return nil
}
