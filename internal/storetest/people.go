package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

func people(t *testing.T, w *World) {
	ctx := t.Context()
	got, err := w.Person(ctx, w.Ann.ID)
	require.NoError(t, err)
	require.Equal(t, w.Ann, got)
	got, err = w.PersonByLogin(ctx, "ann")
	require.NoError(t, err)
	require.Equal(t, w.Ann, got)
	_, err = w.AddPerson(ctx, store.Person{Login: "ann"}, w.By)
	require.ErrorIs(t, err, store.ErrExists)
	for _, login := range []string{"", "Ann", "a/b", "../x", "-x"} {
		_, err = w.AddPerson(ctx, store.Person{Login: login}, w.By)
		require.ErrorIs(t, err, store.ErrInvalid, login)
	}
	for _, id := range absent {
		_, err = w.Person(ctx, id)
		require.ErrorIs(t, err, store.ErrNotFound, id)
	}

	changed := w.Ann
	changed.Name = "Ann B."
	now, err := w.ChangePerson(ctx, changed, w.By)
	require.NoError(t, err)
	require.Equal(t, "Ann B.", now.Name)
	require.Equal(t, w.Ann.Version+1, now.Version)
	_, err = w.ChangePerson(ctx, changed, w.By)
	require.ErrorIs(t, err, store.ErrStale, "of two who changed the same version one has to look again")
}

func courses(t *testing.T, w *World) {
	ctx := t.Context()
	got, err := w.CourseByName(ctx, "net")
	require.NoError(t, err)
	require.Equal(t, w.Course, got)
	for _, id := range absent {
		_, err = w.Store.Course(ctx, id)
		require.ErrorIs(t, err, store.ErrNotFound, id)
	}
	changed := w.Course
	changed.GraceDays, changed.Pass = 3, policy.PassRule{AtLeast: 5, Must: []string{"upper"}}
	now, err := w.ChangeCourse(ctx, changed, w.By)
	require.NoError(t, err)
	require.Equal(t, changed.Pass, now.Pass)
	_, err = w.ChangeCourse(ctx, changed, w.By)
	require.ErrorIs(t, err, store.ErrStale)

	names := func(p store.Person) (names []string) {
		cs, err := w.CoursesOf(ctx, p.ID)
		require.NoError(t, err)
		for _, c := range cs {
			names = append(names, c.Name)
		}
		return names
	}
	require.Equal(t, []string{"net"}, names(w.Ann))
	require.Equal(t, []string{"net", "other"}, names(w.Bob))
	admin, err := w.AddPerson(ctx, store.Person{Login: "root", Admin: true}, w.By)
	require.NoError(t, err)
	require.Equal(t, []string{"net", "other"}, names(admin))
}

