package api

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/door"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A site is a world with an API before it, and a token for each of its people.
type site struct {
	*storetest.World
	*testing.T
	q      *queue.Queue
	s      *server
	srv    *httptest.Server
	tokens map[string]string // by login; "" is nobody
	root   store.Person
	ta     store.Person
}

func newSite(t *testing.T) *site {
	pg := pgtest.Store(t)
	q, err := queue.New(pg)
	require.NoError(t, err)
	w := storetest.NewWorld(t, pg, q)
	capture := func(w io.Writer, r *grader.Result) error {
		_, err := fmt.Fprint(w, "capture of ", r.Name, " from ", r.Started.UTC().Format(time.RFC3339Nano))
		return err
	}
	h, s := build(Options{Store: pg, Queue: q, Version: "v1", Rate: 100000, Capture: capture, Assignments: []grader.Assignment{
		{Name: "tcp-upper-server", Rubric: []grader.Item{{Group: "word", Points: 10}, {Group: "secret", Points: 5}}},
	}})
	x := &site{World: w, T: t, q: q, s: s, srv: httptest.NewServer(h), tokens: map[string]string{"": ""}}
	t.Cleanup(x.srv.Close)
	x.root, err = pg.AddPerson(t.Context(), store.Person{Login: "root", Admin: true}, w.By)
	require.NoError(t, err)
	x.ta, err = pg.AddPerson(t.Context(), store.Person{Login: "ta"}, w.By)
	require.NoError(t, err)
	require.NoError(t, pg.Enrol(t.Context(), store.Enrolment{Course: w.Course.ID, Person: x.ta.ID, Role: store.TA}, w.By))
	for _, p := range []store.Person{w.Prof, w.Ann, w.Bob, w.Eve, x.root, x.ta} {
		_, secret, err := pg.AddToken(t.Context(), store.Token{Person: p.ID}, w.By)
		require.NoError(t, err)
		x.tokens[p.Login] = secret
	}
	return x
}

// An answer is a response, read.
type answer struct {
	*http.Response
	body string
}

