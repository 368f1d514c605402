package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Addresses says where messages may be sent: into the public Internet, and
// into what the operator allows besides. An endpoint is chosen by a course's staff, who
// must not reach by it what stands beside the service: its database, the
// machine, a cloud's metadata.
type Addresses struct {
	Allow []netip.Prefix // also there, and without TLS
}

// ErrInside says that an address is not one of the public Internet.
var ErrInside = errors.New("an address that messages are not sent to")

// inside are the networks that are special, by IANA's registries of
// special-purpose addresses, where netip has no word for them. Through those of
// the second part an IPv4 address may be reached that is inside itself.
var inside = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16")

func prefixes(all ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, s := range all {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

// allowed says whether the operator allows the address by name.
func (a Addresses) allowed(ip netip.Addr) bool {
	for _, p := range a.Allow {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// public says whether messages may be sent to the address.
func (a Addresses) public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if a.allowed(ip) {
		return true
	}
	if !ip.IsValid() || ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range inside {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// Check says what is wrong with a URL as an endpoint, as far as it shows. What
// its name means is looked at when a connection is made, each time.
func (a Addresses) Check(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || len(raw) > 2000:
		return fmt.Errorf("%w: not a URL: want https://host/path", store.ErrInvalid)
	case u.User != nil:
		return fmt.Errorf("%w: a user or password in the URL would be shown to all who read it", store.ErrInvalid)
	case u.Scheme != "https" && (u.Scheme != "http" || len(a.Allow) == 0):
		return fmt.Errorf("%w: want https://", store.ErrInvalid)
	case strings.EqualFold(u.Hostname(), "localhost") && len(a.Allow) == 0:
		return fmt.Errorf("%w: %w", store.ErrInvalid, ErrInside)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !a.public(ip) {
		return fmt.Errorf("%w: %w", store.ErrInvalid, ErrInside)
	}
	return nil
}

// plainKey marks the context of a request without TLS.
type plainKey struct{}

var errPlain = errors.New("without TLS messages are only sent where the operator allows it")

// client sends requests to public addresses alone. The address is looked at
// between its lookup and the connection, so a name that means another one the second
// time gains nothing. It takes no proxy, which would do the lookup itself, follows no
// redirect, and keeps no connection.
func (a Addresses) client() *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, ControlContext: func(ctx context.Context, network, address string, _ syscall.RawConn) error {
		ip, err := netip.ParseAddrPort(address)
		if err != nil || !strings.HasPrefix(network, "tcp") || !a.public(ip.Addr()) {
			return ErrInside
		}
		if ctx.Value(plainKey{}) != nil && !a.allowed(ip.Addr().Unmap()) {
			return errPlain
		}
		return nil
	}}
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:       d.DialContext,
			DisableKeepAlives: true, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 8 * time.Second, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}
