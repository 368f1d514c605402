package queue_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var robot = postgres.Worker{Name: "robot", Slots: 2, Version: "v1", Isolation: "namespaces"}

// A line is a world whose turns the test takes by hand.
type line struct {
	*storetest.World
	*testing.T
	q  *queue.Queue
	pg *postgres.Store
}

func newLine(t *testing.T) *line {
	s := pgtest.Store(t)
	q, err := queue.New(s)
	require.NoError(t, err)
	return &line{storetest.NewWorld(t, s, q), t, q, s}
}

func (l *line) claim() postgres.Turn {
	l.Helper()
	t, ok, err := l.q.Claim(l.Context(), robot, 7)
	require.NoError(l, err)
	require.True(l, ok, "somebody waits")
	return t
}

func (l *line) nobody() {
	l.Helper()
	_, ok, err := l.q.Claim(l.Context(), robot, 7)
	require.NoError(l, err)
	require.False(l, ok)
}

// found is a run with one check of that verdict.
func found(v grader.Verdict) *grader.Run {
	return &grader.Run{Seed: 7, Isolation: "namespaces", Results: []grader.Result{{
		Rule: grader.Rule{Name: "word/right", Share: 1}, Verdict: v,
		Transcript: grader.Transcript{Events: []grader.Event{{Seq: 1, Kind: grader.Data, Data: []byte{0, 0xff}}}},
	}}}
}

func (l *line) finish(t postgres.Turn, v grader.Verdict) {
	l.Helper()
	require.NoError(l, l.q.Finish(l.Context(), t, found(v), store.Phases{Wait: t.Waited, Checks: time.Second}))
}

func (l *line) state(s store.Submission) store.State {
	l.Helper()
	now, err := l.Submission(l.Context(), l.Staff(), s.ID)
	require.NoError(l, err)
	return now.State
}

func (l *line) student(course store.Course, login string) store.Person {
	p, err := l.AddPerson(l.Context(), store.Person{Login: login}, l.By)
	require.NoError(l, err)
	require.NoError(l, l.Enrol(l.Context(), store.Enrolment{Course: course.ID, Person: p.ID, Role: store.Student}, l.By))
	return p
}

func (l *line) push(course store.Course, a store.Assignment, p store.Person, commit string) store.Submission {
	l.Helper()
	n := l.Hand(p, commit)
	n.Course, n.Assignment = course.ID, a.ID
	sub, _, err := l.q.Submit(l.Context(), n)
	require.NoError(l, err)
	return sub
}

func (l *line) runs(s store.Submission) (statuses []store.RunStatus, counted int) {
	l.Helper()
	runs, err := l.RunsOf(l.Context(), l.Staff(), s.ID)
	require.NoError(l, err)
	for _, r := range runs {
		statuses = append(statuses, r.Status)
		if r.Counted {
			counted++
		}
	}
	return statuses, counted
}

