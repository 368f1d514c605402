package api

import (
	"archive/tar"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOutsiders has staff name people by their logins who are not in the course: whether
// somebody has that login is not told. Who was in it, and is not any more, has what they handed in.
func TestOutsiders(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/courses/net/marks?login={}", ""},
		{"GET", "/courses/net/assignments/upper/submissions?login={}", ""},
		{"PUT", "/courses/net/assignments/upper/overrides/{}?why=x", `{"points":1}`},
		{"DELETE", "/courses/net/assignments/upper/overrides/{}?why=x", ""},
		{"DELETE", "/courses/net/assignments/upper/extensions/{}?why=x", ""},
		{"DELETE", "/courses/net/members/{}", ""},
	} {
		ask := func(login string) answer {
			return x.do("prof", c.method, strings.Replace(c.path, "{}", login, 1), c.body)
		}
		known, unknown := ask("eve"), ask("nobody-has-it") // eve is in the other course
		require.Equal(t, http.StatusNotFound, unknown.StatusCode, c.path)
		require.Equal(t, unknown.StatusCode, known.StatusCode, c.path+known.body)
		require.Equal(t, unknown.body, known.body, c.path)
	}
	x.json(x.do("ann", "POST", "/courses/net/assignments/upper/submissions", tarball(tar.Header{Name: "1"}), "Content-Type", archiveType), &Submission{})
	require.Equal(t, 204, x.do("prof", "DELETE", "/courses/net/members/ann", "").StatusCode)
	var all struct{ Items []Submission }
	x.json(x.do("prof", "GET", "/courses/net/assignments/upper/submissions?login=ann", ""), &all)
	require.Len(t, all.Items, 1)
	x.json(x.do("prof", "GET", "/courses/net/assignments/upper/submissions?login=bob", ""), &all)
	require.Empty(t, all.Items, "in the course, and nothing handed in")
}
