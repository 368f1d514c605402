package fakegithub

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// zeros is the commit that a new branch came from, and a deleted one goes to.
const zeros = "0000000000000000000000000000000000000000"

// repository is the object of that name in a payload. GitHub gives pushed_at
// of a push as seconds, of all other events as a date.
func (r *Repo) repository(pushed any) map[string]any {
	_, name, _ := strings.Cut(r.Name, "/")
	url := r.g.URL + "/" + r.Name
	return map[string]any{
		"id": 35129377, "node_id": "MDEwOlJlcG9zaXRvcnkzNTEyOTM3Nw==", "name": name, "full_name": r.Name, "private": true, "fork": false,
		"owner":    map[string]any{"login": Owner, "name": Owner, "id": 6752317, "type": "Organization"},
		"html_url": url, "url": url, "clone_url": url + ".git", "git_url": "git://github.com/" + r.Name + ".git", "ssh_url": "git@github.com:" + r.Name + ".git",
		"pushed_at": pushed, "size": 12, "default_branch": "main", "master_branch": "main",
	}
}

func (r *Repo) installed() map[string]any {
	return map[string]any{"id": Installation, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uOTk="}
}

// A Push is what a push event tells. Empty fields are a push of After to main now.
type Push struct {
	Ref, Before, After string
	At                 time.Time
	Installation       int64
}

// Push is the payload of a push event.
func (r *Repo) Push(p Push) []byte {
	if p.Ref == "" {
		p.Ref = "refs/heads/main"
	}
	if p.Before == "" {
		p.Before = zeros
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	after := p.After
	if after == "" {
		after = zeros
	}
	commit := map[string]any{
		"id": after, "tree_id": zeros, "distinct": true, "message": "x", "timestamp": "2019-05-15T15:20:41Z", "url": r.g.URL + "/" + r.Name + "/commit/" + after,
		"author": map[string]any{"name": "a", "email": "a@x"}, "committer": map[string]any{"name": "a", "email": "a@x"}, "added": []string{}, "removed": []string{}, "modified": []string{},
	}
	body := map[string]any{
		"ref": p.Ref, "before": p.Before, "after": after, "repository": r.repository(p.At.Unix()), "pusher": map[string]any{"name": "ann", "email": "ann@x"},
		"sender": map[string]any{"login": "ann", "id": 21031067, "type": "User"}, "created": p.Before == zeros, "deleted": after == zeros, "forced": false,
		"base_ref": nil, "compare": r.g.URL + "/" + r.Name + "/compare", "commits": []any{commit}, "head_commit": commit, "installation": r.installed(),
	}
	if p.Installation != 0 {
		body["installation"] = map[string]any{"id": p.Installation}
	}
	return encode(body)
}

// Button is the payload of a check_run event: a button pressed (requested_action), or rerequested.
func (r *Repo) Button(action, identifier string, c CheckRun) []byte {
	app := map[string]any{"id": r.g.App, "slug": "wiregrade", "name": "Wiregrade", "owner": map[string]any{"login": Owner}, "permissions": map[string]any{"checks": "write"}}
	body := map[string]any{
		"action": action, "repository": r.repository("2019-05-15T15:20:33Z"), "installation": r.installed(),
		"sender": map[string]any{"login": "ann", "id": 21031067, "type": "User"},
		"check_run": map[string]any{
			"id": c.ID, "node_id": "MDg6Q2hlY2tSdW4xMjg2MjAyMjg=", "head_sha": c.SHA, "external_id": c.ExternalID, "name": c.Name, "status": c.Status, "conclusion": c.Conclusion,
			"started_at": "2019-05-15T15:21:12Z", "completed_at": "2019-05-15T20:22:22Z", "app": app, "pull_requests": []any{},
			"output":      map[string]any{"title": c.Title, "summary": c.Summary, "text": nil, "annotations_count": c.Annotations},
			"check_suite": map[string]any{"id": 118578147, "head_branch": "main", "head_sha": c.SHA, "status": "completed", "app": app},
		},
	}
	if identifier != "" {
		body["requested_action"] = map[string]any{"identifier": identifier}
	}
	return encode(body)
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// Sign is the signature of a body as GitHub makes it.
func Sign(secret string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}

// Deliver posts a payload to a webhook as GitHub does; headers may replace its own.
func (g *GitHub) Deliver(url, event, delivery string, body []byte, headers ...string) (int, string) {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), http.MethodPost, url, bytes.NewReader(body))
	require.NoError(g, err)
	for k, v := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd", "X-GitHub-Event": event, "X-GitHub-Delivery": delivery,
		"X-GitHub-Hook-ID": "292430182", "X-GitHub-Hook-Installation-Target-Type": "integration", "X-Hub-Signature-256": Sign(g.Secret, body),
	} {
		req.Header.Set(k, v)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(g, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(g, err)
	return res.StatusCode, string(data)
}
