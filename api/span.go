package api

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/policy"
)

// A Span is a length of time on the wire: "1h30m", or a number of seconds.
type Span time.Duration

// MarshalJSON writes the span in words, so that nobody need know a unit.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).String()) }

// UnmarshalJSON reads the span in words or in seconds.
func (s *Span) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case float64:
		if math.Abs(v) > math.MaxInt64/float64(2*time.Second) {
			return fmt.Errorf("%v seconds are more than a span can be", v)
		}
		*s = Span(v * float64(time.Second))
		return nil
	case string:
		d, err := time.ParseDuration(v)
		*s = Span(d)
		return err
	default:
		return fmt.Errorf("a span is like \"1h30m\", or a number of seconds")
	}
}

// Schema tells the OpenAPI document both ways to write a span.
func (Span) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: `a length of time: "1h30m", or a number of seconds`, OneOf: []*huma.Schema{
		{Type: huma.TypeString, Pattern: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$|^0$`, PatternDescription: `a length of time like "1h30m"`},
		{Type: huma.TypeNumber},
	}}
}

// Late is what a submission after the due date costs.
type Late struct {
	Slack  Span    `json:"slack,omitempty" doc:"after the due date, forgiven without a word"`
	PerDay float64 `json:"per_day,omitempty" minimum:"0" maximum:"1" doc:"the part of the points that each day begun costs"`
	Days   int     `json:"days,omitempty" minimum:"0" maximum:"366" doc:"after the due date that are accepted at all"`
}

// Limit is how often a student may hand in. Only what comes to a result counts.
type Limit struct {
	Total int  `json:"total,omitempty" minimum:"0" doc:"submissions altogether; 0 is no limit"`
	Burst int  `json:"burst,omitempty" minimum:"0" doc:"submissions in any every; 0 is no limit"`
	Every Span `json:"every,omitempty"`
}

func viewLate(l policy.Late) Late { return Late{Span(l.Slack), l.PerDay, l.Days} }
func (l Late) rule() policy.Late {
	return policy.Late{Slack: time.Duration(l.Slack), PerDay: l.PerDay, Days: l.Days}
}
func viewLimit(l policy.Limit) Limit { return Limit{l.Total, l.Burst, Span(l.Every)} }
func (l Limit) rule() policy.Limit {
	return policy.Limit{Total: l.Total, Burst: l.Burst, Every: time.Duration(l.Every)}
}
