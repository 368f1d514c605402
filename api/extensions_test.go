package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExtensions(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path, upper = "/courses/net/assignments/upper/extensions", "/courses/net/assignments/upper"
	put := func(who, why, due string) answer {
		return x.do("ta", "PUT", path+"/"+who+"?why="+why, `{"due":"`+due+`"}`)
	}
	require.Contains(t, put("ann", "ill", "2030-01-08T12:00:00Z").body, "no due date")
	a := x.Upper
	a.Due = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	_, err := x.ChangeAssignment(t.Context(), a, x.By)
	require.NoError(t, err)
	require.Contains(t, put("ann", "ill", "2029-12-31T12:00:00Z").body, "not before the due date")
	require.Equal(t, 422, put("ann", "", "2030-01-08T12:00:00Z").StatusCode, "why is asked for")

	before := x.do("ann", "GET", upper, "")
	require.Equal(t, 204, put("ann", "ill", "2030-01-08T12:00:00Z").StatusCode)
	require.Equal(t, 204, put("bob", "ill", "2030-01-09T12:00:00Z").StatusCode)
	due := func(who string) (time.Time, bool) {
		var one Assignment
		x.json(x.do(who, "GET", upper, ""), &one)
		var all struct{ Items []Assignment }
		x.json(x.do(who, "GET", "/courses/net/assignments", ""), &all)
		require.Equal(t, one, all.Items[0])
		return one.Due.UTC(), one.Yours
	}
	at, yours := due("ann")
	require.Equal(t, a.Due.AddDate(0, 0, 7), at, "a student reads the due date that holds for them")
	require.True(t, yours)
	at, yours = due("prof")
	require.Equal(t, a.Due, at)
	require.False(t, yours)
	after := x.do("ann", "GET", upper, "", "If-None-Match", before.Header.Get("ETag"))
	require.Equal(t, http.StatusOK, after.StatusCode, "which is another version")
	require.Equal(t, http.StatusNotModified, x.do("ann", "GET", upper, "", "If-None-Match", after.Header.Get("ETag")).StatusCode)

	var all struct{ Items []Extension }
	x.json(x.do("ta", "GET", path, ""), &all)
	require.Equal(t, []string{"ann", "bob"}, []string{all.Items[0].Login, all.Items[1].Login})
	x.json(x.do("bob", "GET", path, ""), &all)
	require.Len(t, all.Items, 1, "one's own")
	require.Equal(t, "ill", all.Items[0].Why)

	require.Equal(t, 204, x.do("ta", "DELETE", path+"/ann?why=well+again", "").StatusCode)
	require.Equal(t, 404, x.do("ta", "DELETE", path+"/ann", "").StatusCode)
	at, _ = due("ann")
	require.Equal(t, a.Due, at)
	require.Contains(t, x.do("prof", "GET", "/courses/net/audit", "").body, "well again")
}

func TestTokensOfOthers(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	var all struct{ Items []Token }
	x.json(x.do("root", "GET", "/people/ann/tokens", ""), &all)
	require.Len(t, all.Items, 1)
	require.Empty(t, all.Items[0].Secret)
	require.Equal(t, 404, x.do("root", "DELETE", "/people/bob/tokens/"+string(all.Items[0].ID), "").StatusCode, "it is Ann's")
	require.Equal(t, 204, x.do("root", "DELETE", "/people/ann/tokens/"+string(all.Items[0].ID)+"?why=leaked", "").StatusCode)
	require.Equal(t, 401, x.do("ann", "GET", "/me", "").StatusCode)
}

func TestWorkerIsForStaff(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	x.grade()
	path := "/courses/net/submissions/" + string(sub.ID) + "/runs"
	require.Contains(t, x.do("ta", "GET", path, "").body, `"worker":"w"`)
	require.NotContains(t, x.do("ann", "GET", path, "").body, "worker")
}
