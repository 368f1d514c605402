// Package assignments lists what a course can hand out, one folder each.
package assignments

import (
	dnsclient "github.com/wiregrade/wiregrade/assignments/dns-client"
	dnsresolver "github.com/wiregrade/wiregrade/assignments/dns-resolver"
	dnsserver "github.com/wiregrade/wiregrade/assignments/dns-server"
	httpserver "github.com/wiregrade/wiregrade/assignments/http-server"
	tcpupperclient "github.com/wiregrade/wiregrade/assignments/tcp-upper-client"
	tcpupperserver "github.com/wiregrade/wiregrade/assignments/tcp-upper-server"
	udpupperclient "github.com/wiregrade/wiregrade/assignments/udp-upper-client"
	udpupperserver "github.com/wiregrade/wiregrade/assignments/udp-upper-server"
	"github.com/wiregrade/wiregrade/harness/check"
)

// All lists every assignment, in the order of the lecture.
func All() []*check.Suite {
	return []*check.Suite{
		udpupperserver.Suite(),
		udpupperclient.Suite(),
		tcpupperserver.Suite(),
		tcpupperclient.Suite(),
		httpserver.Suite(),
		dnsclient.Suite(),
		dnsserver.Suite(),
		dnsresolver.Suite(),
	}
}
