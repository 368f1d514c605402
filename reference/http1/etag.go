package http1

import (
	"fmt"
	"strings"
)

// An ETag is an entity tag (RFC 9110 §8.8.3).
type ETag struct {
	Weak   bool
	Opaque string // what stands between the quotes
}

// String gives the tag as it stands in a field.
func (e ETag) String() string {
	if e.Weak {
		return `W/"` + e.Opaque + `"`
	}
	return `"` + e.Opaque + `"`
}

// ParseETag reads one entity tag: W/ in that case where it is weak, and quotes.
func ParseETag(value string) (ETag, error) {
	tag, rest, ok := cutETag(value)
	if !ok || rest != "" {
		return ETag{}, fmt.Errorf("parse entity tag %s: want \"...\" or W/\"...\"", quote(value))
	}
	return tag, nil
}

// ParseETags reads the value of If-None-Match or If-Match: a list of tags, or a star alone.
func ParseETags(value string) (tags []ETag, star bool, err error) {
	rest := strings.Trim(value, " \t")
	if rest == "*" {
		return nil, true, nil
	}
	for rest != "" {
		if rest[0] == ',' { // an empty member
			rest = strings.TrimLeft(rest[1:], " \t")
			continue
		}
		tag, after, ok := cutETag(rest)
		rest = strings.TrimLeft(after, " \t")
		if !ok || rest != "" && rest[0] != ',' {
			return nil, false, fmt.Errorf("parse entity tags %s: want a list of \"...\"", quote(value))
		}
		tags = append(tags, tag)
	}
	return tags, false, nil
}

// cutETag splits off the entity tag that s begins with.
func cutETag(s string) (tag ETag, rest string, ok bool) {
	s, tag.Weak = strings.CutPrefix(s, "W/")
	s, ok = strings.CutPrefix(s, `"`)
	if !ok {
		return tag, s, false
	}
	tag.Opaque, rest, ok = strings.Cut(s, `"`)
	for i := range len(tag.Opaque) {
		if c := tag.Opaque[i]; c <= ' ' || c == 0x7f {
			return tag, rest, false
		}
	}
	return tag, rest, ok
}

// WeakMatch says whether two tags are equal where weak ones count too, as in If-None-Match (RFC 9110 §8.8.3.2).
func WeakMatch(a, b ETag) bool { return a.Opaque == b.Opaque }

// StrongMatch says whether two tags are equal and neither is weak, as in If-Match.
func StrongMatch(a, b ETag) bool { return a == b && !a.Weak }
