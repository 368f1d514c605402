package queue

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
)

// TestPauses adds up how long an errand is tried whose other end is away.
func TestPauses(t *testing.T) {
	t.Parallel()
	for _, a := range []interface {
		Kind() string
		InsertOpts() river.InsertOpts
	}{fetchArgs{}, showArgs{}, sendArgs{}} {
		var away time.Duration
		attempts := a.InsertOpts().MaxAttempts
		for n := 1; n < attempts; n++ {
			p := pause(a.Kind(), n)
			require.Positive(t, p)
			if n > 1 {
				require.Greater(t, p, pause(a.Kind(), n-1), "%s: pauses grow", a.Kind())
			}
			if a.Kind() != (sendArgs{}).Kind() {
				// Once GitHub is back, it is asked again within as long as it was away.
				if away >= time.Hour {
					require.LessOrEqual(t, p, away, "%s, attempt %d", a.Kind(), n)
				}
			}
			away += p
		}
		require.InDelta(t, 50*time.Hour, away, float64(2*time.Hour), a.Kind())
		require.Equal(t, pause(a.Kind(), attempts-1), pause(a.Kind(), attempts+5), "one of an older version that has more")
	}
	require.Equal(t, 2*time.Second, pause(fetchArgs{}.Kind(), 1), "a student waits")
}
