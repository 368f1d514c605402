package main

import (
	"io"
	"strings"
)

const formType = "application/x-www-form-urlencoded"

// answerForm writes the fields of a form back, one line each: those of the query to GET, of the body to POST.
func answerForm(req *request, t target) response {
	encoded := t.query
	switch req.method {
	case "GET", "HEAD":
	case "POST":
		if types := req.fields["content-type"]; len(types) > 0 {
			essence, _, _ := strings.Cut(types[0], ";")
			if !strings.EqualFold(strings.Trim(essence, " \t"), formType) {
				return textResponse(415, "want "+formType)
			}
		}
		b, err := io.ReadAll(req.body)
		if no := asRefusal(err); no != nil {
			return no.response()
		}
		encoded = string(b)
	default:
		return notAllowed("GET, HEAD, POST")
	}

	var lines strings.Builder
	for _, field := range strings.Split(encoded, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		name, ok1 := unescape(name, true)
		value, ok2 := unescape(value, true)
		if !ok1 || !ok2 {
			return textResponse(400, "malformed field")
		}
		lines.WriteString(name + "=" + value + "\n")
	}
	return response{
		status: 200,
		// The lines are the client's own words: nosniff keeps a browser from taking them for a page of ours.
		fields: []string{"Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff"},
		body:   []byte(lines.String()),
	}
}
