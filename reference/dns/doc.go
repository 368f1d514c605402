// Package dns is the reference for the domain name system: a strict decoder and a literal builder of messages,
// an authoritative server with dynamic update, an iterative caching resolver, a stub client, and a World of
// servers declared as zone text (RFC 1034, RFC 1035, RFC 2136, RFC 2181, RFC 2308, RFC 3596, RFC 3597, RFC 4343,
// RFC 4592, RFC 5452, RFC 6891, RFC 7766, RFC 8020).
//
// The decoder keeps the exact bytes of a message and says at which byte which clause is broken, and reads on where
// it can. Records are read, written and printed by github.com/miekg/dns; the decoder and the builder are for what
// that library refuses to read or to write. The server, the resolver and the client are correct as they stand and
// wrong on purpose where ServerFaults, ResolverFaults or ClientFaults say so: each fault breaks one rule, so that
// the check for that rule can be seen to notice.
package dns
