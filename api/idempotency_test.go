package api

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

const aKey = "7f9c2ba4-e88f-4a27-9d6a-1b1e5d3c0f11"

// keyed asks under a key.
func (x *site) keyed(as, key, path, body string, headers ...string) answer {
	x.Helper()
	return x.do(as, "POST", path, body, append(headers, idempotencyKey, key)...)
}

func (x *site) tokensOf(p store.Person) int {
	all, err := x.TokensOf(x.Context(), p.ID)
	require.NoError(x, err)
	return len(all)
}

// TestIdempotent asks every route that makes or sends something twice under one key. A new POST needs
// a line here, and nothing else: its route has the key by itself.
func TestIdempotent(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	upper := x.Upper
	upper.Counts = policy.Chosen // else a choice is refused
	_, err := x.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	endpoint, _, err := x.AddEndpoint(t.Context(), store.Endpoint{Course: x.Course.ID, URL: "https://example.org/hook", Events: []store.Event{store.RunFinished}}, x.By)
	require.NoError(t, err)
	sub := x.MustSubmit(t, x.Ann, "1")
	x.grade()
	messages, _, err := x.Messages(t.Context(), x.Course.ID, endpoint.ID, store.Page{})
	require.NoError(t, err)
	require.Len(t, messages, 1)
	_, err = x.Store.(*postgres.Store).Pool().Exec(t.Context(), `UPDATE messages SET status = 'failed', attempts = 9`)
	require.NoError(t, err)
	ids := strings.NewReplacer("{course}", "net", "{assignment}", "upper", "{login}", "ann", "{submission}", string(sub.ID), "{endpoint}", string(endpoint.ID), "{message}", string(messages[0].ID))

	type sample struct{ kind, body, other string }
	js := func(body, other string) sample { return sample{"application/json", body, other} }
	pack := func(name string) sample {
		return sample{archiveType, tarball(tar.Header{Name: name}), tarball(tar.Header{Name: name + "2"})}
	}
	samples := map[string]sample{
		"/people":                     js(`{"login":"zoe"}`, `{"login":"zoe2"}`),
		"/people/{login}/tokens":      js(`{"name":"a"}`, `{"name":"b"}`),
		"/me/tokens":                  js(`{"name":"a"}`, `{"name":"b"}`),
		"/courses":                    js(`{"name":"dns","title":"DNS"}`, `{"name":"dns2","title":"DNS"}`),
		"/courses/{course}/members":   {"text/csv", "login\nyan\n", "login\nyan2\n"},
		"/courses/{course}/regrade":   js(`{}`, `{"login":"bob"}`),
		"/courses/{course}/hook-keys": js(`{"name":"a"}`, `{"name":"b"}`),
		"/courses/{course}/endpoints": js(`{"url":"https://example.org/a","events":["run.finished"]}`, `{"url":"https://example.org/b","events":["run.finished"]}`),
		"/courses/{course}/repositories": js(`{"assignment":"upper","login":"ann","kind":"github","remote":"ann/net"}`,
			`{"assignment":"upper","login":"ann","kind":"github","remote":"ann/net2"}`),
		"/courses/{course}/assignments":                                          js(`{"name":"two","title":"2","suite":"tcp-upper-server"}`, `{"name":"three","title":"3","suite":"tcp-upper-server"}`),
		"/courses/{course}/assignments/{assignment}/submissions":                 pack("a"),
		"/courses/{course}/assignments/{assignment}/members/{login}/submissions": pack("b"),
		"/courses/{course}/submissions/{submission}/choose":                      {"", "", "x"},
		"/courses/{course}/endpoints/{endpoint}/secret":                          {"", "", "x"},
		"/courses/{course}/endpoints/{endpoint}/messages/{message}/redeliver":    {"", "", "x"},
	}
	// Who signs and is no person has an id of the call instead: GitHub's delivery, the CI's Webhook-Id.
	var signed []string
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Schema   struct{ MinLength, MaxLength int }
			}
		}
	}
	x.json(x.do("", "GET", "/openapi.json", ""), &doc)
	// Who may do all is a student here, too, to hand in.
	require.NoError(t, x.Enrol(t.Context(), store.Enrolment{Course: x.Course.ID, Person: x.root.ID, Role: store.Student}, x.By))
	for i, r := range x.s.routes {
		declared := 0
		for _, p := range doc.Paths[Prefix+r.Path][strings.ToLower(r.Method)].Parameters {
			if p.Name == idempotencyKey && p.In == "header" {
				require.Equal(t, []int{minKey, maxKey}, []int{p.Schema.MinLength, p.Schema.MaxLength})
				declared++
			}
		}
		if r.Method != http.MethodPost || r.Need == Signed {
			require.Zero(t, declared, "%s %s", r.Method, r.Path)
			if r.Need == Signed {
				signed = append(signed, r.Path)
			}
			continue
		}
		require.Equal(t, 1, declared, r.Path)
		s, ok := samples[r.Path]
		require.True(t, ok, "%s makes or sends something: say what it is asked here", r.Path)
		delete(samples, r.Path)
		key, path := fmt.Sprintf("a-random-word-%04d", i), ids.Replace(r.Path)
		post := func(body string) answer {
			if s.kind == "" {
				return x.keyed("root", key, path, body)
			}
			return x.keyed("root", key, path, body, "Content-Type", s.kind)
		}
		before := x.rows()
		first := post(s.body)
		require.Less(t, first.StatusCode, 300, "%s: %s", r.Path, first.body)
		made := x.rows()
		require.NotEqual(t, before, made, "%s did nothing", r.Path)
		again := post(s.body)
		require.Equal(t, first.StatusCode, again.StatusCode, "%s: %s", r.Path, again.body)
		require.Equal(t, first.body, again.body, r.Path)
		for _, h := range []string{"Content-Type", "ETag"} {
			require.Equal(t, first.Header.Get(h), again.Header.Get(h), "%s: %s", r.Path, h)
		}
		require.Equal(t, made, x.rows(), "%s did it twice", r.Path)
		other := post(s.other)
		require.Equal(t, 422, problemOf(t, other.Response, other.body), r.Path)
		require.Contains(t, other.body, "take a new one")
		require.Equal(t, made, x.rows(), r.Path)
	}
	require.Empty(t, samples, "routes that there are not any more")
	require.ElementsMatch(t, []string{githubHook, ciHook}, signed)
}

