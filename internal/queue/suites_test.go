package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

func having(name string, suites ...string) postgres.Worker {
	return postgres.Worker{Name: name, Slots: 1, Version: "v1", Isolation: "namespaces", Suites: suites}
}

// TestSuites has workers claim by hand: each takes the turns that it can grade, in their order, and no others.
func TestSuites(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	other, err := l.AddAssignment(t.Context(), store.Assignment{Course: l.Course.ID, Name: "two", Suite: "other"}, l.By)
	require.NoError(t, err)
	upper, newer := having("old", "tcp-upper-server"), having("new", "tcp-upper-server", "other")
	claim := func(w postgres.Worker) (postgres.Turn, bool) {
		t.Helper()
		turn, ok, err := l.q.Claim(t.Context(), w, 7)
		require.NoError(t, err)
		return turn, ok
	}
	elsewhere := func(w postgres.Worker) bool {
		t.Helper()
		yes, err := l.q.Elsewhere(t.Context(), w)
		require.NoError(t, err)
		return yes
	}
	stranded := func() map[string]int {
		t.Helper()
		f, err := l.q.Figures(t.Context())
		require.NoError(t, err)
		return f.Stranded
	}
	first := l.push(l.Course, other, l.Bob, "1") // at the head of the line
	second := l.push(l.Course, l.Upper, l.Ann, "1")
	require.Equal(t, map[string]int{"other": 1, "tcp-upper-server": 1}, stranded(), "nobody works")
	_, err = l.q.Renew(t.Context(), upper, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"other": 1}, stranded())
	swept, err := l.q.Sweep(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, swept.Tickets)
	p, err := l.Place(t.Context(), l.Staff(), first.ID)
	require.NoError(t, err)
	require.Zero(t, p.Slots)
	require.Contains(t, p.String(), "no worker that grades it is running")
	p, err = l.Place(t.Context(), l.Staff(), second.ID)
	require.NoError(t, err)
	require.Equal(t, 1, p.Slots)

	turn, ok := claim(upper)
	require.True(t, ok)
	require.Equal(t, second.ID, turn.Submission.ID)
	_, ok = claim(upper)
	require.False(t, ok)
	require.False(t, elsewhere(upper), "there is nobody to leave it to")
	_, err = l.q.Renew(t.Context(), newer, nil)
	require.NoError(t, err)
	require.Empty(t, stranded())
	require.True(t, elsewhere(upper))
	require.False(t, elsewhere(newer))
	busy, ok := claim(newer)
	require.True(t, ok)
	require.Equal(t, first.ID, busy.Submission.ID)
	third := l.push(l.Other, store.Assignment{ID: l.otherTask("other")}, l.Eve, "1")
	require.False(t, elsewhere(upper), "its one slot is taken")
	l.finish(busy, grader.Pass)
	require.True(t, elsewhere(upper))
	turn, ok = claim(having("all"))
	require.True(t, ok, "nil has all")
	require.Equal(t, third.ID, turn.Submission.ID)
	_, ok = claim(postgres.Worker{Name: "empty", Suites: []string{}})
	require.False(t, ok)
	statuses, _ := l.runs(first)
	require.Equal(t, []store.RunStatus{store.RunDone}, statuses, "no fault on the way")
}

// otherTask is an assignment of the other course with the suite.
func (l *line) otherTask(suite string) store.ID {
	a, err := l.AddAssignment(l.Context(), store.Assignment{Course: l.Other.ID, Name: suite, Suite: suite}, l.By)
	require.NoError(l, err)
	return a.ID
}

// A crew is a worker at work, which ends all its turns with a pass.
type crew struct {
	log  safeBuffer
	stop func()
}

func (l *line) crew(w postgres.Worker, turns chan<- postgres.Turn) *crew {
	c := &crew{}
	ctx, cancel := context.WithCancel(l.Context())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- l.q.Work(ctx, queue.Options{
			Worker: w, Lease: 3 * time.Second, Log: slog.New(slog.NewTextHandler(&c.log, nil)), Ready: func() { close(ready) },
		}, func(ctx context.Context, turn postgres.Turn) {
			// A lease that is not there any more when it is renewed cancels ctx: it may be gone since this has just ended it.
			if err := l.q.Finish(context.WithoutCancel(ctx), turn, found(grader.Pass), store.Phases{}); err != nil {
				l.Error(err)
			}
			turns <- turn
		})
	}()
	<-ready
	c.stop = sync.OnceFunc(func() { cancel(); require.NoError(l, <-ended) })
	l.Cleanup(c.stop)
	return c
}

