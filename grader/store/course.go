package store

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader/policy"
)

// A Course is one course in one term.
type Course struct {
	ID        ID
	Name      string // as in URLs: "net-2026"
	Title     string
	Pass      policy.PassRule
	GraceDays int // late days that each student may spend without a loss
	Created   time.Time
	Version   int64 // counts changes
}

// Courses keeps courses.
type Courses interface {
	// AddCourse stores a new course and returns it with ID, Created and Version. ErrExists when the name is taken.
	AddCourse(ctx context.Context, c Course, by Change) (Course, error)
	Course(ctx context.Context, id ID) (Course, error)
	CourseByName(ctx context.Context, name string) (Course, error)
	// CoursesOf lists the courses that the person is enrolled in, by name; every course for an admin.
	CoursesOf(ctx context.Context, person ID) ([]Course, error)
	// ChangeCourse stores a changed course; ErrStale when c.Version is not the stored one.
	ChangeCourse(ctx context.Context, c Course, by Change) (Course, error)
}
