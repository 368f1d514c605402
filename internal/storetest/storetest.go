// Package storetest is one suite of tests over every store.Store with its
// store.Queue: what each noun keeps, and that nothing is reached from outside its scope.
package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Maker gives a test an empty Store and its Queue.
type Maker func(t *testing.T) (store.Store, store.Queue)

// Run runs the suite.
func Run(t *testing.T, newStore Maker) {
	for name, test := range map[string]func(*testing.T, *World){
		"People":       people,
		"Courses":      courses,
		"Enrolments":   enrolments,
		"EnrolMany":    enrolMany,
		"Assignments":  assignments,
		"Extensions":   extensions,
		"Repositories": repositories,
		"Submissions":  submissions,
		"Refusals":     refusals,
		"Extended":     extended,
		"Choose":       choose,
		"Overrides":    overrides,
		"Tokens":       tokens,
		"Calls":        calls,
		"Deliveries":   deliveries,
		"Audit":        audit,
		"Scopes":       scopes,
		"Watch":        watch,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, q := newStore(t)
			test(t, NewWorld(t, s, q))
		})
	}
}

// A World is a course with staff and two students, and another course.
type World struct {
	store.Store
	store.Queue
	Course, Other    store.Course
	Prof, Ann, Bob   store.Person // Ann and Bob are students of Course; Bob is of Other, too
	Eve              store.Person // a student of Other only
	Upper, OtherTask store.Assignment
	By               store.Change // the instructor
}

// NewWorld fills an empty Store.
func NewWorld(t testing.TB, s store.Store, q store.Queue) *World {
	ctx := t.Context()
	w := &World{Store: s, Queue: q}
	person := func(login string) store.Person {
		p, err := s.AddPerson(ctx, store.Person{Login: login, Name: login}, store.Change{Why: "set up"})
		require.NoError(t, err)
		return p
	}
	w.Prof, w.Ann, w.Bob, w.Eve = person("prof"), person("ann"), person("bob"), person("eve")
	w.By = store.Change{By: w.Prof.ID, Why: "a test"}
	course := func(name string, students ...store.Person) (store.Course, store.Assignment) {
		c, err := s.AddCourse(ctx, store.Course{Name: name, Title: name, Pass: policy.PassRule{AtLeast: 1}}, w.By)
		require.NoError(t, err)
		require.NoError(t, s.Enrol(ctx, store.Enrolment{Course: c.ID, Person: w.Prof.ID, Role: store.Instructor}, w.By))
		for _, p := range students {
			require.NoError(t, s.Enrol(ctx, store.Enrolment{Course: c.ID, Person: p.ID, Role: store.Student}, w.By))
		}
		a, err := s.AddAssignment(ctx, store.Assignment{Course: c.ID, Name: "upper", Title: "Upper", Suite: "tcp-upper-server"}, w.By)
		require.NoError(t, err)
		return c, a
	}
	w.Course, w.Upper = course("net", w.Ann, w.Bob)
	w.Other, w.OtherTask = course("other", w.Bob, w.Eve)
	return w
}

// Of is the scope of one student in the course.
func (w *World) Of(p store.Person) store.Scope {
	return store.Scope{Course: w.Course.ID, Person: p.ID}
}

// Staff is the scope of the course's staff.
func (w *World) Staff() store.Scope { return store.Scope{Course: w.Course.ID} }

// Hand is a submission by the person to the course's assignment, with a commit of its own.
func (w *World) Hand(p store.Person, commit string) store.NewSubmission {
	return store.NewSubmission{
		Course: w.Course.ID, Assignment: w.Upper.ID, Person: p.ID, Source: store.SourceGit, Commit: commit,
		Files: []store.File{
			{Path: "grader.yaml", Mode: store.Regular, Data: []byte("run: ./server\n")},
			{Path: "server", Mode: store.Executable, Data: []byte("#!/bin/sh\necho " + commit + "\n")},
			{Path: "sub/link", Mode: store.Link, Data: []byte("../server")},
		},
	}
}

// MustSubmit submits what Hand makes.
func (w *World) MustSubmit(t testing.TB, p store.Person, commit string) store.Submission {
	sub, first, err := w.Submit(t.Context(), w.Hand(p, commit))
	require.NoError(t, err)
	require.True(t, first)
	return sub
}

// absent are ids that nothing has: unknown, and not even well-formed.
var absent = []store.ID{"", "1", "00000000-0000-0000-0000-000000000001", "'; DROP TABLE people; --", store.ID(fmt.Sprintf("%036d", 0))}

func soon(d time.Duration) time.Time { return time.Now().Add(d).Truncate(time.Microsecond) }
