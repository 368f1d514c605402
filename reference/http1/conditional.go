package http1

import (
	"slices"
	"strings"
	"time"
)

// precondition evaluates the conditions of a request on the current representation, nil where there is none, in
// the order of RFC 9110 §13.2.2: 200 means go on, else it is 304 or 412.
func (c *conn) precondition(req *Request, method string, r *representation) int {
	reads := method == "GET" || method == "HEAD"
	if h := req.Header; h.Has("If-Match") {
		if tags, star, err := ParseETags(joined(h, "If-Match")); err == nil && !matches(tags, star, r, StrongMatch) {
			return 412
		}
	} else if since, ok := c.date(h, "If-Unmodified-Since"); ok && r != nil && r.modified.After(since) {
		return 412
	}
	if c.Faults.Any() && r != nil && reads {
		if status := c.spoilCondition(req.Header, method, r); status != 0 {
			return status
		}
	}
	if h := req.Header; h.Has("If-None-Match") {
		tags, star, err := ParseETags(joined(h, "If-None-Match"))
		if err != nil || !matches(tags, star, r, WeakMatch) {
			return 200
		}
		if reads {
			return 304
		}
		return 412
	}
	if since, ok := c.date(req.Header, "If-Modified-Since"); ok && reads && r != nil && !r.modified.After(since) {
		return 304
	}
	return 200
}

// matches says whether a tag, or the star, fits the representation.
func matches(tags []ETag, star bool, r *representation, equal func(a, b ETag) bool) bool {
	return r != nil && (star || slices.ContainsFunc(tags, func(tag ETag) bool { return equal(tag, r.tag) }))
}

// date gives the date in a field; ok is false when the field is missing, is there twice or cannot be read, all of
// which mean that it is ignored (RFC 9110 §13.1.3).
func (c *conn) date(h Header, name string) (when time.Time, ok bool) {
	values := h.Values(name)
	if len(values) != 1 {
		return when, false
	}
	t, _, err := ParseDate(values[0], c.now())
	return t, err == nil
}

// joined gives the values of all fields of a name as one list (RFC 9110 §5.3).
func joined(h Header, name string) string { return strings.Join(h.Values(name), ", ") }
