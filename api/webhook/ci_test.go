package webhook_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader/store"
)

type hookKey struct{ ID, Secret string }

// key makes a hook key of the course.
func (x *site) key(body string) hookKey {
	x.Helper()
	var k hookKey
	require.Equal(x, 201, x.as(x.Prof, "POST", "/courses/net/hook-keys", body, &k))
	return k
}

// call is one call of a CI, with what may be wrong about it.
type call struct {
	key  hookKey
	id   string
	at   time.Time
	body any
	then func(r *http.Request)
}

func (x *site) ci(c call) (int, string, webhook.Answer) {
	x.Helper()
	body, ok := c.body.([]byte)
	if !ok {
		var err error
		body, err = json.Marshal(c.body)
		require.NoError(x, err)
	}
	if c.at.IsZero() {
		c.at = time.Now()
	}
	wh, err := standardwebhooks.NewWebhook(c.key.Secret)
	require.NoError(x, err)
	sig, err := wh.Sign(c.id, c.at, body)
	require.NoError(x, err)
	r, err := http.NewRequestWithContext(x.Context(), "POST", x.url+"/hooks/ci", bytes.NewReader(body))
	require.NoError(x, err)
	for k, v := range map[string]string{"Content-Type": "application/json", "Wiregrade-Key": c.key.ID, "Webhook-Id": c.id, "Webhook-Timestamp": strconv.FormatInt(c.at.Unix(), 10), "Webhook-Signature": sig} {
		r.Header.Set(k, v)
	}
	if c.then != nil {
		c.then(r)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(x, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(x, err)
	var a webhook.Answer
	if res.StatusCode < 300 {
		require.NoError(x, json.Unmarshal(data, &a))
	}
	return res.StatusCode, string(data), a
}

// packed is a tar of one file.
func packed(name string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(name))})
	io.WriteString(w, name)
	w.Close()
	return out.Bytes()
}

var (
	commit1 = strings.Repeat("1", 40)
	commit2 = strings.Repeat("2", 40)
)

func TestCI(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	course, mine := x.key(`{"name":"the course's"}`), x.key(`{"name":"ann's","assignment":"upper","login":"ann"}`)
	in := webhook.HandIn{Commit: commit1, Assignment: "upper", Login: "ann", Archive: packed("grader.yaml")}
	code, text, a := x.ci(call{key: course, id: "1", body: in})
	require.Equal(t, 202, code, text)
	sub := x.submissions()[0]
	require.Equal(t, webhook.Answer{Delivery: "1", Outcome: "submitted", Submission: sub.ID}, a)
	require.Equal(t, []any{commit1, store.SourceCI, 1}, []any{sub.Commit, sub.Source, sub.Files})
	var kept store.ID
	require.NoError(t, x.pg.Pool().QueryRow(t.Context(), `SELECT submission_id FROM deliveries WHERE source = 'ci' AND delivery = $1`, course.ID+"/1").Scan(&kept))
	require.Equal(t, sub.ID, kept)

	// The same call again is answered with what it made, and another under its id is refused.
	_, _, again := x.ci(call{key: course, id: "1", body: in})
	require.Equal(t, a, again)
	code, text, _ = x.ci(call{key: course, id: "1", body: webhook.HandIn{Commit: commit2, Assignment: "upper", Login: "bob", Archive: packed("x")}})
	require.Equal(t, 422, code, text)
	require.Contains(t, text, "another body")
	code, text, again = x.ci(call{key: course, id: "1b", body: in})
	require.Equal(t, 202, code, text)
	require.Equal(t, sub.ID, again.Submission, "another call may say the same")
	_, _, again = x.ci(call{key: mine, id: "1", body: webhook.HandIn{Commit: commit1, Archive: packed("grader.yaml")}})
	require.Equal(t, a, again, "another key's id is another id; the same commit is the same submission")
	require.Len(t, x.submissions(), 1)

	x.claim()
	sha := x.repo.Commit("", hello)
	_, _, a = x.ci(call{key: mine, id: "2", body: webhook.HandIn{Commit: sha, Repository: x.repo.Name}})
	require.Equal(t, "fetching", a.Outcome)
	x.handedIn(2)
	require.Equal(t, []any{sha, store.SourceCI}, []any{x.submissions()[0].Commit, x.submissions()[0].Source})
	x.shown(1, "queued")
}