// TestTwoVersions has a worker that lacks a suite beside one that has it: all is graded, by
// whoever can, and what nobody can waits until somebody comes.
func TestTwoVersions(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	const students = 12
	turns := make(chan postgres.Turn, 3*students)
	task := func(suite string) store.Assignment {
		a, err := l.AddAssignment(t.Context(), store.Assignment{Course: l.Course.ID, Name: suite, Suite: suite}, l.By)
		require.NoError(t, err)
		return a
	}
	two, three := task("two"), task("three")
	old := l.crew(having("old", "tcp-upper-server"), turns)
	l.crew(having("new", "tcp-upper-server", "two"), turns)
	begun := time.Now()
	for i := range students {
		p := l.student(l.Course, fmt.Sprint("s", i))
		for _, a := range []store.Assignment{l.Upper, two, three} {
			l.push(l.Course, a, p, a.Name)
		}
	}
	for range 2 * students {
		turn := <-turns
		require.NotEqual(t, "three", turn.Suite)
		r, err := l.pg.Run(t.Context(), l.Staff(), turn.Run)
		require.NoError(t, err)
		if turn.Suite == "two" {
			require.Equal(t, "new", r.Worker)
		}
	}
	t.Log("graded in", time.Since(begun))
	f, err := l.q.Figures(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"three": students}, f.Stranded)
	require.Equal(t, students, f.Waiting[store.Interactive])
	require.Equal(t, []int{2, 2}, []int{f.Workers, f.Slots})
	old.log.await(t, "no worker that is alive can grade them", "suite=three waiting=12")

	l.crew(having("newest", "two", "three"), turns)
	for range students {
		require.Equal(t, "three", (<-turns).Suite)
	}
	tallies, err := l.q.Tallies(t.Context())
	require.NoError(t, err)
	total := map[string]int64{}
	for _, x := range tallies {
		require.Equal(t, postgres.OutcomeGraded, x.Outcome)
		total[x.Suite] += x.Runs
	}
	require.Equal(t, map[string]int64{"tcp-upper-server": students, "two": students, "three": students}, total)
}

// A safeBuffer is a log that is read while it is written.
type safeBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan struct{}
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.written != nil {
		close(b.written)
		b.written = nil
	}
	return b.b.Write(p)
}

// await waits until the log has the words.
func (b *safeBuffer) await(t *testing.T, words ...string) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		b.mu.Lock()
		has := true
		for _, w := range words {
			has = has && bytes.Contains(b.b.Bytes(), []byte(w))
		}
		if b.written == nil {
			b.written = make(chan struct{})
		}
		more := b.written
		b.mu.Unlock()
		if has {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("the log never had %q", words)
		}
	}
}

// TestTallies ends turns in every way there is and looks at what is counted.
func TestTallies(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	sub := l.MustSubmit(t, l.Ann, "1")
	l.MustSubmit(t, l.Ann, "2") // takes the place of the first
	require.Equal(t, store.StateReplaced, l.state(sub))
	turn := l.claim()
	require.NoError(t, l.q.Return(t.Context(), turn)) // is not counted: it comes again
	turn = l.claim()
	_, err := l.q.Sweep(t.Context(), 0)
	require.NoError(t, err)
	turn = l.claim()
	_, err = l.q.Fault(t.Context(), turn, "disk full", nil, store.Phases{})
	require.NoError(t, err)
	turn = l.claim()
	_, err = l.pg.Pool().Exec(t.Context(), `UPDATE runs SET started = started - interval '25 seconds' WHERE status = 'running'`)
	require.NoError(t, err)
	l.finish(turn, grader.Pass)
	l.finish(turn, grader.Pass) // said again
	l.MustSubmit(t, l.Ann, "3")
	turn = l.claim()
	l.MustSubmit(t, l.Ann, "4")
	require.NoError(t, l.q.Return(t.Context(), turn), "and a newer one waits there")
	tallies, err := l.q.Tallies(t.Context())
	require.NoError(t, err)
	counted := map[postgres.Outcome]int64{}
	for _, x := range tallies {
		require.Equal(t, "tcp-upper-server", x.Suite)
		counted[x.Outcome] += x.Runs
		if x.Outcome == postgres.OutcomeGraded {
			require.Equal(t, 30.0, x.Bound)
			require.InDelta(t, 25, x.Seconds, 4)
		}
	}
	require.Equal(t, map[postgres.Outcome]int64{postgres.OutcomeGraded: 1, postgres.OutcomeFault: 1, postgres.OutcomeLost: 1, postgres.OutcomeReplaced: 2}, counted)
}