func TestTurn(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.nobody()
	sub := l.MustSubmit(t, l.Ann, "1")
	turn := l.claim()
	require.Equal(t, sub.ID, turn.Submission.ID)
	require.Equal(t, "tcp-upper-server", turn.Suite)
	require.Equal(t, store.Interactive, turn.Class)
	require.Equal(t, store.StateRunning, l.state(sub))
	files, err := l.q.Files(t.Context(), turn)
	require.NoError(t, err)
	require.Len(t, files, 3)
	require.NoError(t, l.q.Report(t.Context(), turn, []store.Progress{{Phase: "check", Done: 1, Total: 2, Check: "word/right", Verdict: grader.Pass}}))
	steps, err := l.Steps(t.Context(), l.Of(l.Ann), turn.Run, 0)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	steps, err = l.Steps(t.Context(), l.Of(l.Ann), turn.Run, steps[0].Seq)
	require.NoError(t, err)
	require.Empty(t, steps)

	l.finish(turn, grader.Weak)
	l.finish(turn, grader.Fail) // after a commit whose answer got lost it is said again, and changes nothing
	require.Equal(t, store.StateGraded, l.state(sub))
	report, err := l.pg.Report(t.Context(), l.Of(l.Ann), turn.Run)
	require.NoError(t, err)
	require.Equal(t, found(grader.Weak), report, "transcripts and all")
	for _, sc := range []store.Scope{l.Of(l.Bob), {Course: l.Other.ID}} {
		_, err = l.pg.Report(t.Context(), sc, turn.Run)
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = l.pg.Run(t.Context(), sc, turn.Run)
		require.ErrorIs(t, err, store.ErrNotFound)
		steps, err = l.Steps(t.Context(), sc, turn.Run, 0)
		require.NoError(t, err)
		require.Empty(t, steps)
	}
	graded, err := l.Graded(t.Context(), l.Staff(), l.Upper.ID)
	require.NoError(t, err)
	require.Len(t, graded, 1)
	require.Equal(t, []store.Outcome{{Check: "word/right", Verdict: grader.Weak, Share: 1}}, graded[0].Outcomes)
	require.Equal(t, time.Second, graded[0].Run.Phases.Checks)
	require.Equal(t, uint64(7), graded[0].Run.Seed)
	of, err := l.GradedOf(t.Context(), l.Staff(), []store.ID{graded[0].Submission.ID, "nonsense"})
	require.NoError(t, err)
	require.Equal(t, graded, of)
	of, err = l.GradedOf(t.Context(), store.Scope{Course: l.Other.ID}, []store.ID{graded[0].Submission.ID})
	require.NoError(t, err)
	require.Empty(t, of)
}

// TestOrder has an impatient student, a large course, a small one, late pushes
// and a regrade, and looks at who is served when, and at what each was told.
func TestOrder(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	graded := l.push(l.Course, l.Upper, l.student(l.Course, "early"), "e")
	l.finish(l.claim(), grader.Pass)
	n, err := l.q.Matching(t.Context(), l.Staff(), store.Selection{})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = l.q.Regrade(t.Context(), l.Staff(), store.Selection{}, l.By)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = l.q.Matching(t.Context(), l.Staff(), store.Selection{})
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = l.q.Regrade(t.Context(), l.Staff(), store.Selection{}, l.By)
	require.NoError(t, err)
	require.Zero(t, n, "it waits already")

	for i := range 300 {
		l.push(l.Course, l.Upper, l.Ann, fmt.Sprint("ann", i))
	}
	for i := range 8 {
		l.push(l.Course, l.Upper, l.student(l.Course, fmt.Sprintf("big%d", i)), "c")
	}
	small := l.push(l.Other, l.OtherTask, l.Eve, "c")
	second := l.push(l.Other, l.OtherTask, l.Bob, "c")
	var places []store.Place
	for _, s := range []store.Submission{small, second} {
		p, err := l.Place(t.Context(), store.Scope{Course: l.Other.ID}, s.ID)
		require.NoError(t, err)
		places = append(places, p)
	}
	require.LessOrEqual(t, places[0].Ahead, 1, "the other course's hundreds do not hold it up")
	require.LessOrEqual(t, places[1].Ahead, 3)
	expected := map[store.ID]int{}
	rows, err := l.pg.Pool().Query(t.Context(), `SELECT submission_id, row_number() OVER (ORDER BY class, place) FROM line_order`)
	require.NoError(t, err)
	for rows.Next() {
		var id store.ID
		var place int
		require.NoError(t, rows.Scan(&id, &place))
		expected[id] = place
	}
	require.NoError(t, rows.Err())
	require.Len(t, expected, 12, "300 pushes are one place: the newest takes that of the one before")
	for i := range len(expected) {
		turn := l.claim()
		require.Equal(t, i+1, expected[turn.Submission.ID], "served in the order that was answered")
		if i == len(expected)-1 {
			require.Equal(t, graded.ID, turn.Submission.ID, "a regrade comes last")
			require.Equal(t, store.Regrading, turn.Class)
		}
		if turn.Submission.Person == l.Ann.ID {
			require.Equal(t, "ann299", turn.Submission.Commit)
		}
		l.finish(turn, grader.Pass)
	}
	l.nobody()
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	a2, err := l.AddAssignment(t.Context(), store.Assignment{Course: l.Course.ID, Name: "two", Suite: "x"}, l.By)
	require.NoError(t, err)
	l.push(l.Course, l.Upper, l.Ann, "1")
	l.push(l.Course, a2, l.Ann, "2")
	first := l.claim()
	l.nobody()
	running := l.push(l.Course, l.Upper, l.Ann, "3")
	require.Equal(t, store.StateRunning, l.state(first.Submission), "what runs is not replaced")
	require.Equal(t, store.StateWaiting, running.State)
	l.push(l.Course, l.Upper, l.Bob, "1")
	other := l.claim()
	require.Equal(t, l.Bob.ID, other.Submission.Person)
	l.finish(first, grader.Pass)
	second := l.claim()
	require.Equal(t, "2", second.Submission.Commit)
	l.nobody()
	l.finish(second, grader.Pass)
	l.finish(l.claim(), grader.Pass)
	l.nobody()
}

