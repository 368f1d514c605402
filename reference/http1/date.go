package http1

import (
	"fmt"
	"strings"
	"time"
)

// DateForm is one of the three forms of an HTTP-date (RFC 9110 §5.6.7).
type DateForm int

// The forms of a date. A sender generates the first only; a recipient accepts all.
const (
	DateIMF     DateForm = iota // Sun, 06 Nov 1994 08:49:37 GMT
	DateRFC850                  // Sunday, 06-Nov-94 08:49:37 GMT
	DateAsctime                 // Sun Nov  6 08:49:37 1994
)

var dateLayouts = [...]string{
	DateIMF:     "Mon, 02 Jan 2006 15:04:05 GMT",
	DateRFC850:  "Monday, 02-Jan-06 15:04:05 GMT",
	DateAsctime: "Mon Jan _2 15:04:05 2006",
}

// ParseDate reads an HTTP-date, to the letter: its case, its blanks and its day of the week must be right. The
// form says whether it is obsolete. A year of two digits that would lie more than 50 years after now is of the
// century before. The time is UTC.
func ParseDate(value string, now time.Time) (time.Time, DateForm, error) {
	// A leap second is a valid time that package time does not know: read it as the second after :59.
	leap := strings.Contains(value, ":59:60")
	if leap {
		value = strings.Replace(value, ":59:60", ":59:59", 1)
	}
	for form, layout := range dateLayouts {
		t, err := time.Parse(layout, value)
		if err != nil {
			continue
		}
		if DateForm(form) == DateRFC850 {
			// Package time puts years 69 to 99 in the 1900s; the rule counts from now instead.
			year := t.Year()%100 + now.UTC().Year()/100*100
			t = time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
			if t.After(now.AddDate(50, 0, 0)) {
				t = time.Date(year-100, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
			}
		}
		if t.Format(layout) != value {
			continue // package time ignores the case of names, and whether the day of the week is right
		}
		if leap {
			t = t.Add(time.Second)
		}
		return t, DateForm(form), nil
	}
	return time.Time{}, 0, fmt.Errorf("parse date %s: none of the three forms", quote(value))
}

// FormatDate writes a time in the form that senders generate, in whole seconds.
func FormatDate(t time.Time) string { return t.UTC().Format(dateLayouts[DateIMF]) }
