package tcpupperserver

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/faults"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// TestFaults proves that each fault is noticed by exactly these checks.
func TestFaults(t *testing.T) {
	t.Parallel()
	faulttest.Table{
		Suite:  Suite(),
		Faults: faults.Names[upper.TCPServerFaults](),
		Program: func(fault string) check.Program {
			var f upper.TCPServerFaults
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&f, fault))
			}
			return program(f)
		},
		Caught: map[string][]string{
			"answers-lower-case":  {"sentences/answers"},
			"answers-as-it-came":  {"sentences/answers"},
			"answers-prefixed":    {"sentences/answers"},
			"swaps-case":          {"sentences/letters-only"},
			"raises-all-bytes":    {"sentences/letters-only"},
			"strips-blanks":       {"sentences/white-space"},
			"strips-line-end":     {"sentences/white-space"},
			"cuts-at-nul":         {"sentences/zero-byte"},
			"seven-bit":           {"sentences/not-utf-8", "sentences/utf-8"},
			"raises-latin-1":      {"sentences/not-utf-8", "sentences/utf-8"},
			"replaces-not-utf-8":  {"sentences/not-utf-8"},
			"dies-on-not-utf-8":   {"sentences/not-utf-8"},
			"raises-utf-8":        nil,
			"raises-sharp-s":      nil,
			"one-read":            {"streams/in-pieces"},
			"eight-reads":         {"streams/byte-by-byte"},
			"stops-at-1024":       {"streams/beyond-1024"},
			"stops-at-8192":       {"streams/64-kib"},
			"reads-to-eof":        {"sentences/answers"},
			"answers-second":      {"streams/more-behind"},
			"stays-open":          {"sentences/closes"},
			"replies-twice":       {"sentences/nothing-more"},
			"says-goodbye":        {"sentences/nothing-more"},
			"sends-half":          {"streams/64-kib"},
			"resets-unsent":       {"streams/64-kib"},
			"leaves-half-closed":  {"streams/half-close"},
			"ignores-empty":       {"sentences/empty"},
			"dies-on-empty":       {"sentences/empty"},
			"one-at-a-time":       {"clients/idle-beside"},
			"pool-of-8":           {"clients/idle-crowd"},
			"shared-buffer":       {"clients/half-beside", "clients/interleaved", "robustness/leaves-in-mid-sentence", "robustness/reset-in-mid-sentence"},
			"shared-sentence":     {"clients/at-once"},
			"stops-after-40":      {"clients/one-after-another"},
			"dies-on-early-close": {"robustness/leaves-at-once"},
			"dies-on-half":        {"robustness/leaves-in-mid-sentence"},
			"dies-on-reset":       {"robustness/reset-in-mid-sentence"},
			"dies-on-broken-pipe": {"robustness/reset-before-answer"},
			"answers-without-lf":  nil,
			"ignores-unended":     nil,
			"closes-at-once":      nil,
		},
	}.Run(t)
}
