package policy

import (
	"errors"
	"fmt"
	"time"
)

// The bounds of what a course may ask for. They are far beyond any course, and short of what would overflow.
const (
	maxDays  = 366
	maxCount = 10000
)

// Check says what is wrong with the rule, in words for staff.
func (l Late) Check() error {
	switch {
	case l.Slack < 0 || l.Slack > day:
		return fmt.Errorf("late.slack is %v: it is from 0 to 24h", l.Slack)
	case !(l.PerDay >= 0 && l.PerDay <= 1): // also what is no number
		return fmt.Errorf("late.per_day is %v: it is the part of the points that a day costs, from 0 to 1", l.PerDay)
	case l.Days < 0 || l.Days > maxDays:
		return fmt.Errorf("late.days is %d: it is from 0 to %d", l.Days, maxDays)
	}
	return nil
}

// Check says what is wrong with the rule, in words for staff.
func (l Limit) Check() error {
	switch {
	case l.Total < 0 || l.Total > maxCount:
		return fmt.Errorf("limit.total is %d: it is from 0, for no limit, to %d", l.Total, maxCount)
	case l.Burst < 0 || l.Burst > maxCount:
		return fmt.Errorf("limit.burst is %d: it is from 0, for no limit, to %d", l.Burst, maxCount)
	case (l.Burst > 0) != (l.Every != 0):
		return errors.New("limit.burst and limit.every belong together: so many submissions in any such time")
	case l.Every != 0 && l.Every < time.Second || l.Every > maxDays*day:
		return fmt.Errorf("limit.every is %v: it is from 1s to %d days", l.Every, maxDays)
	}
	return nil
}
