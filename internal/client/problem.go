package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// A Problem is an error that the service answered with (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
	// RetryAfter is what the service said of when to come again, "" for nothing.
	RetryAfter string `json:"-"`
}

// Error is what the service said, safe to show.
func (p *Problem) Error() string {
	says := Plain(p.Detail)
	if says == "" {
		says = fmt.Sprintf("the service answered %d %s", p.Status, http.StatusText(p.Status))
	}
	if p.Detail == "validation failed" {
		for i, e := range p.Errors {
			if i == 5 {
				break
			}
			says += fmt.Sprintf("; %s: %s", Plain(strings.TrimPrefix(e.Location, "body.")), Plain(e.Message))
		}
	}
	return says
}

// Reason is the word that the service gives for a refusal, "" for none.
func (p *Problem) Reason() string {
	if len(p.Errors) == 0 {
		return ""
	}
	return p.Errors[0].Message
}

// problem reads an answer that is no success.
func (c *Client) problem(res *http.Response) error {
	if res.StatusCode < 400 {
		return &StrangeError{c.base, fmt.Sprintf("a redirection (%d) to %s", res.StatusCode, Plain(res.Header.Get("Location")))}
	}
	p := &Problem{RetryAfter: Plain(res.Header.Get("Retry-After"))}
	data, _ := io.ReadAll(io.LimitReader(res.Body, maxError))
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if kind != "application/problem+json" && kind != "application/json" || json.Unmarshal(data, p) != nil {
		// The limiter of requests answers in plain text.
		if res.StatusCode != http.StatusTooManyRequests {
			return &StrangeError{c.base, fmt.Sprintf("%d %s", res.StatusCode, http.StatusText(res.StatusCode))}
		}
		p = &Problem{Detail: "too many requests", RetryAfter: p.RetryAfter}
	}
	p.Status = res.StatusCode
	return p
}