func (x *site) do(as, method, path, body string, headers ...string) answer {
	x.Helper()
	req, err := http.NewRequestWithContext(x.Context(), method, x.srv.URL+Prefix+path, strings.NewReader(body))
	require.NoError(x, err)
	if secret := x.tokens[as]; secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(x, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(x, err)
	return answer{res, string(data)}
}

func (x *site) json(a answer, into any) {
	x.Helper()
	require.Less(x, a.StatusCode, 300, a.body)
	require.NoError(x, json.Unmarshal([]byte(a.body), into), a.body)
}

// tarball is a tar.gz of a submission.
func tarball(files ...tar.Header) string {
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	w := tar.NewWriter(gz)
	for _, h := range files {
		h.Size = int64(len(h.Name))
		if h.Typeflag != 0 && h.Typeflag != tar.TypeReg {
			h.Size = 0
		}
		h.Mode = 0o644
		w.WriteHeader(&h)
		if h.Size > 0 {
			w.Write([]byte(h.Name))
		}
	}
	w.Close()
	gz.Close()
	return out.String()
}

// grade takes the next turn and ends it with a pass in both groups.
func (x *site) grade() postgres.Turn {
	x.Helper()
	turn, ok, err := x.q.Claim(x.Context(), postgres.Worker{Name: "w", Slots: 1, Version: "v1", Isolation: "namespaces"}, 1)
	require.NoError(x, err)
	require.True(x, ok)
	require.NoError(x, x.q.Report(x.Context(), turn, []store.Progress{
		{Phase: "check", Done: 1, Total: 2, Check: "word/right", Verdict: grader.Pass},
		{Phase: "check", Done: 2, Total: 2, Check: "secret/trap", Verdict: grader.Fail},
	}))
	result := func(name string, v grader.Verdict) grader.Result {
		return grader.Result{Rule: grader.Rule{Name: name, Share: 1, Says: "says " + name, Clause: grader.Clause{Document: grader.Course, Section: "x", Level: grader.Must}}, Verdict: v,
			Transcript: grader.Transcript{Events: []grader.Event{{Seq: 1, Kind: grader.Data, Data: []byte("x")}}}}
	}
	require.NoError(x, x.q.Finish(x.Context(), turn, &grader.Run{
		Assignment: grader.Assignment{Name: "tcp-upper-server", Rubric: x.s.rubrics["tcp-upper-server"]},
		Isolation:  "namespaces",
		Results:    []grader.Result{result("word/right", grader.Pass), result("secret/trap", grader.Fail)},
	}, store.Phases{}))
	return turn
}

// TestRoles asks for every route as everybody, and for what is Ann's, of the course net.
func TestRoles(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	turn := x.grade()
	// What a route takes away is put back before the next is asked.
	var repository store.Repository
	restore := func() {
		require.NoError(t, x.Enrol(t.Context(), store.Enrolment{Course: x.Course.ID, Person: x.Bob.ID, Role: store.Student}, x.By))
		require.NoError(t, x.Extend(t.Context(), store.Extension{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Bob.ID, Due: time.Now()}, x.By))
		require.NoError(t, x.SetOverride(t.Context(), store.Override{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Bob.ID, Points: 1}, x.By))
		added, err := x.AddRepository(t.Context(), store.Repository{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Bob.ID, Kind: store.SourceGitHub, Remote: "bob/net"}, x.By)
		if err == nil {
			repository = added
		}
	}
	restore()
	ids := strings.NewReplacer("{course}", "net", "{assignment}", "upper", "{login}", "bob", "{submission}", string(sub.ID), "{run}", string(turn.Run), "{token}", "x")
	// who may, in the order nobody, eve (another course), bob (another student), ann, ta, prof, root.
	who := []string{"", "eve", "bob", "ann", "ta", "prof", "root"}
	mays := map[Need]string{
		SignedIn:   "1......",
		Admin:      "133333.",
		Member:     "14.....",
		Staff:      "1433...",
		Instructor: "14333..",
		Signed:     "1111111", // a token is no signature
	}
	// What is Ann's alone is not there for Bob, though he is in the course.
	const owned = "144...."
	for _, r := range x.s.routes {
		may := mays[r.Need]
		require.NotEmpty(t, may, r.Need)
		if strings.Contains(r.Path, "{submission}") || strings.Contains(r.Path, "{run}") {
			may = owned
		}
		for i, login := range who {
			a := x.do(login, r.Method, strings.ReplaceAll(ids.Replace(r.Path), "{repository}", string(repository.ID)), "")
			name := fmt.Sprintf("%s %s as %q: %s", r.Method, r.Path, login, a.body)
			switch may[i] {
			case '1':
				require.Equal(t, http.StatusUnauthorized, a.StatusCode, name)
				require.NotEmpty(t, a.Header.Get("WWW-Authenticate"))
			case '3':
				require.Equal(t, http.StatusForbidden, a.StatusCode, name)
			case '4':
				require.Equal(t, http.StatusNotFound, a.StatusCode, name)
			default:
				// Without a body some are refused for what they say, none for who says it.
				require.NotContains(t, []int{401, 403, 500}, a.StatusCode, name)
				if a.StatusCode == http.StatusNotFound {
					require.Regexp(t, `\{(token|key|endpoint)\}|/file$`, r.Path, name)
				}
			}
			restore()
			if a.StatusCode >= 400 {
				require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), name)
			}
		}
	}
	require.Greater(t, len(x.s.routes), 40)
}

// TestOpenAPI compares the served document with the routes.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	a := x.do("", "GET", "/openapi.json", "")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	x.json(a, &doc)
	require.True(t, strings.HasPrefix(doc.OpenAPI, "3.1"), doc.OpenAPI)
	n := 0
	for _, ops := range doc.Paths {
		n += len(ops)
	}
	require.Len(t, x.s.routes, n)
	for _, r := range x.s.routes {
		op, ok := doc.Paths[Prefix+r.Path][strings.ToLower(r.Method)]
		require.True(t, ok, "%s %s", r.Method, r.Path)
		require.NotEmpty(t, op.Security)
	}
}

func TestTokenRights(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	var made Token
	x.json(x.do("ann", "POST", "/me/tokens", `{"name":"ci","rights":"read"}`), &made)
	require.NotEmpty(t, made.Secret)
	x.tokens["reader"] = made.Secret
	require.Equal(t, 200, x.do("reader", "GET", "/courses", "").StatusCode)
	require.Equal(t, 403, x.do("reader", "POST", "/me/tokens", `{"name":"more"}`).StatusCode, "a token for reading makes none for all")
	a := x.do("ann", "GET", "/me/tokens", "")
	require.NotContains(t, a.body, made.Secret)
	require.Equal(t, 404, x.do("bob", "DELETE", "/me/tokens/"+string(made.ID), "").StatusCode)
	require.Equal(t, 204, x.do("ann", "DELETE", "/me/tokens/"+string(made.ID), "").StatusCode)
	require.Equal(t, 401, x.do("reader", "GET", "/courses", "").StatusCode)
}

