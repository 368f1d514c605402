package store

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
)

// An Assignment is what a course hands out: a suite under the course's own rules.
type Assignment struct {
	ID      ID
	Course  ID
	Name    string // unique in the course, as in URLs
	Title   string
	Suite   string        // the suite that grades it: "http-server"
	Rubric  []grader.Item // points for groups in place of the suite's; empty keeps the suite's
	Opens   time.Time     // zero: open from the start
	Due     time.Time     // zero: never due
	Late    policy.Late
	Limit   policy.Limit
	Counts  policy.Counts
	Visible map[string]policy.Visibility // by group; a group that is missing is always visible
	PassAt  float64                      // percent that pass it
	Created time.Time
	Version int64
}

// An Extension moves the due date of one assignment for one student.
type Extension struct {
	Course     ID
	Assignment ID
	Person     ID
	Due        time.Time
	Why        string
}

// Assignments keeps the assignments of courses.
type Assignments interface {
	AddAssignment(ctx context.Context, a Assignment, by Change) (Assignment, error)
	// Assignment finds one by id. Of the scope only the course matters: all in a course see its assignments.
	Assignment(ctx context.Context, s Scope, id ID) (Assignment, error)
	AssignmentByName(ctx context.Context, course ID, name string) (Assignment, error)
	// CourseAssignments lists a course's assignments, by due date and name.
	CourseAssignments(ctx context.Context, course ID) ([]Assignment, error)
	// ChangeAssignment stores a changed assignment; ErrStale when a.Version is not the stored one.
	ChangeAssignment(ctx context.Context, a Assignment, by Change) (Assignment, error)
	// Extend stores the extension in place of an earlier one.
	Extend(ctx context.Context, e Extension, by Change) error
	// Unextend takes it back.
	Unextend(ctx context.Context, e Extension, by Change) error
	// Extensions lists the extensions within the scope.
	Extensions(ctx context.Context, s Scope) ([]Extension, error)
}