func enrolments(t *testing.T, w *World) {
	ctx := t.Context()
	role, err := w.RoleIn(ctx, w.Course.ID, w.Prof.ID)
	require.NoError(t, err)
	require.Equal(t, store.Instructor, role)
	_, err = w.RoleIn(ctx, w.Course.ID, w.Eve.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, w.Enrol(ctx, store.Enrolment{Course: w.Course.ID, Person: w.Eve.ID, Role: "king"}, w.By), store.ErrInvalid)
	require.ErrorIs(t, w.Enrol(ctx, store.Enrolment{Course: w.Course.ID, Person: absent[2], Role: store.TA}, w.By), store.ErrNotFound)

	var logins []string
	for page := (store.Page{Limit: 2}); ; {
		ms, next, err := w.Members(ctx, w.Staff(), page)
		require.NoError(t, err)
		for _, m := range ms {
			logins = append(logins, m.Login)
		}
		if next == "" {
			break
		}
		page.After = next
	}
	require.Equal(t, []string{"ann", "bob", "prof"}, logins)
	ms, _, err := w.Members(ctx, w.Of(w.Ann), store.Page{})
	require.NoError(t, err)
	require.Len(t, ms, 1, "a student sees who they are themselves")

	sub := w.MustSubmit(t, w.Ann, "c1")
	require.NoError(t, w.Unenrol(ctx, w.Course.ID, w.Ann.ID, w.By))
	_, err = w.RoleIn(ctx, w.Course.ID, w.Ann.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, _, err = w.Submit(ctx, w.Hand(w.Ann, "c2"))
	require.ErrorIs(t, err, store.ErrNotFound, "who left may not hand in")
	_, err = w.Submission(ctx, w.Staff(), sub.ID)
	require.NoError(t, err, "what they handed in stays")
	require.NoError(t, w.Enrol(ctx, store.Enrolment{Course: w.Course.ID, Person: w.Ann.ID, Role: store.Student}, w.By), "and they may come back")

	disabled := w.Bob
	disabled.Disabled = true
	_, err = w.ChangePerson(ctx, disabled, w.By)
	require.NoError(t, err)
	_, err = w.RoleIn(ctx, w.Course.ID, w.Bob.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "who is disabled has no role")
}

func assignments(t *testing.T, w *World) {
	ctx := t.Context()
	full := store.Assignment{
		Course: w.Course.ID, Name: "http", Title: "HTTP", Suite: "http-server",
		Rubric: []grader.Item{{Group: "framing", Points: 12.5}},
		Opens:  soon(-time.Hour), Due: soon(time.Hour),
		Late:  policy.Late{PerDay: 0.1, Days: 3, Slack: time.Minute},
		Limit: policy.Limit{Total: 9, Burst: 2, Every: time.Hour}, Counts: policy.Best,
		Visible: map[string]policy.Visibility{"framing": policy.AfterDue}, PassAt: 50,
	}
	added, err := w.AddAssignment(ctx, full, w.By)
	require.NoError(t, err)
	got, err := w.Assignment(ctx, w.Staff(), added.ID)
	require.NoError(t, err)
	require.Equal(t, added, got)
	full.ID, full.Created, full.Version = got.ID, got.Created, got.Version
	full.Opens, full.Due = full.Opens.UTC(), full.Due.UTC()
	got.Opens, got.Due = got.Opens.UTC(), got.Due.UTC()
	require.Equal(t, full, got)

	_, err = w.AddAssignment(ctx, store.Assignment{Course: w.Course.ID, Name: "http", Suite: "x"}, w.By)
	require.ErrorIs(t, err, store.ErrExists)
	_, err = w.AddAssignment(ctx, store.Assignment{Course: w.Course.ID, Name: "x", Suite: "x", Visible: map[string]policy.Visibility{"a": "sometimes"}}, w.By)
	require.ErrorIs(t, err, store.ErrInvalid)
	_, err = w.Assignment(ctx, store.Scope{Course: w.Other.ID}, added.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "an assignment of another course")

	full.Course = w.Other.ID
	_, err = w.ChangeAssignment(ctx, full, w.By)
	require.ErrorIs(t, err, store.ErrNotFound, "nor is it changed from there")
	full.Course, full.Due = w.Course.ID, time.Time{}
	_, err = w.ChangeAssignment(ctx, full, w.By)
	require.ErrorIs(t, err, store.ErrInvalid, "what is seen after the due date needs one")
	require.ErrorContains(t, err, "group framing")
	full.Visible = nil
	now, err := w.ChangeAssignment(ctx, full, w.By)
	require.NoError(t, err)
	require.True(t, now.Due.IsZero())
	_, err = w.ChangeAssignment(ctx, full, w.By)
	require.ErrorIs(t, err, store.ErrStale)
	list, err := w.CourseAssignments(ctx, w.Course.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
}

func extensions(t *testing.T, w *World) {
	ctx := t.Context()
	e := store.Extension{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Ann.ID, Due: soon(time.Hour), Why: "ill"}
	require.NoError(t, w.Extend(ctx, e, w.By))
	e.Due = soon(2 * time.Hour)
	require.NoError(t, w.Extend(ctx, e, w.By))
	es, err := w.Extensions(ctx, w.Of(w.Ann))
	require.NoError(t, err)
	require.Len(t, es, 1)
	require.True(t, e.Due.Equal(es[0].Due))
	es, err = w.Extensions(ctx, w.Of(w.Bob))
	require.NoError(t, err)
	require.Empty(t, es)
	// Bob is in both courses, but the assignment is not in the other.
	require.ErrorIs(t, w.Extend(ctx, store.Extension{Course: w.Other.ID, Assignment: w.Upper.ID, Person: w.Bob.ID, Due: e.Due}, w.By), store.ErrNotFound)
	elsewhere := e
	elsewhere.Course = w.Other.ID
	require.ErrorIs(t, w.Unextend(ctx, elsewhere, w.By), store.ErrNotFound)
	require.NoError(t, w.Unextend(ctx, e, w.By))
	require.ErrorIs(t, w.Unextend(ctx, e, w.By), store.ErrNotFound)
	require.ErrorIs(t, w.Extend(ctx, store.Extension{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Eve.ID, Due: e.Due}, w.By), store.ErrNotFound)
}

func repositories(t *testing.T, w *World) {
	ctx := t.Context()
	r, err := w.AddRepository(ctx, store.Repository{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Ann.ID, Kind: store.SourceGitHub, Remote: "ann/net", Installation: 7}, w.By)
	require.NoError(t, err)
	got, err := w.RepositoryByRemote(ctx, store.SourceGitHub, "ann/net")
	require.NoError(t, err)
	require.Equal(t, r, got)
	_, err = w.RepositoryByRemote(ctx, store.SourceGit, "ann/net")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = w.AddRepository(ctx, store.Repository{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Bob.ID, Kind: store.SourceGitHub, Remote: "ann/net"}, w.By)
	require.ErrorIs(t, err, store.ErrExists, "a repository belongs to one student")
	_, err = w.AddRepository(ctx, store.Repository{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Bob.ID, Kind: store.SourceGitHub, Remote: "Ann/NET"}, w.By)
	require.ErrorIs(t, err, store.ErrExists, "nor to another by other letters")
	got, err = w.RepositoryByRemote(ctx, store.SourceGitHub, "Ann/Net")
	require.NoError(t, err)
	require.Equal(t, r, got)
	rs, next, err := w.Repositories(ctx, w.Of(w.Bob), store.Page{})
	require.NoError(t, err)
	require.Empty(t, rs)
	require.Empty(t, next)
	_, err = w.AddRepository(ctx, store.Repository{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Bob.ID, Kind: store.SourceGitHub, Remote: "bob/net"}, w.By)
	require.NoError(t, err)
	seen := map[string]bool{}
	for page := (store.Page{Limit: 1}); ; page.After = next {
		if rs, next, err = w.Repositories(ctx, w.Staff(), page); len(rs) == 0 {
			break
		}
		require.NoError(t, err)
		require.False(t, seen[rs[0].Remote])
		seen[rs[0].Remote] = true
	}
	require.Len(t, seen, 2)
	require.ErrorIs(t, w.RemoveRepository(ctx, store.Scope{Course: w.Other.ID}, r.ID, w.By), store.ErrNotFound, "from another course")
	require.ErrorIs(t, w.RemoveRepository(ctx, w.Of(w.Bob), r.ID, w.By), store.ErrNotFound, "by another student")
	require.NoError(t, w.RemoveRepository(ctx, w.Staff(), r.ID, w.By))
	_, err = w.RepositoryByRemote(ctx, store.SourceGitHub, "ann/net")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func enrolMany(t *testing.T, w *World) {
	ctx := t.Context()
	done, err := w.EnrolMany(ctx, w.Course.ID, []store.NewMember{
		{Login: "ann", Name: "Another", Email: "evil@example.org", Role: store.Student},
		{Login: "eve", Role: store.TA},
		{Login: "new", Name: "New", Email: "new@example.org", Role: store.Student},
	}, w.By)
	require.NoError(t, err)
	require.Len(t, done, 3)
	require.Equal(t, w.Ann, done[0].Person, "an account that is there keeps its name and address")
	require.Equal(t, store.Enrolled{Person: w.Ann, Role: store.Student, Was: store.Student}, done[0])
	require.Equal(t, store.Enrolled{Person: w.Eve, Role: store.TA}, done[1])
	require.True(t, done[2].Made)
	require.Equal(t, "new@example.org", done[2].Person.Email)
	_, err = w.EnrolMany(ctx, w.Course.ID, []store.NewMember{{Login: "fine", Role: store.Student}, {Login: "Not A Login", Role: store.Student}}, w.By)
	require.ErrorIs(t, err, store.ErrInvalid)
	_, err = w.PersonByLogin(ctx, "fine")
	require.ErrorIs(t, err, store.ErrNotFound, "all or none")
	var logins []string
	for page := (store.Page{Limit: 2}); ; {
		ps, next, err := w.ListPeople(ctx, page)
		require.NoError(t, err)
		for _, p := range ps {
			logins = append(logins, p.Login)
		}
		if next == "" {
			break
		}
		page.After = next
	}
	require.Equal(t, []string{"ann", "bob", "eve", "new", "prof"}, logins)
}
