package policy

import (
	"slices"
	"time"
)

// A Limit says how often a student may hand in one assignment. The zero value is no limit.
type Limit struct {
	Total int           `json:"total,omitempty"` // submissions altogether
	Burst int           `json:"burst,omitempty"` // submissions in any Every
	Every time.Duration `json:"every,omitempty"`
}

// Allows says whether one more submission may enter now, given when the
// earlier ones were received, in any order. When it may not, next is when it
// may; zero means never.
func (l Limit) Allows(now time.Time, earlier []time.Time) (ok bool, next time.Time) {
	if l.Total > 0 && len(earlier) >= l.Total {
		return false, time.Time{}
	}
	if l.Burst <= 0 || l.Every <= 0 {
		return true, time.Time{}
	}
	var recent []time.Time
	for _, t := range earlier {
		if t.Add(l.Every).After(now) {
			recent = append(recent, t)
		}
	}
	if len(recent) < l.Burst {
		return true, time.Time{}
	}
	slices.SortFunc(recent, func(a, b time.Time) int { return a.Compare(b) })
	return false, recent[len(recent)-l.Burst].Add(l.Every)
}
