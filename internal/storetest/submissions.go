package storetest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

func submissions(t *testing.T, w *World) {
	ctx := t.Context()
	hand := w.Hand(w.Ann, "c1")
	hand.Delivery = "d1"
	sub, first, err := w.Submit(ctx, hand)
	require.NoError(t, err)
	require.True(t, first)
	require.Equal(t, store.StateWaiting, sub.State)
	require.Equal(t, 3, sub.Files)
	require.Equal(t, store.TreeHash(hand.Files), sub.Tree)
	require.WithinDuration(t, time.Now(), sub.Received, time.Minute)

	files, err := w.SubmissionFiles(ctx, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	require.Equal(t, hand.Files, files)

	tree, err := w.SubmissionTree(ctx, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	require.Len(t, tree, 3)
	require.Equal(t, "grader.yaml", tree[0].Path)
	require.EqualValues(t, len(hand.Files[0].Data), tree[0].Size)
	require.Len(t, tree[0].Hash, 64)
	file, err := w.SubmissionFile(ctx, w.Of(w.Ann), sub.ID, "server")
	require.NoError(t, err)
	require.Equal(t, hand.Files[1], file)
	_, err = w.SubmissionFile(ctx, w.Of(w.Ann), sub.ID, "../server")
	require.ErrorIs(t, err, store.ErrNotFound)
	for _, outside := range []store.Scope{w.Of(w.Bob), {Course: w.Other.ID}} {
		_, err = w.SubmissionTree(ctx, outside, sub.ID)
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = w.SubmissionFile(ctx, outside, sub.ID, "server")
		require.ErrorIs(t, err, store.ErrNotFound)
	}

	for name, again := range map[string]store.NewSubmission{
		"the same commit":   w.Hand(w.Ann, "c1"),
		"the same delivery": func() store.NewSubmission { n := w.Hand(w.Ann, "c9"); n.Delivery = "d1"; return n }(),
	} {
		got, first, err := w.Submit(ctx, again)
		require.NoError(t, err, name)
		require.False(t, first, name)
		require.Equal(t, sub.ID, got.ID, name)
	}
	other, first, err := w.Submit(ctx, w.Hand(w.Bob, "c1"))
	require.NoError(t, err)
	require.True(t, first, "the same commit of another student is another submission")
	require.NotEqual(t, sub.ID, other.ID)

	newer := w.MustSubmit(t, w.Ann, "c2")
	sub, err = w.Submission(ctx, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateReplaced, sub.State, "a newer push takes the place of the one that waits")
	require.Equal(t, store.StateWaiting, newer.State)

	for range 5 {
		n := w.Hand(w.Ann, "")
		_, _, err := w.Submit(ctx, n)
		require.NoError(t, err, "without a commit each is a submission of its own")
	}
	var seen []store.ID
	for page := (store.Page{Limit: 3}); ; {
		subs, next, err := w.SubmissionsOf(ctx, w.Of(w.Ann), w.Upper.ID, page)
		require.NoError(t, err)
		for i := range subs {
			require.Equal(t, w.Ann.ID, subs[i].Person)
			seen = append(seen, subs[i].ID)
		}
		if next == "" {
			break
		}
		page.After = next
	}
	require.Len(t, seen, 7)
	require.Equal(t, []store.ID{newer.ID, sub.ID}, seen[5:], "the latest first")
	_, _, err = w.SubmissionsOf(ctx, w.Of(w.Ann), w.Upper.ID, store.Page{After: "x"})
	require.ErrorIs(t, err, store.ErrInvalid)

	big := w.Hand(w.Ann, "big")
	big.Files = append(big.Files, store.File{Path: "big", Mode: store.Regular, Data: bytes.Repeat([]byte{0}, 17<<20)})
	_, _, err = w.Submit(ctx, big)
	require.ErrorIs(t, err, store.ErrTooLarge)
	climbing := w.Hand(w.Ann, "climb")
	climbing.Files[0].Path = "../../etc/cron.d/x"
	_, _, err = w.Submit(ctx, climbing)
	require.ErrorIs(t, err, store.ErrInvalid)

	p, err := w.Place(ctx, w.Of(w.Bob), other.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateWaiting, p.State)
	require.False(t, p.Known, "no worker, no estimate")
	require.Contains(t, p.String(), "no worker that grades it is running")
}

func refusals(t *testing.T, w *World) {
	ctx := t.Context()
	a := w.Upper
	change := func(f func(*store.Assignment)) {
		f(&a)
		var err error
		a, err = w.ChangeAssignment(ctx, a, w.By)
		require.NoError(t, err)
	}
	refused := func(commit, reason string) {
		_, _, err := w.Submit(ctx, w.Hand(w.Ann, commit))
		var r *store.Refusal
		require.ErrorAs(t, err, &r)
		require.Equal(t, reason, r.Reason, r.Says)
		require.Contains(t, r.Says, "upper")
	}
	change(func(a *store.Assignment) { a.Opens = soon(time.Hour) })
	refused("a", store.RefusedNotOpen)
	change(func(a *store.Assignment) { a.Opens, a.Due = time.Time{}, soon(-time.Minute) })
	refused("a", store.RefusedClosed)
	waived := w.Hand(w.Ann, "waived")
	waived.Waive = true
	sub, _, err := w.Submit(ctx, waived)
	require.NoError(t, err, "staff may let it in")
	require.True(t, sub.Late)

	change(func(a *store.Assignment) { a.Late = policy.Late{Days: 2, PerDay: 0.5} })
	sub = w.MustSubmit(t, w.Ann, "late")
	require.True(t, sub.Late)
	change(func(a *store.Assignment) { a.Due, a.Limit = time.Time{}, policy.Limit{Total: 1} })
	refused("three", store.RefusedLimit)
	got, first, err := w.Submit(ctx, w.Hand(w.Ann, "late"))
	require.NoError(t, err, "what was taken is not refused when it is said again")
	require.False(t, first)
	require.Equal(t, sub.ID, got.ID)
	w.MustSubmit(t, w.Bob, "bob's")
	change(func(a *store.Assignment) { a.Limit = policy.Limit{Total: 2} })
	w.MustSubmit(t, w.Ann, "three")
	w.MustSubmit(t, w.Ann, "four") // in the place of three, which nobody looked at
	change(func(a *store.Assignment) { a.Limit = policy.Limit{Burst: 1, Every: time.Hour} })
	refused("five", store.RefusedLimit)

	// Lateness decides the class, so an early push that still waits is not replaced by a late one.
	subs, _, err := w.SubmissionsOf(ctx, w.Of(w.Ann), w.Upper.ID, store.Page{})
	require.NoError(t, err)
	states := map[string]store.State{}
	for _, s := range subs {
		states[s.Commit] = s.State
	}
	require.Equal(t, map[string]store.State{"waived": store.StateReplaced, "late": store.StateWaiting, "three": store.StateReplaced, "four": store.StateWaiting}, states)
}

func extended(t *testing.T, w *World) {
	ctx := t.Context()
	a := w.Upper
	a.Due = soon(-time.Hour)
	_, err := w.ChangeAssignment(ctx, a, w.By)
	require.NoError(t, err)
	require.NoError(t, w.Extend(ctx, store.Extension{Course: w.Course.ID, Assignment: a.ID, Person: w.Ann.ID, Due: soon(time.Hour)}, w.By))
	require.False(t, w.MustSubmit(t, w.Ann, "a").Late, "within the extension")
	_, _, err = w.Submit(ctx, w.Hand(w.Bob, "b"))
	var r *store.Refusal
	require.ErrorAs(t, err, &r, "which is Ann's alone")

	c := w.Course
	c.GraceDays = 2
	_, err = w.ChangeCourse(ctx, c, w.By)
	require.NoError(t, err)
	require.True(t, w.MustSubmit(t, w.Bob, "b").Late, "with grace days to spend it is taken")
}

func choose(t *testing.T, w *World) {
	ctx := t.Context()
	one, two := w.MustSubmit(t, w.Ann, "1"), w.MustSubmit(t, w.Ann, "2")
	chosen := func() (all []string) {
		subs, _, err := w.SubmissionsOf(ctx, w.Of(w.Ann), w.Upper.ID, store.Page{})
		require.NoError(t, err)
		for _, s := range subs {
			if s.Chosen {
				all = append(all, s.Commit)
			}
		}
		return all
	}
	require.ErrorIs(t, w.Choose(ctx, w.Of(w.Ann), one.ID, w.By), store.ErrInvalid, "the last counts")
	require.Empty(t, chosen())
	a := w.Upper
	a.Counts = policy.Chosen
	_, err := w.ChangeAssignment(ctx, a, w.By)
	require.NoError(t, err)
	require.NoError(t, w.Choose(ctx, w.Of(w.Ann), one.ID, w.By))
	require.Equal(t, []string{"1"}, chosen())
	require.NoError(t, w.Choose(ctx, w.Of(w.Ann), two.ID, w.By))
	require.Equal(t, []string{"2"}, chosen())
	require.ErrorIs(t, w.Choose(ctx, w.Of(w.Bob), two.ID, w.By), store.ErrNotFound)
}

// scopes asks for everything of Ann's as Bob, as a student of another course
// and as its staff: each answer must be that of something that does not exist.
func scopes(t *testing.T, w *World) {
	ctx := t.Context()
	sub := w.MustSubmit(t, w.Ann, "secret")
	own := w.Of(w.Ann)
	_, err := w.Submission(ctx, own, sub.ID)
	require.NoError(t, err)
	for name, sc := range map[string]store.Scope{
		"another student":         w.Of(w.Bob),
		"another course":          {Course: w.Other.ID, Person: w.Eve.ID},
		"another course's staff":  {Course: w.Other.ID},
		"her in another course":   {Course: w.Other.ID, Person: w.Ann.ID},
		"nobody":                  {},
		"no course":               {Person: w.Ann.ID},
		"a person of no form":     {Course: w.Course.ID, Person: "x"},
		"a course that is no id":  {Course: "x"},
		"an id with more than id": {Course: w.Course.ID + "' OR true --"},
	} {
		_, err := w.Submission(ctx, sc, sub.ID)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		_, err = w.SubmissionFiles(ctx, sc, sub.ID)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		_, err = w.Place(ctx, sc, sub.ID)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		_, err = w.Watch(ctx, sc, sub.ID)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		require.ErrorIs(t, w.Choose(ctx, sc, sub.ID, w.By), store.ErrNotFound, name)
		subs, _, err := w.SubmissionsOf(ctx, sc, w.Upper.ID, store.Page{})
		require.NoError(t, err, name)
		require.Empty(t, subs, name)
		runs, err := w.RunsOf(ctx, sc, sub.ID)
		require.NoError(t, err, name)
		require.Empty(t, runs, name)
		graded, err := w.Graded(ctx, sc, w.Upper.ID)
		require.NoError(t, err, name)
		require.Empty(t, graded, name)
		n, err := w.Regrade(ctx, sc, store.Selection{Submission: sub.ID}, w.By)
		require.NoError(t, err, name)
		require.Zero(t, n, name)
	}
	for _, id := range absent {
		_, err := w.Submission(ctx, own, id)
		require.ErrorIs(t, err, store.ErrNotFound, id)
		_, err = w.Run(ctx, own, id)
		require.ErrorIs(t, err, store.ErrNotFound, id)
		_, err = w.Report(ctx, own, id)
		require.ErrorIs(t, err, store.ErrNotFound, id)
	}
	foreign := w.Hand(w.Eve, "x")
	_, _, err = w.Submit(ctx, foreign)
	require.ErrorIs(t, err, store.ErrNotFound, "who is not in the course hands nothing in")
	foreign = w.Hand(w.Ann, "x")
	foreign.Assignment = w.OtherTask.ID
	_, _, err = w.Submit(ctx, foreign)
	require.ErrorIs(t, err, store.ErrNotFound, "nor to an assignment of another course")
}

func watch(t *testing.T, w *World) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sub := w.MustSubmit(t, w.Ann, "1")
	mine, stop := context.WithCancel(ctx)
	woken, err := w.Watch(mine, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	until := func(state store.State) {
		for {
			now, err := w.Submission(ctx, w.Of(w.Ann), sub.ID)
			require.NoError(t, err)
			if now.State == state {
				return
			}
			_, ok := <-woken
			require.True(t, ok, "no news of %s", state)
		}
	}
	until(store.StateWaiting)
	w.MustSubmit(t, w.Ann, "2")
	until(store.StateReplaced)
	stop()
	for range woken {
	}
}