// TestClaimsRace has many workers claim at once: each turn goes to one, and no student has two.
func TestClaimsRace(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	a2, err := l.AddAssignment(t.Context(), store.Assignment{Course: l.Course.ID, Name: "two", Suite: "x"}, l.By)
	require.NoError(t, err)
	const students = 30
	for i := range students {
		p := l.student(l.Course, fmt.Sprintf("s%d", i))
		l.push(l.Course, l.Upper, p, "1")
		l.push(l.Course, a2, p, "2")
	}
	var mu sync.Mutex
	busy, served := map[store.ID]bool{}, map[store.ID]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				turn, ok, err := l.q.Claim(t.Context(), robot, 1)
				if err != nil || !ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				if busy[turn.Submission.Person] {
					t.Errorf("%s has two runs at once", turn.Submission.Person)
				}
				busy[turn.Submission.Person] = true
				served[turn.Submission.ID]++
				mu.Unlock()
				files, err := l.q.Files(t.Context(), turn)
				if err != nil || len(files) != 3 {
					t.Error(len(files), err)
				}
				mu.Lock()
				busy[turn.Submission.Person] = false
				mu.Unlock()
				if err := l.q.Finish(t.Context(), turn, found(grader.Pass), store.Phases{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// Those whose student had a run when everybody else was done.
	for {
		turn, ok, err := l.q.Claim(t.Context(), robot, 1)
		require.NoError(t, err)
		if !ok {
			break
		}
		served[turn.Submission.ID]++
		l.finish(turn, grader.Pass)
	}
	require.Len(t, served, 2*students)
	for id, n := range served {
		require.Equal(t, 1, n, id)
	}
}

func TestLostWorker(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	sub := l.MustSubmit(t, l.Ann, "1")
	lost := l.claim()
	kept, err := l.q.Renew(t.Context(), robot, []store.ID{lost.Lease})
	require.NoError(t, err)
	require.Equal(t, []store.ID{lost.Lease}, kept)
	swept, err := l.q.Sweep(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, swept.Lost, "a lease that is renewed stays")
	swept, err = l.q.Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, swept.Lost)
	require.Equal(t, store.StateWaiting, l.state(sub))

	again := l.claim()
	require.Equal(t, sub.ID, again.Submission.ID)
	require.ErrorIs(t, l.q.Finish(t.Context(), lost, found(grader.Fail), store.Phases{}), store.ErrLease, "it was alive after all, and too late")
	require.ErrorIs(t, l.q.Return(t.Context(), lost), store.ErrLease)
	_, err = l.q.Fault(t.Context(), lost, "x", nil, store.Phases{})
	require.ErrorIs(t, err, store.ErrLease)
	kept, err = l.q.Renew(t.Context(), robot, []store.ID{lost.Lease, again.Lease})
	require.NoError(t, err)
	require.Equal(t, []store.ID{again.Lease}, kept)
	l.finish(again, grader.Pass)
	statuses, counted := l.runs(sub)
	require.Equal(t, []store.RunStatus{store.RunDone, store.RunLost}, statuses)
	require.Equal(t, 1, counted)

	// A submission that takes every worker with it is given up.
	sub = l.MustSubmit(t, l.Ann, "poison")
	for range 10 {
		l.claim()
		_, err = l.q.Sweep(t.Context(), 0)
		require.NoError(t, err)
	}
	l.nobody()
	require.Equal(t, store.StateFault, l.state(sub))
}

func TestFault(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	sub := l.MustSubmit(t, l.Ann, "1")
	l.finish(l.claim(), grader.Pass)
	_, err := l.q.Regrade(t.Context(), l.Staff(), store.Selection{Assignment: l.Upper.ID, Verdict: grader.Pass, Check: "word/right"}, l.By)
	require.NoError(t, err)
	again, err := l.q.Fault(t.Context(), l.claim(), "disk\x00full", nil, store.Phases{})
	require.NoError(t, err)
	require.True(t, again, "it is tried once more")
	again, err = l.q.Fault(t.Context(), l.claim(), "disk full", found(grader.Fault), store.Phases{})
	require.NoError(t, err)
	require.False(t, again, "and not for ever")
	l.nobody()
	require.Equal(t, store.StateGraded, l.state(sub), "a fault of ours never overwrites a score")
	statuses, counted := l.runs(sub)
	require.Equal(t, []store.RunStatus{store.RunFault, store.RunFault, store.RunDone}, statuses)
	require.Equal(t, 1, counted)

	for verdict, want := range map[grader.Verdict]int{grader.Fail: 0, grader.Pass: 1} {
		n, err := l.q.Regrade(t.Context(), l.Staff(), store.Selection{Verdict: verdict}, l.By)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	n, err := l.q.Regrade(t.Context(), l.Staff(), store.Selection{Version: "v1"}, l.By)
	require.NoError(t, err)
	require.Zero(t, n, "all are graded by that version")
	l.finish(l.claim(), grader.Fail)
	graded, err := l.Graded(t.Context(), l.Of(l.Ann), l.Upper.ID)
	require.NoError(t, err)
	require.Len(t, graded, 1)
	require.Equal(t, grader.Fail, graded[0].Outcomes[0].Verdict, "a regrade that came to an end counts in its place")
	_, counted = l.runs(sub)
	require.Equal(t, 1, counted)
}

func TestHandedBackBehindANewerPush(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	old := l.MustSubmit(t, l.Ann, "1")
	turn := l.claim()
	newer := l.MustSubmit(t, l.Ann, "2")
	require.NoError(t, l.q.Return(t.Context(), turn))
	require.NoError(t, l.q.Return(t.Context(), turn), "said again")
	require.Equal(t, store.StateReplaced, l.state(old))
	next := l.claim()
	require.Equal(t, newer.ID, next.Submission.ID)
	require.NoError(t, l.q.Return(t.Context(), next))
	require.Equal(t, store.StateWaiting, l.state(newer))
	require.Equal(t, newer.ID, l.claim().Submission.ID)
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for i := range 3 {
		l.push(l.Course, l.Upper, l.student(l.Course, fmt.Sprint("s", i)), "c")
		l.finish(l.claim(), grader.Pass)
	}
	_, err := l.pg.Pool().Exec(t.Context(), `UPDATE runs SET started = ended - interval '10 seconds'`)
	require.NoError(t, err)
	_, err = l.q.Renew(t.Context(), robot, nil)
	require.NoError(t, err)
	var subs []store.Submission
	for i := range 6 {
		subs = append(subs, l.push(l.Course, l.Upper, l.student(l.Course, fmt.Sprint("w", i)), "c"))
	}
	var waits []time.Duration
	for _, s := range subs {
		p, err := l.Place(t.Context(), l.Staff(), s.ID)
		require.NoError(t, err)
		require.True(t, p.Known)
		require.Equal(t, 2, p.Slots)
		waits = append(waits, p.Wait.Round(100*time.Millisecond))
	}
	s := time.Second
	require.Equal(t, []time.Duration{0, 0, 5 * s, 10 * s, 15 * s, 20 * s}, waits, "two slots, ten seconds each")
	p, err := l.Place(t.Context(), l.Staff(), subs[5].ID)
	require.NoError(t, err)
	require.Equal(t, "waiting, 5 before it, about 20s", p.String())
	require.NoError(t, l.q.Leave(t.Context(), robot))
	p, err = l.Place(t.Context(), l.Staff(), subs[5].ID)
	require.NoError(t, err)
	require.False(t, p.Known, "nobody works")
}
