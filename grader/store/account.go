package store

import (
	"context"
	"encoding/json"
	"time"
)

// An Override sets the points of one student for an assignment by hand.
type Override struct {
	Course     ID
	Assignment ID
	Person     ID
	Group      string // "" for the assignment as a whole
	Points     float64
	Why        string
	By         ID
	At         time.Time
}

// Overrides keeps points given by hand.
type Overrides interface {
	// SetOverride stores the override in place of an earlier one.
	SetOverride(ctx context.Context, o Override, by Change) error
	// ClearOverride takes it back.
	ClearOverride(ctx context.Context, o Override, by Change) error
	// Overrides lists those within the scope.
	Overrides(ctx context.Context, s Scope) ([]Override, error)
}

// A Token lets a program act for a person. The secret itself is never stored.
type Token struct {
	ID      ID
	Person  ID
	Name    string // what the person calls it
	Rights  string // "all", or what it is bound to: "push", "read"
	Created time.Time
	Expires time.Time // zero: never
	Used    time.Time // to the minute; zero: never
}

// Tokens keeps tokens, hashed.
type Tokens interface {
	// AddToken makes a token and gives its secret, this once.
	AddToken(ctx context.Context, t Token, by Change) (Token, string, error)
	// TokenOwner finds whose token a secret is; ErrNotFound also for one that
	// expired, was revoked, or belongs to a person who is disabled.
	TokenOwner(ctx context.Context, secret string) (Token, Person, error)
	// TokensOf lists a person's tokens.
	TokensOf(ctx context.Context, person ID) ([]Token, error)
	// RevokeToken ends a token of the person.
	RevokeToken(ctx context.Context, person, id ID, by Change) error
}

// An Entry is one human change in the audit trail.
type Entry struct {
	Seq     int64
	At      time.Time
	By      ID // empty for the service itself
	Course  ID // empty for what belongs to none
	Action  string
	Subject string // what was changed: "assignment http-server"
	Why     string
	Old     json.RawMessage // null when it is new
	New     json.RawMessage // null when it is gone
}

// Trail reads the audit trail. It is written by every change, and never rewritten.
type Trail interface {
	// Audit lists a course's entries, the latest first; without a course those that belong to none.
	Audit(ctx context.Context, course ID, p Page) (all []Entry, next string, err error)
	// Names gives the logins of people and the names of assignments among the ids. Others are left out.
	Names(ctx context.Context, ids []ID) (map[ID]string, error)
}
