// Package client asks the service's REST API for the command line. What a
// server answers is bounded in bytes and time, and is no more trusted than what
// a submission sends: Plain makes it safe to show.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader/report"
)

// Bounds of what a server may answer, in bytes and time.
const (
	maxAnswer = 16 << 20  // lists
	maxRecord = 256 << 20 // all that a run recorded
	maxError  = 64 << 10
	maxEvent  = 1 << 20
	patience  = time.Minute      // for an answer
	upload    = 10 * time.Minute // for an archive to get there
	silence   = time.Minute      // for a stream of events, which says every 15 s that it lives
)

// A Client asks one service as one person.
type Client struct {
	base  string
	token string
	http  *http.Client
	// Pause is the first pause before a stream that broke is asked for again; each next one is twice as long.
	Pause time.Duration
}

// ErrClear says that a token would cross a network readable by all on the way.
var ErrClear = errors.New("http:// sends your token readable by everybody on the way")

// CheckURL gives the service's address in the form New takes. Over plain http only
// this machine is asked, unless clear allows it.
func CheckURL(address string, clear bool) (string, error) {
	if !strings.Contains(address, "://") {
		return "", fmt.Errorf("%q is no address: it begins with https://", address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no address of a service", address)
	}
	if u.User != nil {
		return "", errors.New("leave the name and password out of the address: a token is what lets you in")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !clear && !loopback(u.Hostname()) {
			return "", ErrClear
		}
	default:
		return "", fmt.Errorf("%q is no address of a service: it begins with https://", address)
	}
	return strings.TrimSuffix(strings.TrimSuffix(u.String(), "/"), api.Prefix), nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// New asks the service at base, as CheckURL gives it, with the token.
func New(base, token string) *Client {
	dialer := &net.Dialer{Timeout: 15 * time.Second}
	return &Client{
		base: base, token: token, Pause: time.Second,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: 15 * time.Second,
				MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			},
			// A token is for the service that it was given for, and no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Base is the service's address.
func (c *Client) Base() string { return c.base }

// A request is one call.
type request struct {
	method string
	path   []string // below the API's prefix; escaped when sent
	query  url.Values
	header http.Header
	body   []byte
	kind   string // the body's Content-Type
}

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	var to strings.Builder
	to.WriteString(c.base + api.Prefix)
	for _, p := range r.path {
		to.WriteString("/" + url.PathEscape(p))
	}
	if len(r.query) > 0 {
		to.WriteString("?" + r.query.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, r.method, to.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json, application/problem+json, */*;q=0.5")
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		// The URL and the method are the caller's own; what is new stands in the cause.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, &UnreachableError{c.base, err}
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		return nil, c.problem(res)
	}
	return res, nil
}

// call sends the request and reads the whole answer.
func (c *Client) call(ctx context.Context, r request, limit int64, within time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	res, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, &UnreachableError{c.base, err}
	case int64(len(data)) > limit:
		return nil, &StrangeError{c.base, fmt.Sprintf("an answer of more than %d MiB", limit>>20)}
	}
	return data, nil
}

// get reads JSON into v.
func (c *Client) get(ctx context.Context, v any, query url.Values, path ...string) error {
	data, err := c.call(ctx, request{method: http.MethodGet, path: path, query: query}, maxAnswer, patience)
	if err != nil {
		return err
	}
	return c.decode(data, v)
}

func (c *Client) decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return &StrangeError{c.base, "an answer that cannot be understood"}
	}
	return nil
}

// An UnreachableError says that the service did not answer.
type UnreachableError struct {
	Base  string
	Cause error
}

// Error says what went wrong, without the parts of Go's network package.
func (e *UnreachableError) Error() string {
	why := e.Cause
	var op *net.OpError
	if errors.As(why, &op) {
		why = op.Err
	}
	if errors.Is(why, context.DeadlineExceeded) {
		why = errors.New("it did not answer in time")
	}
	return fmt.Sprintf("cannot reach %s: %s", Plain(e.Base), Plain(why.Error()))
}

// Unwrap is for errors.Is.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// A StrangeError says that what answers is not a service of ours, or of another version.
type StrangeError struct {
	Base string
	Got  string
}

// Error says what was got.
func (e *StrangeError) Error() string {
	return fmt.Sprintf("%s does not answer like a Wiregrade service: got %s", Plain(e.Base), e.Got)
}

// maxPlain bounds a piece of text from a server, in bytes.
const maxPlain = 1000

// Plain is text from a server as one line that is safe to show.
func Plain(s string) string {
	if len(s) > maxPlain {
		s = s[:maxPlain] + "…"
	}
	return strings.ReplaceAll(report.Escape([]byte(s)), `\\`, `\`)
}
