package webhook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// An ear is an endpoint that keeps what it hears and answers by a script.
type ear struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []*http.Request
	bodies []string
	answer func(w http.ResponseWriter, r *http.Request)
}

func newEar(t *testing.T) *ear {
	e := &ear{answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "thanks") }}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.heard = append(e.heard, r)
		e.bodies = append(e.bodies, string(body))
		e.mu.Unlock()
		e.answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

// as asks the API as somebody, and reads the answer.
func (x *site) as(p store.Person, method, path, body string, into any) int {
	x.Helper()
	_, secret, err := x.pg.AddToken(x.Context(), store.Token{Person: p.ID}, x.By)
	require.NoError(x, err)
	req, err := http.NewRequestWithContext(x.Context(), method, x.url+path, strings.NewReader(body))
	require.NoError(x, err)
	req.Header.Set("Authorization", "Bearer "+secret)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(x, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(x, err)
	if into != nil && res.StatusCode < 300 {
		require.NoError(x, json.Unmarshal(data, into), string(data))
	}
	return res.StatusCode
}

type endpoint struct{ ID, Secret string }

// listen makes an endpoint of the course.
func (x *site) listen(url string, events ...string) endpoint {
	x.Helper()
	var e endpoint
	list, err := json.Marshal(events)
	require.NoError(x, err)
	require.Equal(x, 201, x.as(x.Prof, "POST", "/courses/net/endpoints", `{"url":"`+url+`","events":`+string(list)+`}`, &e))
	require.True(x, strings.HasPrefix(e.Secret, "whsec_"))
	return e
}

type message struct {
	ID, Event, Status, Response, Problem string
	Attempts, Code                       int
	Payload                              struct {
		Type string
		Data struct {
			Course, Assignment, Login, Submission, Run, Status, Cause string
			Points, Was, Max                                          *float64
		}
	}
}

func (x *site) messages(e endpoint) []message {
	x.Helper()
	var page struct{ Items []message }
	require.Equal(x, 200, x.as(x.Prof, "GET", "/courses/net/endpoints/"+e.ID+"/messages", "", &page))
	return page.Items
}

// after waits for n attempts.
func (x *site) after(n int) {
	x.Helper()
	for range n {
		select {
		case <-x.sent:
		case <-time.After(30 * time.Second):
			x.Fatal("nothing was sent")
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	ear := newEar(t)
	e := x.listen(ear.URL+"/hook", "run.finished", "score.changed")
	sub := x.MustSubmit(t, x.Ann, "1")
	x.finish(x.claim(), run(grader.Fail))
	x.after(2)
	all := x.messages(e)
	require.Len(t, all, 2)
	for i, m := range all {
		require.Equal(t, []any{"delivered", 1, 200, "thanks"}, []any{m.Status, m.Attempts, m.Code, m.Response})
		require.Equal(t, m.Event, m.Payload.Type)
		d := m.Payload.Data
		require.Equal(t, []string{"net", "upper", "ann", string(sub.ID)}, []string{d.Course, d.Assignment, d.Login, d.Submission}, i)
		require.Equal(t, 5.0, *d.Points)
	}
	wh, err := standardwebhooks.NewWebhook(e.Secret)
	require.NoError(t, err)
	for i, r := range ear.heard {
		require.NoError(t, wh.Verify([]byte(ear.bodies[i]), r.Header), "a signature that others can check")
		require.ErrorIs(t, wh.Verify([]byte(ear.bodies[i]+" "), r.Header), standardwebhooks.ErrNoMatchingSignature)
	}

	// The same result again: a run finished, and no score changed.
	again := func(v grader.Verdict) {
		_, err := x.q.Regrade(t.Context(), x.Staff(), store.Selection{}, x.By)
		require.NoError(t, err)
		x.finish(x.claim(), run(v))
	}
	again(grader.Fail)
	x.after(1)
	require.Len(t, x.messages(e), 3)
	again(grader.Pass)
	x.after(2)
	d := x.messages(e)[0].Payload.Data
	require.Equal(t, []float64{5, 15, 15}, []float64{*d.Was, *d.Points, *d.Max})
	require.NoError(t, x.pg.SetOverride(t.Context(), store.Override{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID, Points: 3}, x.By))
	x.after(1)
	require.Equal(t, "points set by hand", x.messages(e)[0].Payload.Data.Cause)

	// A rotated secret: both sign for a day.
	var fresh endpoint
	require.Equal(t, 200, x.as(x.Prof, "POST", "/courses/net/endpoints/"+e.ID+"/secret", "", &fresh))
	first := x.messages(e)[0]
	require.Equal(t, 202, x.as(x.Prof, "POST", "/courses/net/endpoints/"+e.ID+"/messages/"+first.ID+"/redeliver", "", nil))
	x.after(1)
	last := len(ear.heard) - 1
	require.Equal(t, first.ID, ear.heard[last].Header.Get("webhook-id"), "the same id: whoever has it can tell")
	for _, secret := range []string{e.Secret, fresh.Secret} {
		wh, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		require.NoError(t, wh.Verify([]byte(ear.bodies[last]), ear.heard[last].Header))
	}

	// What a run that is not wanted any more found tells nobody anything.
	x.MustSubmit(t, x.Bob, "1")
	turn := x.claim()
	_, err = x.pg.Pool().Exec(t.Context(), `UPDATE line SET renewed = now() - interval '1 hour'`)
	require.NoError(t, err)
	_, err = x.q.Sweep(t.Context(), time.Minute)
	require.NoError(t, err)
	require.ErrorIs(t, x.q.Finish(t.Context(), turn, run(grader.Pass), store.Phases{}), store.ErrLease)
	require.Len(t, x.messages(e), 6)

	// Disabled, and deleted with its messages.
	require.Equal(t, 200, x.as(x.Prof, "PUT", "/courses/net/endpoints/"+e.ID, `{"disabled":true}`, nil))
	x.finish(x.claim(), run(grader.Pass))
	require.Len(t, x.messages(e), 6)
	require.Equal(t, 204, x.as(x.Prof, "DELETE", "/courses/net/endpoints/"+e.ID, "", nil))
	require.Equal(t, 404, x.as(x.Prof, "GET", "/courses/net/endpoints/"+e.ID+"/messages", "", nil))
}

// TestClosed tells of an assignment's closing once for each closing time.
func TestClosed(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	ear := newEar(t)
	e := x.listen(ear.URL, "assignment.closed")
	upper := x.Upper
	closing := func(due time.Time, want int) {
		t.Helper()
		upper.Due = due
		var err error
		upper, err = x.pg.ChangeAssignment(t.Context(), upper, x.By)
		require.NoError(t, err)
		for _, n := range []int{want, 0} {
			told, err := x.pg.CloseAssignments(t.Context())
			require.NoError(t, err)
			require.Equal(t, n, told)
		}
	}
	closing(time.Now().Add(time.Hour), 0)
	closing(time.Now().Add(-time.Hour), 1)
	closing(time.Now().Add(time.Hour), 0)
	closing(time.Now().Add(-time.Minute), 1)
	x.after(2)
	require.Len(t, x.messages(e), 2)
}

// TestEndpointTrouble has endpoints that answer badly.
func TestEndpointTrouble(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	inside := newEar(t)
	for name, tt := range map[string]struct {
		answer   func(w http.ResponseWriter, r *http.Request)
		attempts int
		status   string
		problem  string
	}{
		"an error, then well": {nil, 3, "delivered", ""},
		"always an error":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 9, "failed", "it answered 500"},
		"a redirect inside": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", inside.URL)
			w.WriteHeader(307)
		}, 9, "failed", "redirects are not followed"},
		"gone":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, 1, "failed", "410 Gone"},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, 9, "failed", "could not be reached"},
		"answers for ever": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x\x00"), 4096)); err != nil {
					return
				}
			}
		}, 1, "delivered", ""},
	} {
		ear := newEar(t)
		n := 0
		ear.answer = func(w http.ResponseWriter, r *http.Request) {
			n++
			if tt.answer != nil {
				tt.answer(w, r)
			} else if n < 3 {
				w.WriteHeader(503)
			}
		}
		e := x.listen(ear.URL, "score.changed")
		require.NoError(t, x.pg.SetOverride(t.Context(), store.Override{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID, Points: 3}, x.By))
		x.after(tt.attempts)
		m := x.messages(e)[0]
		require.Equal(t, []any{tt.status, tt.attempts}, []any{m.Status, m.Attempts}, "%s: %+v", name, m)
		require.Contains(t, m.Problem, tt.problem, name)
		require.LessOrEqual(t, len(m.Response), 4000, name)
		var list struct{ Items []struct{ Disabled bool } }
		require.Equal(t, 200, x.as(x.Prof, "GET", "/courses/net/endpoints", "", &list))
		require.Equal(t, name == "gone", list.Items[0].Disabled, name)
		require.Equal(t, 204, x.as(x.Prof, "DELETE", "/courses/net/endpoints/"+e.ID, "", nil))
	}
	require.Empty(t, inside.heard)
}

// TestInside has addresses that a course's staff must not reach by an endpoint.
func TestInside(t *testing.T) {
	t.Parallel()
	var none webhook.Addresses
	for _, bad := range []string{
		"https://127.0.0.1/", "https://127.1.2.3/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/", "https://0.0.0.0/", "https://[::]/",
		"https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
		"https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://224.0.0.1/", "https://255.255.255.255/", "https://240.0.0.1/", "https://[ff02::1]/",
		"https://192.0.2.1/", "https://198.18.0.1/", "https://localhost/", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://user:secret@example.org/", "https://", "//example.org", "x",
	} {
		require.ErrorIs(t, none.Check(bad), store.ErrInvalid, bad)
	}
	for _, good := range []string{"https://example.org/hook?x=1", "https://8.8.8.8:8443/", "https://[2606:4700::1111]/"} {
		require.NoError(t, none.Check(good), good)
	}
	some := webhook.Addresses{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	require.NoError(t, some.Check("http://10.0.0.5/"))
	require.Error(t, some.Check("http://192.168.0.5/"))
}
