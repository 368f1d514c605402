package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader"
)

// maxPages bounds how many pages of a list are read.
const maxPages = 200

// page is one page of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// all reads a list, page by page, up to most items (0: every one).
func all[T any](ctx context.Context, c *Client, query url.Values, most int, path ...string) ([]T, error) {
	var items []T
	if query == nil {
		query = url.Values{}
	}
	for range maxPages {
		var p page[T]
		if err := c.get(ctx, &p, query, path...); err != nil {
			return nil, err
		}
		items = append(items, p.Items...)
		if most > 0 && len(items) >= most {
			return items[:most], nil
		}
		if p.Next == "" || p.Next == query.Get("after") {
			return items, nil
		}
		query.Set("after", p.Next)
	}
	return nil, &StrangeError{c.base, "a list without an end"}
}

// Me is who the token belongs to.
func (c *Client) Me(ctx context.Context) (p api.Person, err error) {
	return p, c.get(ctx, &p, nil, "me")
}

// Courses lists the person's courses; for an admin every one.
func (c *Client) Courses(ctx context.Context) ([]api.Course, error) {
	return all[api.Course](ctx, c, nil, 0, "courses")
}

// Assignments lists a course's assignments.
func (c *Client) Assignments(ctx context.Context, course string) ([]api.Assignment, error) {
	return all[api.Assignment](ctx, c, nil, 0, "courses", course, "assignments")
}

// Submissions lists a person's latest submissions to an assignment, with scores.
func (c *Client) Submissions(ctx context.Context, course, assignment, login string, most int) ([]api.Submission, error) {
	query := url.Values{"login": {login}, "scores": {"true"}, "limit": {strconv.Itoa(min(max(most, 1), 500))}}
	return all[api.Submission](ctx, c, query, most, "courses", course, "assignments", assignment, "submissions")
}

// Submission reads one, with its place in line.
func (c *Client) Submission(ctx context.Context, course, id string) (s api.Submission, err error) {
	return s, c.get(ctx, &s, nil, "courses", course, "submissions", id)
}

// Runs lists the runs of a submission, the latest first.
func (c *Client) Runs(ctx context.Context, course, submission string) ([]api.Run, error) {
	return all[api.Run](ctx, c, nil, 0, "courses", course, "submissions", submission, "runs")
}

// Submit hands an archive in, once.
func (c *Client) Submit(ctx context.Context, course, assignment string, archive []byte) (s api.Submission, err error) {
	r := request{
		method: http.MethodPost, path: []string{"courses", course, "assignments", assignment, "submissions"},
		body: archive, kind: "application/octet-stream",
	}
	data, err := c.once(ctx, r, maxAnswer, upload)
	if err != nil {
		return s, err
	}
	return s, c.decode(data, &s)
}

// Record reads all that a run recorded, as far as the person may see it.
func (c *Client) Record(ctx context.Context, course, run string) (*grader.Run, error) {
	data, err := c.call(ctx, request{method: http.MethodGet, path: []string{"courses", course, "runs", run, "record"}}, maxRecord, upload)
	if err != nil {
		return nil, err
	}
	found := &grader.Run{}
	if err := c.decode(data, found); err != nil {
		return nil, err
	}
	if !known(found) {
		return nil, &StrangeError{c.base, "a record with words that this version does not know: a later grader may"}
	}
	return found, nil
}

// Marks reads the marks of a course: the one student's, or all that the person may see when login is "".
func (c *Client) Marks(ctx context.Context, course, login string) ([]api.Marks, error) {
	query := url.Values{}
	if login != "" {
		query.Set("login", login)
	}
	return all[api.Marks](ctx, c, query, 0, "courses", course, "marks")
}

// Gradebook reads the marks as CSV in the layout.
func (c *Client) Gradebook(ctx context.Context, course, layout string) ([]byte, error) {
	r := request{method: http.MethodGet, path: []string{"courses", course, "gradebook"}, query: url.Values{"layout": {layout}}}
	return c.call(ctx, r, maxAnswer, patience)
}

// Regrade has submissions graded again, or says how many it would be (DryRun).
func (c *Client) Regrade(ctx context.Context, course, why string, sel api.Regrade) (int, error) {
	body, err := json.Marshal(sel)
	if err != nil {
		return 0, err
	}
	r := request{method: http.MethodPost, path: []string{"courses", course, "regrade"}, query: url.Values{"why": {why}}, body: body, kind: "application/json"}
	data, err := c.once(ctx, r, maxAnswer, patience)
	if err != nil {
		return 0, err
	}
	var out struct{ Queued int }
	return out.Queued, c.decode(data, &out)
}