// rows is what stands in the database, by table, in short: a call that did something is seen in it. That a
// token was used is not what a call does.
func (x *site) rows() string {
	x.Helper()
	pool := x.Store.(*postgres.Store).Pool()
	var tables []string
	require.NoError(x, pool.QueryRow(x.Context(), `SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'calls'`).Scan(&tables))
	require.Greater(x, len(tables), 20)
	var out strings.Builder
	for _, name := range tables {
		row := "to_jsonb(t)::text"
		if name == "tokens" {
			row = "(to_jsonb(t) - 'used')::text"
		}
		var n int
		var sum string
		require.NoError(x, pool.QueryRow(x.Context(), `SELECT count(*), md5(coalesce(string_agg(`+row+`, ' ' ORDER BY `+row+`), '')) FROM `+name+` t`).Scan(&n, &sum))
		fmt.Fprintln(&out, name, n, sum)
	}
	return out.String()
}

// A rough store holds up or refuses the making of tokens.
type rough struct {
	store.Store
	entered chan struct{} // told when one is about to be made
	leave   chan error    // and then does as this says: nil makes it
	kept    chan struct{} // told when an answer was kept; nil for nobody
	forgets bool          // keeps no answer
}

var errPanic = errors.New("panic")

func (r *rough) AddToken(ctx context.Context, t store.Token, by store.Change) (store.Token, string, error) {
	r.entered <- struct{}{}
	switch err := <-r.leave; {
	case errors.Is(err, errPanic):
		panic(http.ErrAbortHandler) // which the server does not log
	case err != nil:
		return store.Token{}, "", err
	}
	return r.Store.AddToken(ctx, t, by)
}

func (r *rough) KeepAnswer(ctx context.Context, key []byte, claim store.ID, answer []byte) error {
	if r.forgets {
		return store.ErrUnavailable
	}
	err := r.Store.KeepAnswer(ctx, key, claim, answer)
	if r.kept != nil {
		r.kept <- struct{}{}
	}
	return err
}

