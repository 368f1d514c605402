package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// TestRefusesTheIdle asks for what would do nothing: it is refused with the reason, and leaves no line in the
// audit trail; what does something leaves one.
func TestRefusesTheIdle(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	e, _, err := x.AddEndpoint(t.Context(), store.Endpoint{Course: x.Course.ID, URL: "https://example.org/", Events: []store.Event{store.RunFinished}}, x.By)
	require.NoError(t, err)
	sub := x.MustSubmit(t, x.Ann, "1")
	x.grade()
	trail := func() (actions []string) {
		t.Helper()
		var all struct{ Items []Entry }
		x.json(x.do("prof", http.MethodGet, "/courses/net/audit", ""), &all)
		for _, e := range all.Items {
			actions = append(actions, e.Action)
		}
		return actions
	}
	before := len(trail())

	// Nobody sends here, so the message is still on its way.
	path := "/courses/net/endpoints/" + string(e.ID) + "/messages"
	var told struct{ Items []Message }
	x.json(x.do("ta", http.MethodGet, path, ""), &told)
	require.Len(t, told.Items, 1)
	require.Equal(t, store.MessagePending, told.Items[0].Status)
	again := path + "/" + string(told.Items[0].ID) + "/redeliver"
	a := x.do("ta", http.MethodPost, again, "")
	require.Equal(t, 422, a.StatusCode, a.body)
	require.Contains(t, a.body, "still on its way")
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Len(t, trail(), before)
	outbox, ok := x.Store.(store.Outbox)
	require.True(t, ok)
	require.NoError(t, outbox.Sent(t.Context(), told.Items[0].ID, store.Attempt{Status: store.MessageFailed, Problem: "nobody there"}))
	a = x.do("ta", http.MethodPost, again+"?why=it+was+down", "")
	require.Equal(t, 202, a.StatusCode, a.body)
	require.Contains(t, a.body, `"status":"pending"`)
	require.Equal(t, "redeliver", trail()[0])
	require.Len(t, trail(), before+1)

	choose := "/courses/net/submissions/" + string(sub.ID) + "/choose"
	for _, counts := range []policy.Counts{policy.Last, policy.Best, policy.Chosen} {
		upper, err := x.Assignment(t.Context(), x.Staff(), x.Upper.ID)
		require.NoError(t, err)
		upper.Counts = counts
		_, err = x.ChangeAssignment(t.Context(), upper, x.By)
		require.NoError(t, err)
		before := len(trail())
		a := x.do("ann", http.MethodPost, choose, "")
		if counts == policy.Chosen {
			require.Equal(t, 204, a.StatusCode, a.body)
			require.Equal(t, "choose", trail()[0])
			continue
		}
		require.Equal(t, 422, a.StatusCode, a.body)
		require.Contains(t, a.body, `the policy of this assignment is \"`+string(counts)+`\"`)
		require.Len(t, trail(), before)
	}
}
