package service

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behind gives requests that come from one of the proxies the address of who asked it, which is what the
// limits of an address count by. The proxy put it last into X-Forwarded-For; what stands before that, anybody
// may have written, and of a request from elsewhere the whole header. One proxy behind another is passed over.
func behind(proxies []netip.Prefix, h http.Handler) http.Handler {
	if len(proxies) == 0 {
		return h
	}
	trusted := func(ip netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, ok := hop(r.RemoteAddr); ok && trusted(from) {
			asked := r.Clone(r.Context())
			asked.RemoteAddr = net.JoinHostPort(origin(from, r.Header.Values("X-Forwarded-For"), trusted).String(), "0")
			r = asked
		}
		h.ServeHTTP(w, r)
	})
}

// origin is who asked the proxy at from: the last hop that is no proxy itself. What is no address ends the way there.
func origin(from netip.Addr, forwarded []string, trusted func(netip.Addr) bool) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, s := range slices.Backward(hops) {
		ip, ok := hop(strings.TrimSpace(s))
		if !ok {
			return from
		}
		if from = ip; !trusted(ip) {
			return from
		}
	}
	return from
}

// hop reads an address, which some proxies write with the port.
func hop(s string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	ip, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return ip.Unmap().WithZone(""), err == nil
}
