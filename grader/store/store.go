// Package store is the vocabulary of the service, courses, people, submissions
// and runs, and the Store that keeps them, in small pieces. It says what is
// kept; internal/postgres says how.
//
// Whatever belongs to a course is asked for with a Scope, and a Store answers
// ErrNotFound for what lies outside it, as if it did not exist: an id of
// another course or another student opens nothing and tells nothing.
package store

import (
	"context"
	"errors"
)

// An ID names one stored thing: a random UUID in its usual form.
type ID string

// The errors that a Store answers with. Others are its own trouble.
var (
	ErrNotFound = errors.New("not found")                                // or outside the scope
	ErrExists   = errors.New("already exists")                           // a name or key that must be unique is taken
	ErrStale    = errors.New("changed by somebody else in the meantime") // the version asked for is not the stored one
	ErrInvalid  = errors.New("invalid")                                  // a value that the Store's rules refuse
	ErrNewer    = errors.New("the schema is newer than this program")    // upgrade the program
	ErrOlder    = errors.New("the schema is older than this program")    // run grader migrate
	ErrLease    = errors.New("the run was handed to another worker")     // what this one found is not wanted any more
	// ErrUnavailable: it does not answer at this moment, and is asked again later.
	ErrUnavailable = errors.New("the database does not answer")
	ErrTooLarge    = errors.New("the submission is larger than is accepted") // see Limits
)

// A Scope bounds what a query can reach: one course, and in it one person, or
// everybody when Person is empty. Only staff get a Scope without a Person.
type Scope struct {
	Course ID
	Person ID
}

// A Change says who changes something, and why. It is kept in the audit trail.
type Change struct {
	By  ID // a person; empty for the service itself
	Why string
}

// A Page is one step through a long list, by keyset: After is the Next of the page before.
type Page struct {
	After string // "" for the first
	Limit int    // 0 means 50; at most 500
}

// A Store keeps everything. Its methods may be called from any goroutine.
type Store interface {
	Courses
	People
	Enrolments
	Assignments
	Repositories
	Submissions
	Runs
	Overrides
	Tokens
	Deliveries
	HookKeys
	Endpoints
	Trail
	Calls
}

// A Pinger says whether the Store can be reached.
type Pinger interface {
	Ping(ctx context.Context) error
}
