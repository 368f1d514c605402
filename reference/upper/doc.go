// Package upper is the reference of the lecture's first protocol: a client sends a line of text, the server
// sends it back in upper case. It runs over UDP (RFC 768), a datagram for a line, and over TCP (RFC 9293), a
// line ended by LF and one line for a connection. Servers and clients are correct as their zero value is, and
// wrong in the ways that their faults name.
package upper
