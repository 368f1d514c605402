package policy

import (
	"math"
	"time"
)

// Late says what a submission after the due date costs. The zero value
// refuses it: nothing counts after the due date.
type Late struct {
	// Slack is forgiven without a word: the push that was on its way.
	Slack time.Duration `json:"slack,omitempty"`
	// PerDay is the part of the points, 0 to 1, that each day begun costs.
	PerDay float64 `json:"per_day,omitempty"`
	// Days is how many days after the due date are accepted at all.
	Days int `json:"days,omitempty"`
}

const day = 24 * time.Hour

// DaysLate counts the days begun since due. It is 0 until due plus the slack
// has passed, and always when there is no due date.
func (l Late) DaysLate(due, received time.Time) int {
	if due.IsZero() || !received.After(due.Add(l.Slack)) {
		return 0
	}
	return int((received.Sub(due) + day - 1) / day)
}

// Closes is when the last submission is accepted, grace days included; zero without a due date.
func (l Late) Closes(due time.Time, grace int) time.Time {
	if due.IsZero() {
		return time.Time{}
	}
	if days := l.Days + grace; days > 0 {
		return due.Add(time.Duration(days) * day)
	}
	return due.Add(l.Slack)
}

// Factor is what days of lateness leave of the points: 1 on time, 0 once it is no longer accepted.
func (l Late) Factor(days int) float64 {
	switch {
	case days <= 0:
		return 1
	case days > l.Days:
		return 0
	default:
		// Rounded, so that three tenths off leave 0.7 and not 0.7000000000000001.
		return math.Max(0, math.Round((1-l.PerDay*float64(days))*1e6)/1e6)
	}
}

// Pay pays days late with the grace days that there are. paid of them are spent, left days stay late, and
// factor is what those leave of the points. Grace days that would save nothing are not spent.
func (l Late) Pay(budget, days int) (paid, left int, factor float64) {
	left = Spend(budget, []int{days})[0]
	if factor = l.Factor(left); factor == 0 {
		left = max(days, 0)
	}
	return max(days, 0) - left, left, factor
}

// Spend pays days late with grace days, in the order given (the order of the
// due dates), until the budget is used up. It returns what stays late.
func Spend(budget int, late []int) []int {
	left := make([]int, len(late))
	for i, days := range late {
		paid := min(max(days, 0), max(budget, 0))
		budget -= paid
		left[i] = max(days, 0) - paid
	}
	return left
}
