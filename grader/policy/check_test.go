package policy

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	for _, l := range []Late{{}, {Slack: time.Hour, PerDay: 1, Days: 366}, {PerDay: 0.1, Days: 3}} {
		require.NoError(t, l.Check(), l)
	}
	for says, l := range map[string]Late{
		"per_day is -1":  {PerDay: -1, Days: 3},
		"per_day is 1.5": {PerDay: 1.5},
		"per_day is NaN": {PerDay: math.NaN()},
		"days is -1":     {Days: -1},
		"days is 99999":  {Days: 99999},
		"slack is -1s":   {Slack: -time.Second},
		"slack is 25h":   {Slack: 25 * time.Hour},
	} {
		require.ErrorContains(t, l.Check(), says)
	}
	for _, l := range []Limit{{}, {Total: 1}, {Burst: 1, Every: time.Hour}} {
		require.NoError(t, l.Check(), l)
	}
	for says, l := range map[string]Limit{
		"total is -1":     {Total: -1},
		"burst is -1":     {Burst: -1, Every: time.Hour},
		"belong together": {Burst: 1},
		"and limit.every": {Every: time.Hour},
		"every is -1s":    {Burst: 1, Every: -time.Second},
		"every is 3.6µs":  {Burst: 1, Every: 3600}, // seconds taken for nanoseconds
		"every is 20000h": {Burst: 1, Every: 20000 * time.Hour},
	} {
		require.ErrorContains(t, l.Check(), says)
	}
}
