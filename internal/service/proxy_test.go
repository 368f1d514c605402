package service

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/door"
)

// TestProxy is who a request is by, as the limits see it: behind a proxy that is named, whom that says; a
// header from elsewhere changes nothing.
func TestProxy(t *testing.T) {
	t.Parallel()
	proxies, err := Prefixes([]string{"192.0.2.1", "2001:db8:1::/48"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		from string
		said []string
		want string
	}{
		"nobody in between":      {"198.51.100.7:4", nil, "198.51.100.7:4"},
		"forged from elsewhere":  {"198.51.100.7:4", []string{"203.0.113.9"}, "198.51.100.7:4"},
		"by the proxy":           {"192.0.2.1:4", []string{"203.0.113.9"}, "203.0.113.9"},
		"forged before it":       {"192.0.2.1:4", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"in a line of its own":   {"192.0.2.1:4", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"two proxies":            {"192.0.2.1:4", []string{"198.51.100.1, 203.0.113.9, 2001:db8:1::5"}, "203.0.113.9"},
		"with a port":            {"192.0.2.1:4", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"IPv6":                   {"[2001:db8:1::5]:4", []string{"2001:db8:2::9"}, "2001:db8:2::9"},
		"IPv6 with a port":       {"[2001:db8:1::5]:4", []string{"[2001:db8:2::9]:1"}, "2001:db8:2::9"},
		"IPv4 over IPv6":         {"[::ffff:192.0.2.1]:4", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a proxy that says none": {"192.0.2.1:4", nil, "192.0.2.1"},
		"what is no address":     {"192.0.2.1:4", []string{"198.51.100.1, unknown"}, "192.0.2.1"},
		"empty":                  {"192.0.2.1:4", []string{""}, "192.0.2.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		for _, s := range c.said {
			r.Header.Add("X-Forwarded-For", s)
		}
		ask := func(h func(http.Handler) http.Handler) (got string) {
			h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			return got
		}
		got := ask(func(h http.Handler) http.Handler { return behind(proxies, h) })
		if host, port, err := net.SplitHostPort(got); err == nil && port == "0" {
			got = host
		}
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.from, ask(func(h http.Handler) http.Handler { return behind(nil, h) }), name)
		require.Equal(t, c.from, r.RemoteAddr, "the server's own request is left as it was")
	}
}

// TestProxyLimits has one student behind the proxy go over the limit, and another who does not suffer for it;
// without --proxy, and from elsewhere, a header makes nobody another.
func TestProxyLimits(t *testing.T) {
	t.Parallel()
	proxies, err := Prefixes([]string{"192.0.2.1"})
	require.NoError(t, err)
	gate := door.NewGate(5)
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !gate.Wrong(w, r, "made up") {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	ask := func(h http.Handler, from, said string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-For", said)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	flood := func(h http.Handler, from string, said func(i int) string) (refused bool) {
		for i := 0; i < 12 && !refused; i++ { // the window may turn over once in between
			refused = ask(h, from, said(i)) == 429
		}
		return refused
	}
	made := func(i int) string { return "203.0.113." + string(rune('0'+i%10)) }
	one := func(int) string { return "203.0.113.9" }
	with := behind(proxies, limited)
	require.True(t, flood(with, "192.0.2.1:4", one))
	require.Equal(t, 429, ask(with, "192.0.2.1:4", "203.0.113.10, 203.0.113.9"), "what stands before is not believed")
	require.Equal(t, 200, ask(with, "192.0.2.1:4", "203.0.113.10"), "who shares the proxy is not kept out")
	require.True(t, flood(with, "198.51.100.7:4", made), "nobody else is believed")
	require.True(t, flood(behind(nil, limited), "192.0.2.1:4", made), "without --proxy nobody is")
}
