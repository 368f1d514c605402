package store

import (
	"context"
	"fmt"
	"time"
)

// A Person is somebody with an account.
type Person struct {
	ID       ID
	Login    string // unique, as in URLs
	Name     string
	Email    string
	Admin    bool // may do everything everywhere
	Disabled bool // may do nothing; their tokens are refused
	Created  time.Time
	Version  int64
}

// A Role is what a person may do in a course. There is none for admins: they are admins everywhere.
type Role string

// The roles, each may what those before it may.
const (
	Student    Role = "student"
	TA         Role = "ta"
	Instructor Role = "instructor"
)

// Staff says whether the role sees the whole course.
func (r Role) Staff() bool { return r == TA || r == Instructor }

// Valid says whether r is one of the roles.
func (r Role) Valid() bool { return r == Student || r.Staff() }

// CheckRole refuses a role that the person is not to have in any course: whoever
// runs the service has no marks, unless they try a course out by enrolling themselves. The error is ErrInvalid.
func CheckRole(p Person, r Role, by Change) error {
	if p.Admin && r == Student && by.By != p.ID {
		return fmt.Errorf("%w: %s is an admin's account, and no student's: make another account for the student", ErrInvalid, p.Login)
	}
	return nil
}

// An Enrolment is a person's place in a course.
type Enrolment struct {
	Course  ID
	Person  ID
	Role    Role
	Created time.Time
}

// A Member is an enrolment with the person's names.
type Member struct {
	Enrolment
	Login, Name, Email string
}

// People keeps people.
type People interface {
	AddPerson(ctx context.Context, p Person, by Change) (Person, error)
	Person(ctx context.Context, id ID) (Person, error)
	PersonByLogin(ctx context.Context, login string) (Person, error)
	// ListPeople lists everybody, by login.
	ListPeople(ctx context.Context, p Page) (all []Person, next string, err error)
	// ChangePerson stores a changed person; ErrStale when p.Version is not the stored one.
	ChangePerson(ctx context.Context, p Person, by Change) (Person, error)
}

// A NewMember is somebody to be enrolled, with an account made where there is none.
type NewMember struct {
	Login, Name, Email string // name and e-mail are for a new account: one that is there keeps its own
	Role               Role
}

// An Enrolled is what became of a NewMember.
type Enrolled struct {
	Person Person
	Role   Role
	Made   bool // the account is new
	Was    Role // in the course before; "" for who was not in it
}

// Enrolments keeps who is in which course.
type Enrolments interface {
	// Enrol gives the person the role in the course, in place of an earlier one.
	Enrol(ctx context.Context, e Enrolment, by Change) error
	// EnrolMany enrols all of them or, with an error, none.
	EnrolMany(ctx context.Context, course ID, all []NewMember, by Change) ([]Enrolled, error)
	// Unenrol takes the person out of the course. Their submissions stay.
	Unenrol(ctx context.Context, course, person ID, by Change) error
	// RoleIn gives the person's role in the course; ErrNotFound for who is not in it.
	RoleIn(ctx context.Context, course, person ID) (Role, error)
	// Members lists who is in the course, by login. next is "" on the last page.
	Members(ctx context.Context, s Scope, p Page) (all []Member, next string, err error)
}
