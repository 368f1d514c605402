package policy

import "time"

// A Visibility says when a student sees the checks of a group.
type Visibility string

// The visibilities. The zero value is Always.
const (
	Always   Visibility = "always"
	AfterDue Visibility = "after-due"
	Never    Visibility = "never"
)

// Visible says whether a student sees the group now. closes is when this
// student's last submission is accepted: before it the checks would tell
// how to pass them. Without it, what waits for the due date stays hidden.
func (v Visibility) Visible(now, closes time.Time) bool {
	switch v {
	case "", Always:
		return true
	case AfterDue:
		return !closes.IsZero() && now.After(closes)
	default:
		return false
	}
}

// Valid says whether v is one of the visibilities.
func (v Visibility) Valid() bool {
	return v == "" || v == Always || v == AfterDue || v == Never
}
