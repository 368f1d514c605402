// Package http1 is the reference for HTTP/1.1 and HTTP/1.0: a strict reader and a literal writer of messages,
// an origin server and a client (RFC 9110, RFC 9112, RFC 3986; RFC 1945 for HTTP/1.0).
//
// The reader keeps the exact bytes of each message and says at which byte which clause is broken, and reads on
// where it can. The server and the client are correct as they stand and wrong on purpose where a Faults or a
// ClientFaults says so: each fault breaks one rule, so that the check for that rule can be seen to notice.
package http1
