package service

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSettings has settings with which the service must not start: it names the one at fault.
func TestSettings(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("5f0c1b7a9d", 3)
	key := []byte("-----BEGIN")
	for _, tt := range []struct {
		g    GitHub
		says string // "" for good
	}{
		{GitHub{URL: "https://github.com"}, ""},
		{GitHub{Secret: good, App: 1, Key: key}, ""},
		{GitHub{Secret: good, Token: "ghp_0123456789abcdefghij"}, ""},
		{GitHub{App: 1, Key: key}, "WIREGRADE_GITHUB_SECRET is not set"},
		{GitHub{Token: "ghp_0123456789abcdefghij"}, "WIREGRADE_GITHUB_SECRET is not set"},
		{GitHub{Secret: "changeme", App: 1, Key: key}, "WIREGRADE_GITHUB_SECRET is published"},
		{GitHub{Secret: "Password123!", App: 1, Key: key}, "WIREGRADE_GITHUB_SECRET is published"},
		{GitHub{Secret: "5f0c1b7a9d", App: 1, Key: key}, "WIREGRADE_GITHUB_SECRET can be guessed"},
		{GitHub{Secret: strings.Repeat("secret", 5), App: 1, Key: key}, "WIREGRADE_GITHUB_SECRET can be guessed"},
		{GitHub{Secret: good}, "--github-app or WIREGRADE_GITHUB_TOKEN is needed"},
		{GitHub{Secret: good, App: 1}, "--github-app-key is needed"},
		{GitHub{Secret: good, Token: "x"}, "WIREGRADE_GITHUB_TOKEN is no token"},
	} {
		err := Options{GitHub: tt.g}.Check()
		if tt.says == "" {
			require.NoError(t, err)
			continue
		}
		var setting *SettingError
		require.ErrorAs(t, err, &setting)
		require.ErrorContains(t, err, tt.says)
		if tt.g.Secret != "" {
			require.NotContains(t, err.Error(), tt.g.Secret)
		}
		require.ErrorAs(t, Serve(t.Context(), Options{GitHub: tt.g}), &setting, "nothing is started")
	}
	got, err := Prefixes([]string{"10.0.0.5", "192.168.7.9/16", "::1"})
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("::1/128")}, got)
	_, err = Prefixes([]string{"localhost"})
	require.ErrorContains(t, err, `"localhost" is neither`)
}