// A link from a push is followed in a browser, which knows names and passwords.
func TestBrowser(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	course := "/courses/" + x.Course.Name
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+x.tokens["ann"]))
	a := x.do("", http.MethodGet, course, "", "Accept", "text/html,*/*")
	require.Equal(t, http.StatusUnauthorized, a.StatusCode)
	require.Contains(t, a.Header.Get("WWW-Authenticate"), "Basic realm=")
	a = x.do("", http.MethodGet, course, "", "Accept", "application/json")
	require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer realm=", "a program is not asked for a password")
	require.Equal(t, http.StatusOK, x.do("", http.MethodGet, course, "", "Authorization", basic).StatusCode)
	require.Equal(t, http.StatusUnauthorized, x.do("", http.MethodGet, course, "", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("ann:wrong"))).StatusCode)
	// A page elsewhere could have a browser send this.
	require.Equal(t, http.StatusUnauthorized, x.do("", http.MethodPost, "/me/tokens", `{"name":"x"}`, "Authorization", basic).StatusCode)
}

func TestCoursesAndVersions(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	a := x.do("root", "POST", "/courses", `{"name":"dns","title":"DNS"}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	require.Equal(t, 409, x.do("root", "POST", "/courses", `{"name":"dns","title":"DNS"}`).StatusCode)
	require.Equal(t, 422, x.do("root", "POST", "/courses", `{"name":"../x","title":""}`).StatusCode)
	tag := a.Header.Get("ETag")
	a = x.do("root", "GET", "/courses/dns", "", "If-None-Match", tag)
	require.Equal(t, 304, a.StatusCode)
	const change = `{"name":"dns","title":"Names","pass":{"at_least":5}}`
	require.Equal(t, 428, x.do("root", "PUT", "/courses/dns", change).StatusCode)
	a = x.do("root", "PUT", "/courses/dns?why=a+typo", change, "If-Match", tag)
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, 412, x.do("root", "PUT", "/courses/dns", change, "If-Match", tag).StatusCode)
	var trail struct{ Items []Entry }
	x.json(x.do("root", "GET", "/courses/dns/audit", ""), &trail)
	require.Equal(t, "a typo", trail.Items[0].Why)

	a = x.do("prof", "POST", "/courses/net/assignments", `{"name":"two","title":"Two","suite":"nonsense"}`)
	require.Equal(t, 422, a.StatusCode)
	a = x.do("prof", "POST", "/courses/net/assignments", `{"name":"two","title":"Two","suite":"tcp-upper-server","due":"2026-03-02T12:00:00Z","late":{"per_day":0.1,"days":3},"visible":{"secret":"never"}}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	require.Equal(t, 204, x.do("prof", "PUT", "/courses/net/members/eve", `{"role":"student"}`).StatusCode)
	require.Equal(t, 200, x.do("eve", "GET", "/courses/net/assignments/two", "").StatusCode)
	require.Equal(t, 204, x.do("prof", "DELETE", "/courses/net/members/eve", "").StatusCode)
	require.Equal(t, 404, x.do("eve", "GET", "/courses/net/assignments/two", "").StatusCode)
}

func TestHandIn(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path = "/courses/net/assignments/upper/submissions"
	good := tarball(tar.Header{Name: "./grader.yaml"}, tar.Header{Name: "./.git/config"}, tar.Header{Name: "src/"})
	post := func(as, body string, headers ...string) answer {
		return x.do(as, "POST", path, body, append([]string{"Content-Type", "application/octet-stream"}, headers...)...)
	}
	var sub, again Submission
	a := post("ann", good, "Idempotency-Key", aKey)
	require.Equal(t, 201, a.StatusCode, a.body)
	x.json(a, &sub)
	require.Equal(t, 1, sub.Files, "its .git is left out")
	require.NotNil(t, sub.Place)
	require.Nil(t, sub.Place.Wait, "no worker, no estimate")
	a = post("ann", good, "Idempotency-Key", aKey)
	require.Equal(t, 201, a.StatusCode)
	x.json(a, &again)
	require.Equal(t, sub.ID, again.ID)
	a = post("ann", tarball(tar.Header{Name: "other"}), "Idempotency-Key", aKey)
	require.Equal(t, 422, a.StatusCode, "the key was used for something else")
	a = post("bob", good, "Idempotency-Key", aKey)
	require.Equal(t, 201, a.StatusCode, "another student's key is another key")

	for name, bad := range map[string]string{
		"climbing":   tarball(tar.Header{Name: "../../etc/passwd"}),
		"absolute":   tarball(tar.Header{Name: "/etc/passwd"}),
		"a device":   tarball(tar.Header{Name: "dev", Typeflag: tar.TypeBlock}),
		"a FIFO":     tarball(tar.Header{Name: "fifo", Typeflag: tar.TypeFifo}),
		"a hardlink": tarball(tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}),
		"below link": tarball(tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/tmp"}, tar.Header{Name: "l/x"}),
		"garbage":    "PK\x03\x04 garbage",
		"no archive": strings.Repeat("x", 2000),
		"empty":      tarball(),
	} {
		a := post("ann", bad)
		require.Equal(t, 422, a.StatusCode, "%s: %s", name, a.body)
		require.NotContains(t, a.body, "submit:", "nothing of our code")
	}
	var bomb bytes.Buffer
	gz := gzip.NewWriter(&bomb)
	w := tar.NewWriter(gz)
	w.WriteHeader(&tar.Header{Name: "zeros", Size: 20 << 20, Mode: 0o644})
	io.CopyN(w, zeros{}, 20<<20)
	w.Close()
	gz.Close()
	require.Equal(t, 413, post("ann", bomb.String()).StatusCode, "a bomb of %d bytes", bomb.Len())

	upper := x.Upper
	upper.Due = time.Now().Add(-time.Hour)
	_, err := x.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	a = post("ann", tarball(tar.Header{Name: "late"}))
	require.Equal(t, 403, a.StatusCode)
	require.Contains(t, a.body, "upper closed at")
	require.Equal(t, 204, x.do("ta", "PUT", "/courses/net/assignments/upper/extensions/ann?why=ill", `{"due":"2999-01-01T00:00:00Z"}`).StatusCode)
	require.Equal(t, 201, post("ann", tarball(tar.Header{Name: "late"})).StatusCode)

	var page struct {
		Items []Submission
		Next  string
	}
	x.json(x.do("ta", "GET", path+"?limit=2", ""), &page)
	require.Len(t, page.Items, 2)
	x.json(x.do("ta", "GET", path+"?limit=2&after="+page.Next, ""), &page)
	require.Len(t, page.Items, 1, "three of two students")
	x.json(x.do("bob", "GET", path, ""), &page)
	require.Len(t, page.Items, 1, "one's own")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestHidden has a group that students never see: not in the report, the
// progress, the marks; staff see it in all of them.
func TestHidden(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	a := x.Upper
	a.Visible = map[string]policy.Visibility{"secret": policy.Never}
	_, err := x.ChangeAssignment(t.Context(), a, x.By)
	require.NoError(t, err)
	sub := x.MustSubmit(t, x.Ann, "1")
	turn := x.grade()
	for _, path := range []string{
		"/courses/net/runs/" + string(turn.Run) + "/report",
		"/courses/net/runs/" + string(turn.Run) + "/report?format=html",
		"/courses/net/runs/" + string(turn.Run) + "/report?format=junit",
		"/courses/net/submissions/" + string(sub.ID) + "/events",
	} {
		mine, staffs := x.do("ann", "GET", path, ""), x.do("ta", "GET", path, "")
		require.Equal(t, 200, mine.StatusCode, mine.body)
		require.Contains(t, mine.body, "word", path)
		require.NotContains(t, mine.body, "trap", path)
		require.NotContains(t, mine.body, "secret", path)
		require.Contains(t, staffs.body, "trap", path)
	}
	for login, want := range map[string]int{"ann": 1, "ta": 2} {
		body := x.do(login, "GET", "/courses/net/runs/"+string(turn.Run)+"/captures", "").body
		z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		require.NoError(t, err)
		require.Len(t, z.File, want)
		require.Equal(t, "word-right.pcapng", z.File[0].Name)
	}
	var marks struct{ Items []Marks }
	x.json(x.do("ann", "GET", "/courses/net/marks", ""), &marks)
	require.Len(t, marks.Items, 1)
	require.Equal(t, []float64{10, 10}, []float64{marks.Items[0].Assignments[0].Points, marks.Items[0].Assignments[0].Max})
	x.json(x.do("prof", "GET", "/courses/net/marks", ""), &marks)
	require.Len(t, marks.Items, 2)
	require.Equal(t, 15.0, marks.Items[0].Assignments[0].Max)
	require.Equal(t, 204, x.do("ta", "PUT", "/courses/net/assignments/upper/overrides/ann?why=oral", `{"points":12}`).StatusCode)
	require.Equal(t, 422, x.do("ta", "PUT", "/courses/net/assignments/upper/overrides/ann", `{"points":12}`).StatusCode, "say why")
	require.Equal(t, "Username,Email address,upper\nann,,12\nbob,,\n", x.do("ta", "GET", "/courses/net/gradebook?layout=moodle", "").body)

	events := x.do("ta", "GET", "/courses/net/submissions/"+string(sub.ID)+"/events", "")
	require.Equal(t, "text/event-stream", events.Header.Get("Content-Type"))
	require.Equal(t, 2, strings.Count(events.body, "event: step\n"))
	require.Contains(t, events.body, `"state":"graded"`)
}

// TestFaultIsOurs has a run that failed for a reason of ours: its words are for staff.
func TestFaultIsOurs(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	var turn postgres.Turn
	for range 2 {
		var err error
		turn, _, err = x.q.Claim(t.Context(), postgres.Worker{Name: "w", Slots: 1}, 1)
		require.NoError(t, err)
		_, err = x.q.Fault(t.Context(), turn, "panic at /srv/oracle.go", &grader.Run{
			Problem: "panic at /srv/oracle.go", Results: []grader.Result{{Rule: grader.Rule{Name: "word/right", Share: 1}, Verdict: grader.Fault}},
		}, store.Phases{})
		require.NoError(t, err)
	}
	for _, path := range []string{"/submissions/" + string(sub.ID) + "/runs", "/runs/" + string(turn.Run), "/runs/" + string(turn.Run) + "/report"} {
		require.NotContains(t, x.do("ann", "GET", "/courses/net"+path, "").body, "oracle.go")
		require.Contains(t, x.do("ta", "GET", "/courses/net"+path, "").body, "oracle.go")
	}
	require.Contains(t, x.do("ann", "GET", "/courses/net/submissions/"+string(sub.ID), "").body, `"state":"fault"`)
	for body, want := range map[string]string{
		`{"dry_run":true,"verdict":"fault"}`: `"queued":1`, `{"dry_run":true,"verdict":"fail"}`: `"queued":0`,
		`{"dry_run":true,"verdict":"fault","check":"word/right"}`: `"queued":1`, `{"dry_run":true,"verdict":"fault","check":"secret/trap"}`: `"queued":0`,
	} {
		require.Contains(t, x.do("ta", "POST", "/courses/net/regrade", body).body, want, body)
	}
}

func TestRegradeRoute(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.MustSubmit(t, x.Ann, "1")
	x.grade()
	for body, want := range map[string]string{
		`{"login":"bob"}`: `"queued":0`, `{"outdated":true}`: `"queued":0`, `{"check":"word/right","verdict":"fail"}`: `"queued":0`,
	} {
		require.Contains(t, x.do("ta", "POST", "/courses/net/regrade", body).body, want, body)
	}
	require.Contains(t, x.do("ta", "POST", "/courses/net/regrade", `{"assignment":"upper","verdict":"fail"}`).body, `"queued":1`)
}

// TestRate has one who asks too often, with wrong tokens and with two that are right, and others who do not suffer for it.
func TestRate(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	h, s := build(Options{Store: x.Store, Queue: x.q, Rate: 5})
	srv := httptest.NewServer(h)
	defer srv.Close()
	ask := func(path, token string) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+Prefix+path, nil)
		require.NoError(t, err)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		req.Header.Set("X-Forwarded-For", fmt.Sprint(time.Now().UnixNano()))
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	// The window may turn over once in between.
	until := func(most int, f func(i int) int) {
		t.Helper()
		for i := range most {
			if f(i) == 429 {
				return
			}
		}
		t.Fatalf("%d requests, and none was refused", most)
	}
	_, second, err := x.AddToken(t.Context(), store.Token{Person: x.Ann.ID}, x.By)
	require.NoError(t, err)
	until(12, func(i int) int { return ask("/me", []string{x.tokens["ann"], second}[i%2]) })
	require.Equal(t, 200, ask("/me", x.tokens["bob"]))
	for _, made := range []string{"wgt_made-up-%d", "wgt_" + strings.Repeat("a", 42) + "%d"} {
		s.gate = door.NewGate(5)
		until(12, func(i int) int { return ask("/me", fmt.Sprintf(made, i%10)) })
		require.Equal(t, 200, ask("/me", x.tokens["bob"]), "who shares the address is not kept out")
		require.Equal(t, 200, ask("/me", x.tokens["eve"]), "nor with a token that was idle")
		require.Equal(t, 429, ask("/me", fmt.Sprintf(made, 0)), "a wrong one is")
	}
	for range 102 {
		require.Equal(t, 401, ask("/me", ""), "that a token is needed is said to everybody")
	}

	s.gate = door.NewGate(5)
	until(102, func(i int) int { return ask("/nope", fmt.Sprint(i)) })
}
