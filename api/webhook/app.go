package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/wiregrade/wiregrade/grader/store"
)

// NewGitHub checks the options; errors say which one is wrong.
func NewGitHub(o GitHubOptions) (*GitHub, error) {
	o.URL = strings.TrimSuffix(o.URL, "/")
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return nil, fmt.Errorf("the address of GitHub is %q, want something like https://github.com", o.URL)
	}
	if o.HTTP == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxResponseHeaderBytes, t.ResponseHeaderTimeout = 64<<10, 20*time.Second
		o.HTTP = t
	}
	o.HTTP = bounded{o.HTTP}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &GitHub{GitHubOptions: o}
	if o.App == 0 {
		return g, nil
	}
	t, err := ghinstallation.NewAppsTransport(o.HTTP, o.App, o.Key)
	if err != nil {
		return nil, errors.New("the private key of the GitHub App cannot be read: it is the .pem file that GitHub made")
	}
	g.app, err = g.client(t)
	return g, err
}

// maxResponse is far above what GitHub answers to what is asked here.
const maxResponse = 4 << 20

// bounded ends responses that are larger than maxResponse.
type bounded struct{ next http.RoundTripper }

// RoundTrip is for http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxResponse)
	}
	return res, err
}

// client speaks to the API through t. Redirects are not followed: a
// repository that moved is another one until its binding says otherwise.
func (g *GitHub) client(t http.RoundTripper) (*github.Client, error) {
	hc := &http.Client{Transport: t, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c := github.NewClient(hc)
	if g.URL == "https://github.com" {
		return c, nil
	}
	return c.WithEnterpriseURLs(g.URL, g.URL)
}

// A pass is a token for one repository and one job.
type pass struct {
	token  string
	client *github.Client
	end    func() // revokes it
	checks bool   // it is the App's, which may make check runs
}

var errNoAccess = errors.New("there is neither a GitHub App nor a token")

// pass makes a token that opens this repository alone, and that only for what
// may: a clone is worth no more to whoever finds its token. Where there is
// no App, the one token there is has to do; what it opens is the operator's choice.
func (g *GitHub) pass(ctx context.Context, r store.Repository, installation int64, may *github.InstallationPermissions) (*pass, error) {
	if g.app == nil {
		if g.Token == "" {
			return nil, errNoAccess
		}
		c, err := g.client(g.HTTP)
		if err != nil {
			return nil, err
		}
		return &pass{token: g.Token, client: c.WithAuthToken(g.Token), end: func() {}}, nil
	}
	_, name, ok := strings.Cut(r.Remote, "/")
	if !ok {
		return nil, fmt.Errorf("%w: repository %s: want owner/name", store.ErrInvalid, store.Quoted(r.Remote))
	}
	t, _, err := g.app.Apps.CreateInstallationToken(ctx, installation, &github.InstallationTokenOptions{Repositories: []string{name}, Permissions: may})
	if err != nil {
		return nil, trouble("ask for a token", err)
	}
	c, err := g.client(g.HTTP)
	if err != nil {
		return nil, err
	}
	c = c.WithAuthToken(t.GetToken())
	return &pass{token: t.GetToken(), client: c, checks: true, end: func() {
		// The job's context may be over; the token would be good for an hour.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, err := c.Apps.RevokeInstallationToken(ctx); err != nil {
			g.Log.Warn("a token was not revoked, and ends within the hour", "repository", r.Remote, "error", trouble("revoke a token", err))
		}
	}}, nil
}

// A LaterError says when GitHub wants to be asked again.
type LaterError struct {
	After time.Duration
	Err   error
}

// Error is for error.
func (e *LaterError) Error() string { return fmt.Sprintf("again in %v: %v", e.After, e.Err) }

// Unwrap is for errors.
func (e *LaterError) Unwrap() error { return e.Err }

// trouble is an error of the API, without what it may quote of a request.
func trouble(what string, err error) error {
	var rate *github.RateLimitError
	var abuse *github.AbuseRateLimitError
	var res *github.ErrorResponse
	var u *url.Error
	switch {
	case errors.As(err, &rate):
		return &LaterError{clamp(time.Until(rate.Rate.Reset.Time)), fmt.Errorf("%s: GitHub's rate limit", what)}
	case errors.As(err, &abuse):
		return &LaterError{clamp(abuse.GetRetryAfter()), fmt.Errorf("%s: GitHub's secondary rate limit", what)}
	case errors.As(err, &res) && res.Response != nil:
		return fmt.Errorf("%s: GitHub answered %d %s", what, res.Response.StatusCode, store.Quoted(res.Message))
	case errors.As(err, &u):
		return fmt.Errorf("%s: %w", what, u.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: the answer ended early", what)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

func clamp(d time.Duration) time.Duration { return min(max(d, 5*time.Second), time.Hour) }
