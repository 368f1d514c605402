package nearest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTo(t *testing.T) {
	names := []string{"http-server", "udp-upper-server", "udp-upper-client", "tcp-upper-server"}
	for name, want := range map[string]string{
		"htp-server":       "http-server",
		"http-servre":      "http-server",
		"udp-uper-client":  "udp-upper-client",
		"http":             "http-server",
		"udp":              "udp-upper-server",
		"upper-client":     "udp-upper-client",
		"er":               "",
		"":                 "",
		"something-else":   "",
		"tcp-upper-server": "tcp-upper-server",
	} {
		require.Equal(t, want, To(name, names), name)
	}
}