func TestIdempotentUnderWay(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	r := &rough{Store: x.Store, entered: make(chan struct{}), leave: make(chan error)}
	x.s.Store = r
	had := x.tokensOf(x.Ann)
	const body = `{"name":"x"}`
	first := make(chan answer)
	ask := func() { first <- x.keyed("ann", aKey, "/me/tokens", body) }

	// One is under way, another asks.
	go ask()
	<-r.entered
	a := x.keyed("ann", aKey, "/me/tokens", body)
	require.Equal(t, 409, problemOf(t, a.Response, a.body))
	require.Equal(t, "1", a.Header.Get("Retry-After"))
	a = x.keyed("ann", aKey, "/me/tokens", `{"name":"y"}`)
	require.Equal(t, 422, problemOf(t, a.Response, a.body))

	// A fault of ours is no answer: the same call may come again.
	r.leave <- fmt.Errorf("add token: %w", store.ErrUnavailable)
	require.Equal(t, 503, (<-first).StatusCode)
	require.Equal(t, had, x.tokensOf(x.Ann))
	go ask()
	<-r.entered
	r.leave <- nil
	made := <-first
	require.Equal(t, 201, made.StatusCode, made.body)
	require.Equal(t, had+1, x.tokensOf(x.Ann))
	require.Equal(t, made.body, x.keyed("ann", aKey, "/me/tokens", body).body)
	require.Equal(t, made.body, x.keyed("ann", `"`+aKey+`"`, "/me/tokens", body).body, "as the draft quotes it")
	require.Equal(t, had+1, x.tokensOf(x.Ann))

	// What the caller did wrong is an answer, and stays one.
	bad := x.keyed("ann", "another-random-word", "/me/tokens", `{"name":"x","rights":"king"}`)
	require.Equal(t, 422, bad.StatusCode)
	require.Equal(t, bad.body, x.keyed("ann", "another-random-word", "/me/tokens", `{"name":"x","rights":"king"}`).body)

	// Another person's key, and another address, are others; so is none.
	for _, who := range [][2]string{{"bob", "/me/tokens"}, {"root", "/people/ann/tokens"}, {"root", "/people/bob/tokens"}} {
		had := x.rows()
		go func() { first <- x.keyed(who[0], aKey, who[1], body) }()
		<-r.entered
		r.leave <- nil
		a := <-first
		require.Equal(t, 201, a.StatusCode, a.body)
		require.NotEqual(t, made.body, a.body)
		require.NotEqual(t, had, x.rows())
	}
	// The query is a part of what is asked.
	a = x.keyed("root", aKey, "/people/ann/tokens?why=else", body)
	require.Equal(t, 422, a.StatusCode)
	require.Contains(t, a.body, "said something else")
}

// TestIdempotentLost has a caller that goes away before the answer: it is there when they ask again.
func TestIdempotentLost(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	r := &rough{Store: x.Store, entered: make(chan struct{}), leave: make(chan error), kept: make(chan struct{}, 1)}
	x.s.Store = r
	had := x.tokensOf(x.Ann)
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "POST", x.srv.URL+Prefix+"/me/tokens", strings.NewReader(`{"name":"x"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+x.tokens["ann"])
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(idempotencyKey, aKey)
	gone := make(chan error)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
		}
		gone <- err
	}()
	<-r.entered
	hangUp()
	require.ErrorIs(t, <-gone, context.Canceled)
	r.leave <- nil
	<-r.kept
	a := x.keyed("ann", aKey, "/me/tokens", `{"name":"x"}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	require.Equal(t, had+1, x.tokensOf(x.Ann))
	var made Token
	x.json(a, &made)
	_, owner, err := x.TokenOwner(t.Context(), made.Secret)
	require.NoError(t, err)
	require.Equal(t, x.Ann.ID, owner.ID)
}

// TestIdempotentTrouble has a route that panics, and a database that goes away before the answer is kept.
func TestIdempotentTrouble(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	r := &rough{Store: x.Store, entered: make(chan struct{}), leave: make(chan error)}
	x.s.Store = r
	had := x.tokensOf(x.Ann)
	next := func(err error) {
		<-r.entered
		r.leave <- err
	}
	broken := make(chan error)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), "POST", x.srv.URL+Prefix+"/me/tokens", strings.NewReader(`{"name":"x"}`))
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+x.tokens["ann"])
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set(idempotencyKey, aKey)
			_, err = http.DefaultTransport.RoundTrip(req)
		}
		broken <- err
	}()
	next(errPanic)
	require.Error(t, <-broken)

	r.forgets = true
	first := make(chan answer)
	go func() { first <- x.keyed("ann", aKey, "/me/tokens", `{"name":"x"}`) }()
	next(nil)
	require.Equal(t, 201, (<-first).StatusCode, "it was made, and who asked is told")
	a := x.keyed("ann", aKey, "/me/tokens", `{"name":"x"}`)
	require.Equal(t, 409, a.StatusCode, "and not made again at once: %s", a.body)
	require.Equal(t, had+1, x.tokensOf(x.Ann))
}

