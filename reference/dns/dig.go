package dns

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// Dig prints a message as dig does: the header, the flags, and the sections that are not empty.
func Dig(m *Message) string {
	var b strings.Builder
	if len(m.Raw) < headerLen {
		fmt.Fprintf(&b, ";; a message of %d bytes: no header\n", len(m.Raw))
		return b.String()
	}
	fmt.Fprintf(&b, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", OpcodeName(m.Opcode()), RcodeName(m.Rcode()), m.ID)
	labels := [4]string{"QUERY", "ANSWER", "AUTHORITY", "ADDITIONAL"}
	if m.Opcode() == dns.OpcodeUpdate {
		labels = [4]string{"ZONE", "PREREQ", "UPDATE", "ADDITIONAL"}
	}
	fmt.Fprintf(&b, ";; flags:%s;", flagNames(m.Flags))
	for i, count := range m.Counts {
		sep := ","
		if i == 0 {
			sep = ""
		}
		fmt.Fprintf(&b, "%s %s: %d", sep, labels[i], count)
	}
	b.WriteString("\n")
	if opt := m.OPT(); opt != nil {
		flags := ""
		if opt.TTL&(1<<15) != 0 {
			flags = " do"
		}
		fmt.Fprintf(&b, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.TTL>>16&0xff, flags, opt.Class)
	}
	if labels[0] == "QUERY" {
		labels[0] = "QUESTION"
	}
	if len(m.Questions) > 0 {
		fmt.Fprintf(&b, ";; %s SECTION:\n", labels[0])
	}
	for _, q := range m.Questions {
		fmt.Fprintf(&b, ";%s\t%s\t%s\n", q.Name.Text, dns.Class(q.Class), dns.Type(q.Type))
	}
	for s := AnswerSection; s <= AdditionalSection; s++ {
		var lines []string
		for _, r := range m.In(s) {
			if r.Type != dns.TypeOPT || s != AdditionalSection {
				lines = append(lines, m.Text(r)+"\n")
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n;; %s SECTION:\n%s", labels[s], strings.Join(lines, ""))
		}
	}
	return b.String()
}

func flagNames(flags uint16) string {
	var b strings.Builder
	for _, f := range []struct {
		bit  uint16
		name string
	}{{FlagQR, "qr"}, {FlagAA, "aa"}, {FlagTC, "tc"}, {FlagRD, "rd"}, {FlagRA, "ra"}, {FlagAD, "ad"}, {FlagCD, "cd"}} {
		if flags&f.bit != 0 {
			b.WriteString(" " + f.name)
		}
	}
	return b.String()
}

// DigLine prints a message in one line: what is asked, and of a reply the code, the flags and the counts.
func DigLine(m *Message) string {
	if len(m.Raw) < headerLen {
		return fmt.Sprintf("%d bytes: no header", len(m.Raw))
	}
	what := "no question"
	if len(m.Questions) > 0 {
		q := m.Questions[0]
		what = fmt.Sprintf("%s %s %s", q.Name.Text, dns.Class(q.Class), dns.Type(q.Type))
	}
	if op := m.Opcode(); op != dns.OpcodeQuery {
		what = OpcodeName(op) + " " + what
	}
	if !m.Has(FlagQR) {
		return strings.TrimSuffix(fmt.Sprintf("%s? id %d,%s", what, m.ID, flagNames(m.Flags)), ",")
	}
	return fmt.Sprintf("%s: %s, id %d,%s, %d answer, %d authority, %d additional", what, RcodeName(m.Rcode()), m.ID,
		flagNames(m.Flags), m.Counts[AnswerSection], m.Counts[AuthoritySection], m.Counts[AdditionalSection])
}

// DigCommand gives the command that asks a server the same question again. It is empty for a message without a
// question: dig cannot be made to send one.
func DigCommand(m *Message, server netip.AddrPort, tcp bool) string {
	if len(m.Questions) != 1 || m.Questions[0].Name.Broken {
		return ""
	}
	q := m.Questions[0]
	args := []string{"dig", "@" + server.Addr().String(), "-p", fmt.Sprint(server.Port()), "+noall", "+comments", "+question", "+answer", "+authority", "+additional", "+nocookie"}
	add := func(yes bool, then, otherwise string) {
		if yes {
			args = append(args, then)
		} else if otherwise != "" {
			args = append(args, otherwise)
		}
	}
	add(tcp, "+tcp", "+notcp")
	add(!tcp, "+ignore", "") // else dig would hide a truncated reply behind the one over TCP
	add(m.Has(FlagRD), "+recurse", "+norecurse")
	add(m.Has(FlagAD), "+adflag", "+noadflag")
	add(m.Has(FlagCD), "+cdflag", "")
	add(m.Has(FlagRA), "+raflag", "")
	add(m.Has(FlagZ), "+zflag", "")
	if opt := m.OPT(); opt != nil {
		args = append(args, fmt.Sprintf("+edns=%d", opt.TTL>>16&0xff), fmt.Sprintf("+bufsize=%d", opt.Class), "+noednsnegotiation")
		add(opt.TTL&(1<<15) != 0, "+dnssec", "")
	} else {
		args = append(args, "+noedns")
	}
	if op := m.Opcode(); op != 0 {
		args = append(args, fmt.Sprintf("+opcode=%d", op))
	}
	return strings.Join(append(args, "-q", shellQuote(q.Name.Text), "-t", dns.Type(q.Type).String(), "-c", dns.Class(q.Class).String()), " ")
}

func shellQuote(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", c) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}

// RcodeName gives the name of a response code as dig prints it: NXDOMAIN, BADVERS, RESERVED12.
func RcodeName(code int) string {
	if code == dns.RcodeBadVers {
		return "BADVERS" // the library calls 16 BADSIG, which it is in a TSIG record
	}
	if name, ok := dns.RcodeToString[code]; ok && code != dns.RcodeStatefulTypeNotImplemented {
		return name
	}
	return fmt.Sprintf("RESERVED%d", code)
}

// OpcodeName gives the name of an opcode as dig prints it: QUERY, UPDATE, RESERVED3.
func OpcodeName(code int) string {
	if name, ok := dns.OpcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("RESERVED%d", code)
}
