package dnsclient

import (
	"strings"
	"sync/atomic"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// codes holds what the client says and how it exits: after an answer, and when there is no record to print.
func codes() []check.Check {
	return []check.Check{
		{
			Name:   "success",
			Clause: check.Course("Exit status"),
			Says:   "exit with 0 when the code is NOERROR and the records are printed",
			Run: func(t *check.T) {
				name := name(t)
				data, text := plain(t)
				l := serve(t, name, 0, withA(data))
				e := l.judge(start(t, name, "A", name+" 0 IN A "+text), "the end of the client")
				if !strings.Contains(e.Stdout, text) {
					t.Block("the record was not printed (see answers/line)")
				}
				t.Require(e.Code == 0 && e.Exit.Ended, e.Status, "exit status 0", e.Exit.String())
			},
		},
		{
			Name:   "nxdomain",
			Clause: check.Course("Response codes"),
			Says:   "print NXDOMAIN, alone on the last line, when the server says that there is no such name",
			Run: func(t *check.T) {
				e := told(t, mdns.RcodeNameError)
				judgeCode(t, e, "NXDOMAIN")
			},
		},
		{
			Name:   "exit",
			Clause: check.Course("Response codes"),
			Says:   "exit with a status other than 0 when the code is another than NOERROR",
			Run: func(t *check.T) {
				e := told(t, mdns.RcodeNameError)
				t.Require(e.Code != 0, e.Status, "an exit status other than 0, since the code is NXDOMAIN", e.Exit.String())
			},
		},
		{
			Name:   "others",
			Needs:  "nxdomain",
			Clause: check.Course("Response codes"),
			Says:   "print the name of any other code as well: SERVFAIL, REFUSED, NOTIMP, FORMERR",
			Run: func(t *check.T) {
				codes := []uint16{mdns.RcodeServerFailure, mdns.RcodeRefused, mdns.RcodeNotImplemented, mdns.RcodeFormatError}
				name := name(t)
				var now atomic.Uint32
				l := serveChanging(t, name, func() uint16 { return uint16(now.Load()) }, nil)
				for _, code := range codes {
					now.Store(uint32(code))
					want := dns.RcodeName(int(code))
					judgeCode(t, l.judge(start(t, name, "A"), want), want)
				}
			},
		},
		{
			Name:   "alias",
			Needs:  "nxdomain",
			Clause: check.Course("Response codes"),
			Says:   "print the records of the answer section and then NXDOMAIN, when an alias stands for a name that does not exist",
			Run: func(t *check.T) {
				from, to := name(t), name(t)
				l := serve(t, from, mdns.RcodeNameError, with("CNAME", 300, wire(to)))
				e := l.judge(start(t, from, "A", from+" 0 IN CNAME "+to), "NXDOMAIN")
				judgeCode(t, e, "NXDOMAIN")
				// How the line looks is the business of the group answers.
				if all := printed(e.Stdout); !strings.Contains(strings.ToLower(e.Stdout[:all[len(all)-1].at]), strings.TrimSuffix(to, ".")) {
					t.Fail(e.Output, "before it the record "+from+" 300 IN CNAME "+to, excerpt(e))
				}
			},
		},
		{
			Name:   "no-data",
			Clause: check.Course("Exit status"),
			Says:   "print nothing when the code is NOERROR and there is no record",
			Run: func(t *check.T) {
				e := told(t, mdns.RcodeSuccess)
				if lines := printed(e.Stdout); len(lines) > 0 {
					t.Fail(lines[0].mark(e), "no line", excerpt(e))
				}
			},
		},
		{
			Name:   "no-data-exit",
			Clause: check.Course("Exit status"),
			Says:   "exit with 0 when the code is NOERROR and there is no record: no data is an answer",
			Run: func(t *check.T) {
				e := told(t, mdns.RcodeSuccess)
				t.Require(e.Code == 0, e.Status, "exit status 0", e.Exit.String())
			},
		},
	}
}

// told asks for a name, answers with a code and no record, and gives the client when it has ended. It
// begins to judge.
func told(t *check.T, code int) check.Ended {
	asked := name(t)
	l := serve(t, asked, uint16(code), func(b *dns.Builder) {
		if code == mdns.RcodeSuccess {
			return // whether records of the authority section are printed has a check of its own
		}
		numbers := make([]byte, 5*4)
		b.Record(dns.AuthoritySection, asked[7:], dnssteps.Type("SOA"), 300, append(append(wire(asked), wire(asked)...), numbers...))
	})
	record := "other." + asked[7:] + ` 0 IN TXT "x"`
	if code == mdns.RcodeSuccess {
		record = asked + ` 0 IN TXT "x"`
	}
	return l.judge(start(t, asked, "A", record), "the end of the client")
}

// judgeCode fails the check unless the last line printed is the name of a code, alone.
func judgeCode(t *check.T, e check.Ended, want string) {
	lines := printed(e.Stdout)
	if len(lines) == 0 {
		t.Fail(e.Output, want, excerpt(e))
	}
	last := lines[len(lines)-1]
	t.Want(last.mark(e), last.text, want)
}