func TestCIRefuses(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	course, mine := x.key(`{"name":"c"}`), x.key(`{"name":"a","assignment":"upper","login":"ann"}`)
	ended := x.key(`{"name":"e"}`)
	require.Equal(t, 204, x.as(x.Prof, "DELETE", "/courses/net/hook-keys/"+ended.ID, "", nil))
	require.Equal(t, 422, x.as(x.Prof, "POST", "/courses/net/hook-keys", `{"name":"x","login":"ann"}`, nil), "half a student's key")
	require.Equal(t, 404, x.as(x.Prof, "POST", "/courses/net/hook-keys", `{"name":"x","login":"eve","assignment":"upper"}`, nil), "of another course")
	in := webhook.HandIn{Commit: commit1, Assignment: "upper", Login: "ann", Archive: packed("grader.yaml")}
	with := func(f func(*webhook.HandIn)) webhook.HandIn { c := in; f(&c); return c }
	set := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	for name, tt := range map[string]struct {
		call
		code int
		says string
	}{
		"old":          {call{key: course, at: time.Now().Add(-6 * time.Minute), body: in}, 401, "signature"},
		"of tomorrow":  {call{key: course, at: time.Now().Add(6 * time.Minute), body: in}, 401, "signature"},
		"another id":   {call{key: course, body: in, then: set("Webhook-Id", "other")}, 401, "signature"},
		"another time": {call{key: course, body: in, then: set("Webhook-Timestamp", strconv.FormatInt(time.Now().Unix()-1, 10))}, 401, "signature"},
		"another body": {call{key: course, body: in, then: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", int(r.ContentLength))))
		}}, 401, "signature"},
		"another key":          {call{key: hookKey{mine.ID, course.Secret}, body: in}, 401, "signature"},
		"an ended key":         {call{key: ended, body: in}, 401, "signature"},
		"no key":               {call{key: course, body: in, then: set("Wiregrade-Key", "")}, 401, "signature"},
		"no signature":         {call{key: course, body: in, then: set("Webhook-Signature", "")}, 401, "signature"},
		"an empty signature":   {call{key: course, body: in, then: set("Webhook-Signature", "v1,")}, 401, "signature"},
		"no JSON":              {call{key: course, body: []byte("x")}, 422, "body"},
		"two":                  {call{key: course, body: []byte(`{"commit":"` + commit1 + `"} {}`)}, 422, "follows"},
		"an unknown field":     {call{key: course, body: []byte(`{"comit":"x"}`)}, 422, "comit"},
		"no commit":            {call{key: course, body: with(func(h *webhook.HandIn) { h.Commit = "main" })}, 422, "full name"},
		"nothing to grade":     {call{key: course, body: with(func(h *webhook.HandIn) { h.Archive = nil })}, 422, "either"},
		"both":                 {call{key: course, body: with(func(h *webhook.HandIn) { h.Repository = x.repo.Name })}, 422, "either"},
		"nobody's":             {call{key: course, body: with(func(h *webhook.HandIn) { h.Login = "" })}, 422, "want assignment and login"},
		"another course's":     {call{key: course, body: with(func(h *webhook.HandIn) { h.Login = "eve" })}, 422, "there is no"},
		"no such assignment":   {call{key: course, body: with(func(h *webhook.HandIn) { h.Assignment = "x" })}, 422, "there is no"},
		"somebody else's work": {call{key: mine, body: with(func(h *webhook.HandIn) { h.Login = "bob" })}, 422, "somebody else's"},
		"a bad archive":        {call{key: mine, body: with(func(h *webhook.HandIn) { h.Archive = packed("../evil") })}, 422, "not a path"},
		"another repository":   {call{key: course, body: webhook.HandIn{Commit: commit1, Assignment: "upper", Login: "bob", Repository: x.repo.Name}}, 404, "not bound"},
		"too large":            {call{key: course, body: bytes.Repeat([]byte(" "), webhook.MaxCI+1)}, 413, ""},
	} {
		tt.id = "id-" + strings.ReplaceAll(name, " ", "-")
		code, text, _ := x.ci(tt.call)
		require.Equal(t, tt.code, code, "%s: %s", name, text)
		require.Contains(t, text, tt.says, name)
	}
	var n int
	require.NoError(t, x.pg.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM submissions)`).Scan(&n))
	require.Zero(t, n)

	// Refused by the course's rules: that is an outcome, and stays the same.
	upper := x.Upper
	upper.Due = time.Now().Add(-time.Hour)
	upper, err := x.pg.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	_, _, a := x.ci(call{key: mine, id: "late", body: in})
	require.Contains(t, a.Outcome, "refused: upper closed at")
	upper.Due = time.Time{}
	_, err = x.pg.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	_, _, again := x.ci(call{key: mine, id: "late", body: in})
	require.Equal(t, a, again)
}

// TestDocumentedCall runs the lines of docs/ci.md as they stand there.
func TestDocumentedCall(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	doc, err := os.ReadFile("../../docs/ci.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(doc), "<!-- tested -->\n\n```sh\n")
	require.True(t, ok)
	script, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	k := x.key(`{"name":"a","assignment":"upper","login":"ann"}`)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "grader.yaml"), []byte("run: ./server\n"), 0o644))
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@x"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "x")
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "WIREGRADE_URL="+strings.TrimSuffix(x.url, "/api/v1"), "WIREGRADE_KEY="+k.ID, "WIREGRADE_SECRET="+k.Secret)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), `"outcome":"submitted"`)
	require.Equal(t, 1, x.submissions()[0].Files)
}
