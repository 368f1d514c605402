package http1

import (
	"slices"
	"strings"
)

// spoilCondition evaluates If-None-Match and If-Modified-Since of a GET or HEAD as the faults say: 0 means that none
// of them has to do with it.
func (c *conn) spoilCondition(h Header, method string, r *representation) int {
	if h.Has("If-None-Match") {
		return c.spoilNoneMatch(h, method, r)
	}
	f := c.Faults
	value := h.Get("If-Modified-Since")
	if value == "" {
		return 0
	}
	when, form, err := ParseDate(value, c.now())
	switch {
	case f.SinceByString:
		return notModified(value >= FormatDate(r.modified))
	case err != nil && f.SinceBad400:
		return 400
	case err != nil:
		return onlyIf(f.SinceBad304)
	case f.SinceIgnored, f.SinceOnlyFixdate && form != DateIMF, f.SinceStrictlyLater && when.Equal(r.modified):
		return 200
	}
	return onlyIf(f.SinceAlways)
}

func (c *conn) spoilNoneMatch(h Header, method string, r *representation) int {
	f := c.Faults
	value := joined(h, "If-None-Match")
	tags, star, err := ParseETags(value)
	hit := err == nil && matches(tags, star, r, WeakMatch)
	switch {
	case f.NoneMatchIgnored, f.NoneMatchNotOnHead && method == "HEAD", f.NoneMatchNoStar && star:
		return 200
	case f.NoneMatchStrong:
		return notModified(star || matches(tags, star, r, StrongMatch))
	case f.NoneMatchNoList:
		return notModified(slices.Contains([]string{r.tag.String(), "W/" + r.tag.String(), "*"}, value))
	case f.NoneMatchFirstLine:
		tags, star, err = ParseETags(h.Get("If-None-Match"))
		return notModified(err == nil && matches(tags, star, r, WeakMatch))
	case f.NoneMatchSubstring:
		return notModified(star || strings.Contains(value, r.tag.Opaque))
	case f.NoneMatch412 && hit:
		return 412
	case f.SinceOverNoneMatch && h.Has("If-Modified-Since"):
		when, ok := c.date(h, "If-Modified-Since")
		return notModified(ok && !r.modified.After(when))
	}
	return onlyIf(f.NoneMatchAlways)
}

// notModified is 304 when the representation is the one that the client has.
func notModified(same bool) int {
	if same {
		return 304
	}
	return 200
}

// onlyIf is 304 when a fault is on, else nothing.
func onlyIf(on bool) int {
	if on {
		return 304
	}
	return 0
}
