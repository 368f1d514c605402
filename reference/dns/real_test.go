package dns

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// program runs a program that a test cannot do without.
func program(t *testing.T, stdin, name string, args ...string) (string, int) {
	path, err := exec.LookPath(name)
	require.NoError(t, err, "%s is needed: apt-get install bind9-dnsutils bind9-host", name)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, ctx.Err(), "%s", out)
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		require.NoError(t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

var blanks = regexp.MustCompile(`[ \t]+`)

// dig's own print of a reply, and the command that DigCommand gives, agree with Dig.
func TestDigAgrees(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	for _, ask := range []string{
		"www A", "www AAAA rd", "@ MX", "@ SOA", "@ NS opt=1232", "txt TXT", "caa CAA", "_sip._tcp SRV", "strange TYPE65281", "ftp A",
		"nope.txt A", "mail AAAA", "host.sub A", "wWw.UtOpIa.ExAmPlE. A", "www.elsewhere.test. A", "big TXT", "big TXT tcp", "huge TXT opt=4096",
		"www A v1", "www A class=CH", "5.0.0.10.in-addr.arpa. PTR", "any.wild A", "www A opcode=3",
	} {
		t.Run(ask, func(t *testing.T) {
			b, tcp := query(t, ask)
			m, _, err := Parse(b)
			require.NoError(t, err)
			command := DigCommand(m, netip.MustParseAddrPort(l.address), tcp)
			out, code := program(t, "", "sh", "-c", command+" +tries=1 +timeout=3")
			require.Zero(t, code, out)
			var kept []string
			for line := range strings.SplitSeq(out, "\n") {
				if strings.HasPrefix(line, ";; Warning") || strings.HasPrefix(line, ";; WARNING") || strings.HasPrefix(line, ";; Got answer") || line == "" {
					continue
				}
				kept = append(kept, strings.TrimSpace(blanks.ReplaceAllString(line, " ")))
			}
			reply := l.s.Answer(b, tcp)
			ours, breaches, err := Parse(reply)
			require.NoError(t, err)
			require.Empty(t, breaches)
			want := regexp.MustCompile(`\n\n+`).ReplaceAllString(blanks.ReplaceAllString(Dig(ours), " "), "\n")
			got := regexp.MustCompile(`id: \d+`).ReplaceAllString(strings.Join(kept, "\n")+"\n", "id: 4660")
			require.Equal(t, want, got, "%s", command)
		})
	}
}

func TestHost(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	_, port, _ := net.SplitHostPort(l.address)
	out, code := program(t, "", "host", "-p", port, "ftp.utopia.example.", "127.0.0.1")
	require.Zero(t, code, out)
	require.Contains(t, out, "ftp.utopia.example is an alias for www.utopia.example.")
	require.Contains(t, out, "www.utopia.example has address 10.0.0.3")
	require.Contains(t, out, "www.utopia.example has IPv6 address 2001:db8::2")
	out, _ = program(t, "", "host", "-p", port, "nope.txt.utopia.example.", "127.0.0.1")
	require.Contains(t, out, "NXDOMAIN")
	out, code = program(t, "", "host", "-p", port, "10.0.0.5", "127.0.0.1")
	require.Zero(t, code, out)
	require.Contains(t, out, "mail.utopia.example")
}

func TestNsupdate(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	_, port, _ := net.SplitHostPort(l.address)
	update := func(lines string) (string, int) {
		return program(t, "server 127.0.0.1 "+port+"\nzone utopia.example\n"+lines+"\nsend\n", "nsupdate")
	}
	out, code := update("update add new.utopia.example 60 A 10.9.9.9\nupdate add new.utopia.example 60 TXT \"hello\"")
	require.Zero(t, code, out)
	require.Contains(t, l.ask("new A"), "new.utopia.example. 60 IN A 10.9.9.9\n")
	require.Contains(t, l.ask("@ SOA"), " 2027 7200 ")
	out, code = update("prereq nxdomain new.utopia.example\nupdate delete new.utopia.example")
	require.NotZero(t, code)
	require.Contains(t, out, "YXDOMAIN")
	out, code = update("prereq yxrrset new.utopia.example A 10.9.9.9\nupdate delete new.utopia.example A")
	require.Zero(t, code, out)
	require.Contains(t, l.ask("new A"), "ANSWER: 0")
	out, code = update("prereq yxrrset new.utopia.example A\nupdate delete new.utopia.example")
	require.NotZero(t, code)
	require.Contains(t, out, "NXRRSET")
	out, code = update("update add www.elsewhere.test 60 A 10.9.9.9")
	require.NotZero(t, code)
	require.Contains(t, out, "NOTZONE")
}

// The library's client is the second opinion on what the server sends.
func TestLibraryClient(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	for _, network := range []string{"udp", "tcp"} {
		c := &dns.Client{Net: network, Timeout: 3 * time.Second}
		m := new(dns.Msg).SetQuestion("utopia.example.", dns.TypeMX)
		reply, _, err := c.Exchange(m, l.address)
		require.NoError(t, err)
		require.Len(t, reply.Answer, 2)
		m = new(dns.Msg).SetQuestion("huge.utopia.example.", dns.TypeTXT).SetEdns0(4096, false)
		reply, _, err = c.Exchange(m, l.address)
		require.NoError(t, err)
		require.Equal(t, network == "udp", reply.Truncated)
		require.NotNil(t, reply.IsEdns0())
	}
	m := new(dns.Msg).SetUpdate("utopia.example.")
	m.Insert([]dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "lib.utopia.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: net.IPv4(10, 9, 9, 9)}})
	reply, err := dns.Exchange(m, l.address)
	require.NoError(t, err)
	require.Equal(t, dns.RcodeSuccess, reply.Rcode)
	require.Contains(t, l.ask("lib A"), "10.9.9.9")
}
