package dnsserver

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

// TestFaults tries every fault of the reference with all checks.
func TestFaults(t *testing.T) {
	faulttest.Table{
		Suite: Suite(),
		Program: func(fault string) check.Program {
			if fault == faulttest.Correct {
				return program(dns.ServerFaults{})
			}
			p, err := Suite().Wrong(fault)
			require.NoError(t, err)
			return p
		},
		Faults: faults.Names[dns.ServerFaults](),
		Caught: caught,
	}.Run(t)
}

var caught = map[string][]string{}
