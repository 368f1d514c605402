package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

func overrides(t *testing.T, w *World) {
	ctx := t.Context()
	o := store.Override{Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Ann.ID, Points: 7.5}
	require.NoError(t, w.SetOverride(ctx, o, w.By))
	o.Points = 8
	require.NoError(t, w.SetOverride(ctx, o, w.By))
	o.Group, o.Points = "lines", 1
	require.NoError(t, w.SetOverride(ctx, o, w.By))
	os, err := w.Overrides(ctx, w.Of(w.Ann))
	require.NoError(t, err)
	require.Len(t, os, 2)
	require.Equal(t, 8.0, os[0].Points)
	require.Equal(t, w.Prof.ID, os[0].By)
	require.Equal(t, "a test", os[0].Why)
	os, err = w.Overrides(ctx, w.Of(w.Bob))
	require.NoError(t, err)
	require.Empty(t, os)
	o.Course = w.Other.ID
	require.ErrorIs(t, w.SetOverride(ctx, o, w.By), store.ErrNotFound)
	require.ErrorIs(t, w.ClearOverride(ctx, o, w.By), store.ErrNotFound)
	o.Course = w.Course.ID
	require.NoError(t, w.ClearOverride(ctx, o, w.By))
	require.ErrorIs(t, w.ClearOverride(ctx, o, w.By), store.ErrNotFound)
}

func tokens(t *testing.T, w *World) {
	ctx := t.Context()
	tok, secret, err := w.AddToken(ctx, store.Token{Person: w.Ann.ID, Name: "laptop"}, store.Change{By: w.Ann.ID})
	require.NoError(t, err)
	require.Greater(t, len(secret), 40)
	got, owner, err := w.TokenOwner(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, tok.ID, got.ID)
	require.Equal(t, w.Ann.ID, owner.ID)
	for _, bad := range []string{"", "x", secret[:len(secret)-1], secret + "x", string(tok.ID), "wgt_", "wgt_\x00"} {
		_, _, err = w.TokenOwner(ctx, bad)
		require.ErrorIs(t, err, store.ErrNotFound, bad)
	}
	_, stale, err := w.AddToken(ctx, store.Token{Person: w.Ann.ID, Expires: soon(-time.Second)}, w.By)
	require.NoError(t, err)
	_, _, err = w.TokenOwner(ctx, stale)
	require.ErrorIs(t, err, store.ErrNotFound, "expired")

	require.ErrorIs(t, w.RevokeToken(ctx, w.Bob.ID, tok.ID, w.By), store.ErrNotFound, "not his")
	require.NoError(t, w.RevokeToken(ctx, w.Ann.ID, tok.ID, w.By))
	_, _, err = w.TokenOwner(ctx, secret)
	require.ErrorIs(t, err, store.ErrNotFound, "revoked")
	ts, err := w.TokensOf(ctx, w.Ann.ID)
	require.NoError(t, err)
	require.Len(t, ts, 1)

	_, secret, err = w.AddToken(ctx, store.Token{Person: w.Bob.ID, Rights: "push"}, w.By)
	require.NoError(t, err)
	out := w.Bob
	out.Disabled = true
	_, err = w.ChangePerson(ctx, out, w.By)
	require.NoError(t, err)
	_, _, err = w.TokenOwner(ctx, secret)
	require.ErrorIs(t, err, store.ErrNotFound, "disabled")

	entries, _, err := w.Audit(ctx, "", store.Page{Limit: 500})
	require.NoError(t, err)
	trail, err := json.Marshal(entries)
	require.NoError(t, err)
	require.NotContains(t, string(trail), secret, "no secret in the trail")
}

func deliveries(t *testing.T, w *World) {
	ctx := t.Context()
	hear := func(source store.Source, id string) bool {
		_, first, err := w.Hear(ctx, store.Delivery{Source: source, Delivery: id, Event: "push"})
		require.NoError(t, err)
		return first
	}
	require.True(t, hear(store.SourceGitHub, "1"))
	require.True(t, hear(store.SourceGitHub, "1"), "nothing came of it yet: its first hearer may have gone away")
	require.NoError(t, w.Settle(ctx, store.SourceGitHub, "1", "graded"))
	require.False(t, hear(store.SourceGitHub, "1"), "once only")
	require.True(t, hear(store.SourceCI, "1"))
	require.ErrorIs(t, w.Settle(ctx, store.SourceCI, "2", "x"), store.ErrNotFound)

	for _, id := range []string{"a", "b"} {
		n := w.Hand(w.Ann, id)
		n.Source, n.Delivery = store.SourceCI, id
		_, _, err := w.Submit(ctx, n)
		require.NoError(t, err)
	}
	var seen []string
	for page := (store.Page{Limit: 1}); ; {
		ds, next, err := w.DeliveriesOf(ctx, w.Course.ID, page)
		require.NoError(t, err)
		for _, d := range ds {
			require.NotEmpty(t, d.Submission)
			seen = append(seen, d.Delivery)
		}
		if next == "" {
			break
		}
		page.After = next
	}
	require.Equal(t, []string{"b", "a"}, seen, "what is the course's, the latest first")
	// The same id with other contents is another call, also when both come at once and nobody has seen the other.
	n := w.Hand(w.Ann, "c")
	n.Source, n.Delivery, n.Digest = store.SourceCI, "c", []byte("one")
	for range 2 {
		_, _, err := w.Submit(ctx, n)
		require.NoError(t, err)
	}
	n = w.Hand(w.Bob, "d")
	n.Source, n.Delivery, n.Digest = store.SourceCI, "c", []byte("two")
	_, _, err := w.Submit(ctx, n)
	require.ErrorIs(t, err, store.ErrOtherCall)
	subs, _, err := w.SubmissionsOf(ctx, w.Of(w.Bob), w.Upper.ID, store.Page{})
	require.NoError(t, err)
	require.Empty(t, subs, "it is undone")

	ds, _, err := w.DeliveriesOf(ctx, w.Other.ID, store.Page{})
	require.NoError(t, err)
	require.Empty(t, ds)
}

func audit(t *testing.T, w *World) {
	ctx := t.Context()
	c := w.Course
	c.Title = "Networks"
	_, err := w.ChangeCourse(ctx, c, store.Change{By: w.Prof.ID, Why: "a typo"})
	require.NoError(t, err)
	_, err = w.ChangeCourse(ctx, c, w.By)
	require.ErrorIs(t, err, store.ErrStale, "which leaves no trace")

	all, _, err := w.Audit(ctx, c.ID, store.Page{})
	require.NoError(t, err)
	e := all[0]
	require.Equal(t, "change", e.Action)
	require.Equal(t, "course net", e.Subject)
	require.Equal(t, w.Prof.ID, e.By)
	require.Equal(t, "a typo", e.Why)
	var old, new store.Course
	require.NoError(t, json.Unmarshal(e.Old, &old))
	require.NoError(t, json.Unmarshal(e.New, &new))
	require.Equal(t, "net", old.Title)
	require.Equal(t, "Networks", new.Title)
	for _, e := range all {
		require.Equal(t, c.ID, e.Course)
	}

	var paged []store.Entry
	for page := (store.Page{Limit: 2}); ; {
		es, next, err := w.Audit(ctx, c.ID, page)
		require.NoError(t, err)
		paged = append(paged, es...)
		if next == "" {
			break
		}
		page.After = next
	}
	require.Equal(t, all, paged)
	_, _, err = w.Audit(ctx, c.ID, store.Page{After: "x"})
	require.ErrorIs(t, err, store.ErrInvalid)
}