// TestIdempotentSealed looks for a token in the database, as a thief of a backup would.
func TestIdempotentSealed(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	var made Token
	x.json(x.keyed("ann", aKey, "/me/tokens", `{"name":"x"}`), &made)
	var key, asks, sealed []byte
	require.NoError(t, x.Store.(*postgres.Store).Pool().QueryRow(t.Context(), `SELECT key, asks, answer FROM calls`).Scan(&key, &asks, &sealed))
	require.NotEmpty(t, made.Secret)
	for _, kept := range [][]byte{key, asks, sealed} {
		require.NotContains(t, string(kept), made.Secret)
		require.NotContains(t, string(kept), aKey)
	}
	open := func(key, person, method, path string, sealed []byte) error {
		k, err := deriveKeys(key, person, method, path)
		require.NoError(t, err)
		_, err = k.open(sealed)
		return err
	}
	path := Prefix + "/me/tokens"
	require.NoError(t, open(aKey, string(x.Ann.ID), "POST", path, sealed))
	require.Error(t, open(aKey+"1", string(x.Ann.ID), "POST", path, sealed))
	require.Error(t, open(aKey, string(x.Bob.ID), "POST", path, sealed))
	require.Error(t, open(aKey, string(x.Ann.ID), "POST", path+"/x", sealed))
	require.Error(t, open(aKey, string(x.Ann.ID), "POST", path, sealed[:5]))
	require.Error(t, open(aKey, string(x.Ann.ID), "POST", path, append(bytes.Clone(sealed[:len(sealed)-1]), 0, 0)))

	// A token that has ended opens nothing any more, not even what it made.
	require.Equal(t, 204, x.do("ann", "DELETE", "/me/tokens/"+string(made.ID), "").StatusCode)
	_, err := x.Store.(*postgres.Store).Pool().Exec(t.Context(), `DELETE FROM tokens WHERE person_id = $1`, string(x.Ann.ID))
	require.NoError(t, err)
	require.Equal(t, 401, x.keyed("ann", aKey, "/me/tokens", `{"name":"x"}`).StatusCode)
}

func TestIdempotentKeys(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	had := x.tokensOf(x.Ann)
	for _, bad := range []string{"k", "fifteen-letters", strings.Repeat("x", maxKey+1), "sixteen letters and", "sixteen-létters-and", `""`, `"short"`} {
		a := x.keyed("ann", bad, "/me/tokens", `{"name":"x"}`)
		require.Equal(t, 422, problemOf(t, a.Response, a.body), bad)
		require.Contains(t, a.body, "16 to 200", bad)
	}
	require.Equal(t, had, x.tokensOf(x.Ann))
	require.Equal(t, 201, x.keyed("ann", strings.Repeat("x", maxKey), "/me/tokens", `{"name":"x"}`).StatusCode)
	// Bodies have the bounds that they have without a key.
	a := x.keyed("ann", aKey, "/me/tokens", `{"name":"`+strings.Repeat("x", light)+`"}`)
	require.Equal(t, 413, problemOf(t, a.Response, a.body))
	// Also where no body is asked for, and where its length is not said.
	req, err := http.NewRequestWithContext(t.Context(), "POST", x.srv.URL+Prefix+"/courses/net/submissions/x/choose", struct{ zeros }{})
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+x.tokens["ann"])
	req.Header.Set(idempotencyKey, aKey)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 413, res.StatusCode)
}

// TestIdempotentUpload hands in under keys: the submission remembers its own, whatever else is forgotten.
func TestIdempotentUpload(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path = "/courses/net/assignments/upper/submissions"
	large := tarball(tar.Header{Name: "a"}) + strings.Repeat("\x00", 2*light) // a tail after the archive's end: it waits on the disk
	post := func(body string) (a answer, s Submission) {
		a = x.keyed("ann", aKey, path, body, "Content-Type", archiveType)
		if a.StatusCode < 300 {
			require.NoError(t, json.Unmarshal([]byte(a.body), &s))
		}
		return a, s
	}
	first, sub := post(large)
	require.Equal(t, 201, first.StatusCode, first.body)
	again, _ := post(large)
	require.Equal(t, 201, again.StatusCode)
	require.Equal(t, first.body, again.body)
	a, _ := post(large + "\x00")
	require.Equal(t, 422, a.StatusCode)

	// The service went away after it handed in, before it kept the answer.
	_, err := x.Store.(*postgres.Store).Pool().Exec(t.Context(), `DELETE FROM calls`)
	require.NoError(t, err)
	a, same := post(large)
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, sub.ID, same.ID)
	_, err = x.Store.(*postgres.Store).Pool().Exec(t.Context(), `DELETE FROM calls`)
	require.NoError(t, err)
	a, _ = post(tarball(tar.Header{Name: "other"}))
	require.Equal(t, 422, a.StatusCode)
	require.Contains(t, a.body, "other files")
	all, _, err := x.SubmissionsOf(t.Context(), x.Of(x.Ann), x.Upper.ID, store.Page{})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.NotContains(t, all[0].Delivery, aKey, "the key is nowhere")
}
