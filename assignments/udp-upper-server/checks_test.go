package udpupperserver

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
		Faults: faults.Names[upper.UDPServerFaults](),
		Program: func(fault string) check.Program {
			var f upper.UDPServerFaults
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&f, fault))
			}
			return program(f)
		},
		Caught: map[string][]string{
			"answers-lower-case":  {"datagrams/answers"},
			"answers-as-it-came":  {"datagrams/answers"},
			"answers-prefixed":    {"datagrams/answers"},
			"swaps-case":          {"datagrams/letters-only"},
			"raises-all-bytes":    {"datagrams/letters-only"},
			"strips-blanks":       {"datagrams/white-space"},
			"strips-line-end":     {"datagrams/white-space"},
			"cuts-at-nul":         {"datagrams/zero-byte"},
			"cuts-at-lf":          {"datagrams/line-inside", "datagrams/white-space"},
			"seven-bit":           {"datagrams/not-utf-8", "datagrams/utf-8"},
			"raises-latin-1":      {"datagrams/not-utf-8", "datagrams/utf-8"},
			"replaces-not-utf-8":  {"datagrams/not-utf-8"},
			"dies-on-not-utf-8":   {"datagrams/not-utf-8"},
			"raises-utf-8":        nil,
			"raises-sharp-s":      nil,
			"truncates-1024":      {"datagrams/2048-bytes", "datagrams/beyond-1024"},
			"truncates-2047":      {"datagrams/2048-bytes"},
			"keeps-old-bytes":     {"datagrams/short-after-long"},
			"splits-reply":        {"datagrams/2048-bytes", "datagrams/beyond-1024"},
			"replies-twice":       {"datagrams/one-answer"},
			"drops-every-third":   {"clients/at-once", "clients/one-after-another", "datagrams/waiting"},
			"first-peer-only":     {"clients/each-its-own"},
			"last-peer-only":      {"clients/at-once", "clients/two-waiting"},
			"shared-buffer":       {"clients/at-once", "clients/two-waiting", "datagrams/waiting"},
			"loses-queued":        {"clients/at-once", "clients/two-waiting", "datagrams/waiting"},
			"answers-elsewhere":   {"clients/from-its-port"},
			"stops-after-40":      {"clients/one-after-another", "robustness/after-a-burst"},
			"dies-on-empty":       {"robustness/empty"},
			"dies-on-unreachable": {"robustness/sender-gone"},
			"ignores-empty":       nil,
		},
	}.Run(t)
}
