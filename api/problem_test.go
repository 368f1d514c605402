package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// problemOf reads a problem and gives its status.
func problemOf(t *testing.T, res *http.Response, body string) int {
	t.Helper()
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), body)
	var p struct {
		Status        int
		Title, Detail string
	}
	require.NoError(t, json.Unmarshal([]byte(body), &p), body)
	require.Equal(t, res.StatusCode, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	return p.Status
}

// TestUnrouted has requests that no route answers.
func TestUnrouted(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, path := range []string{"/nope", "/hooks/nope"} {
		a := x.do("ann", "GET", path, "")
		require.Equal(t, 404, problemOf(t, a.Response, a.body))
	}
	for _, path := range []string{"/me", githubHook} {
		a := x.do("ann", "PATCH", path, "")
		require.Equal(t, 405, problemOf(t, a.Response, a.body))
		require.NotEmpty(t, a.Header.Get("Allow"))
	}
	h, _ := build(Options{Store: x.Store, Queue: x.q, Rate: 1})
	for _, path := range []string{"/nope", githubHook, "/me"} {
		status := 0
		for range 30 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", Prefix+path, nil))
			if status = problemOf(t, w.Result(), w.Body.String()); status == 429 {
				require.NotEmpty(t, w.Header().Get("Retry-After"))
				break
			}
		}
		require.Equal(t, 429, status, path)
	}
}

// TestAway has the database stop while requests come.
func TestAway(t *testing.T) {
	t.Parallel()
	dir, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	c, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true})
	require.NoError(t, err)
	_, err = postgres.Migrate(t.Context(), c.URL(""))
	require.NoError(t, err)
	pg, err := postgres.Open(t.Context(), c.URL(""))
	require.NoError(t, err)
	defer pg.Close()
	q, err := queue.New(pg)
	require.NoError(t, err)
	p, err := pg.AddPerson(t.Context(), store.Person{Login: "root", Admin: true}, store.Change{})
	require.NoError(t, err)
	_, secret, err := pg.AddToken(t.Context(), store.Token{Person: p.ID}, store.Change{})
	require.NoError(t, err)
	h, s := build(Options{Store: pg, Queue: q})
	ask := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", Prefix+"/me", nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, 200, ask().Code)
	require.NoError(t, c.Stop())
	for range 3 { // on the connection that was open, and on new ones
		w := ask()
		require.Equal(t, 503, problemOf(t, w.Result(), w.Body.String()))
		require.NotEmpty(t, w.Header().Get("Retry-After"))
	}
	_, err = pg.PersonByLogin(t.Context(), "root")
	require.ErrorIs(t, err, store.ErrUnavailable)
	var status interface{ GetStatus() int }
	require.ErrorAs(t, s.problem(err), &status)
	require.Equal(t, 503, status.GetStatus())
	require.NoError(t, c.Restart(t.Context()))
	defer c.Stop()
	require.NotEqual(t, 503, ask().Code, "it answers again; what it had not written down is gone")
}
