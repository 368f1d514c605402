// Package fakegithub is as much of GitHub as the service meets, for tests: an
// App's tokens, check runs, commit statuses, git over HTTP by the real git
// http-backend, and webhooks. It holds everything it is sent to what GitHub's
// documentation says: who may, for which repository, and how large.
package fakegithub

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A GitHub serves at URL; its API stands where an Enterprise server has it.
type GitHub struct {
	testing.TB
	URL    string
	App    int64
	Key    []byte // the App's private key, PEM
	Secret string // of its webhook
	// PAT is a token of a person's, good for everything but check runs.
	PAT string
	// Fail may answer a request in GitHub's place by a status; after says that
	// the request was done first, and only its answer lost. 0 lets it pass.
	Fail func(r *http.Request) (status int, after bool)

	private *rsa.PrivateKey
	dir     string

	mu       sync.Mutex
	change   chan struct{} // closed when something is told
	tokens   map[string]*token
	checks   []*CheckRun
	statuses []Status
	fetches  int
}

// A token is one of the App's, for some repositories.
type token struct {
	installation int64
	repositories []string
	permissions  map[string]string
	revoked      bool
}

// A CheckRun is one as it was told last, with all phases it had.
type CheckRun struct {
	ID                    int64
	Repository, Name, SHA string
	ExternalID, Details   string
	Status, Conclusion    string
	Title, Summary        string
	Annotations           int
	Paths                 []string // of the annotations, "path:line"
	Actions               []string // identifiers
	Phases                []string // each status in turn
}

// A Status is one commit status.
type Status struct{ Repository, SHA, State, Description, Context, Target string }

// New starts one. What was sent against the documentation fails the test.
func New(t testing.TB) *GitHub {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	g := &GitHub{
		TB: t, App: 4711, Secret: "5f0c1b7a9d2e4c6f8a3b1d0e", PAT: "ghp_" + rand.Text(),
		Key:     pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}),
		private: private, dir: t.TempDir(), change: make(chan struct{}), tokens: map[string]*token{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v3/app/installations/{id}/access_tokens", g.makeToken)
	mux.HandleFunc("DELETE /api/v3/installation/token", g.revoke)
	mux.HandleFunc("POST /api/v3/repos/{owner}/{repo}/check-runs", g.createCheck)
	mux.HandleFunc("PATCH /api/v3/repos/{owner}/{repo}/check-runs/{id}", g.updateCheck)
	mux.HandleFunc("GET /api/v3/repos/{owner}/{repo}/commits/{sha}/check-runs", g.listChecks)
	mux.HandleFunc("POST /api/v3/repos/{owner}/{repo}/statuses/{sha}", g.createStatus)
	mux.HandleFunc("/{owner}/{repo}/", g.git)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Fail == nil {
			mux.ServeHTTP(w, r)
			return
		}
		status, after := g.Fail(r)
		switch {
		case status == 0:
			mux.ServeHTTP(w, r)
		case after:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			fallthrough
		default:
			g.refuse(w, status, "unavailable")
		}
	}))
	t.Cleanup(srv.Close)
	g.URL = srv.URL
	return g
}

// bad says that a request is against the documentation: the test fails, and it is refused.
func (g *GitHub) bad(w http.ResponseWriter, r *http.Request, format string, args ...any) {
	g.Errorf("github: %s %s: %s", r.Method, r.URL.Path, fmt.Sprintf(format, args...))
	g.refuse(w, http.StatusUnprocessableEntity, fmt.Sprintf(format, args...))
}

func (g *GitHub) refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

func (g *GitHub) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// told wakes who waits for something to be told. The lock is held.
func (g *GitHub) told() {
	close(g.change)
	g.change = make(chan struct{})
}

// Until waits until the check runs are as wanted, and gives them.
func (g *GitHub) Until(what string, ok func([]CheckRun) bool) []CheckRun {
	g.Helper()
	g.until(what, func() bool { return ok(g.copies()) })
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.copies()
}

// UntilStatus waits until the statuses are as wanted, and gives them.
func (g *GitHub) UntilStatus(what string, ok func([]Status) bool) []Status {
	g.Helper()
	g.until(what, func() bool { return ok(g.statuses) })
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.statuses)
}

func (g *GitHub) until(what string, ok func() bool) {
	g.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		g.mu.Lock()
		change := g.change
		done := ok()
		g.mu.Unlock()
		if done {
			return
		}
		select {
		case <-change:
		case <-deadline:
			g.mu.Lock()
			defer g.mu.Unlock()
			g.Fatalf("github: %s never came; check runs: %+v; statuses: %+v", what, g.copies(), g.statuses)
		}
	}
}

func (g *GitHub) copies() []CheckRun {
	all := make([]CheckRun, len(g.checks))
	for i, c := range g.checks {
		all[i] = *c
		all[i].Phases, all[i].Paths = slices.Clone(c.Phases), slices.Clone(c.Paths)
	}
	return all
}

// Live counts the tokens that were not revoked.
func (g *GitHub) Live() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.tokens {
		if !t.revoked {
			n++
		}
	}
	return n
}

// Fetches counts the times that a repository was fetched.
func (g *GitHub) Fetches() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fetches
}

// may says whether the request's token is good for a permission in the
// repository of its path, and for no other repository.
func (g *GitHub) may(w http.ResponseWriter, r *http.Request, secret, permission, level string) bool {
	name := r.PathValue("owner") + "/" + strings.TrimSuffix(r.PathValue("repo"), ".git")
	g.mu.Lock()
	t := g.tokens[secret]
	g.mu.Unlock()
	switch {
	case secret == g.PAT && permission == "checks":
		g.refuse(w, http.StatusForbidden, "You must authenticate via a GitHub App.")
	case secret == g.PAT:
		return true
	case t == nil || t.revoked:
		g.refuse(w, http.StatusUnauthorized, "Bad credentials")
	case !slices.Equal(t.repositories, []string{r.PathValue("owner") + "/" + strings.TrimSuffix(r.PathValue("repo"), ".git")}):
		g.bad(w, r, "the token opens %v, want %s alone", t.repositories, name)
	case len(t.permissions) != 1 || t.permissions[permission] != level:
		g.bad(w, r, "the token may %v, want %s:%s alone", t.permissions, permission, level)
	default:
		return true
	}
	return false
}

func bearer(r *http.Request) string {
	_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return secret
}
