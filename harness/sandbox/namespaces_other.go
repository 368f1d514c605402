//go:build !linux || !(amd64 || arm64)

package sandbox

import (
	"context"
	"errors"
)

// Init does nothing: there are no namespaces here.
func Init() {}

// Namespaces are had on Linux only (amd64 and arm64).
type Namespaces struct{ Loopback }

var errNoNamespaces = errors.New("namespaces are had on Linux only")

// NewNamespaces fails.
func NewNamespaces(context.Context) (*Namespaces, error) { return nil, errNoNamespaces }

// Close does nothing.
func (*Namespaces) Close() error { return nil }

// Capped is false.
func (*Namespaces) Capped(string) bool { return false }

// Probe finds that nothing can be isolated.
func Probe(context.Context) []Finding {
	return []Finding{{What: whatRun, Says: errNoNamespaces.Error(), Advice: "use Linux, or a container or virtual machine of it"}}
}
