package dns

import (
	"github.com/miekg/dns"
)

const (
	plainLimit     = 512  // bytes over UDP without EDNS, RFC 1035 §2.3.4
	defaultPayload = 1232 // what servers of today claim to take over UDP
)

// A request is a message that came to a server or a resolver, and the reply that is made for it.
type request struct {
	*Message
	raw    []byte
	tcp    bool
	reply  *dns.Msg
	glue   int // how many of the reply's additional records a referral needs
	fate   fate
	client int // the most bytes that may go back
}

// A fate says what becomes of a request.
type fate int

const (
	serve fate = iota // somebody has yet to answer it
	ready             // the reply is complete
	silence
	crash // a fault ends the server
)

// A front is what a server and a resolver do alike: the front of the house, between the wire and the answer.
type front struct {
	f       *MessageFaults
	payload int // the most that is sent, and taken, over UDP
	updates bool
}

// open reads a request and begins its reply, or settles what becomes of it where no answer is looked up.
func (fr *front) open(raw []byte, tcp bool) *request {
	f := fr.f
	m, breaches, err := Parse(raw)
	q := &request{Message: m, raw: raw, tcp: tcp, reply: new(dns.Msg)}
	broken := func(r rule) bool {
		for _, b := range breaches {
			if b.rule == r {
				return true
			}
		}
		return false
	}
	if len(raw) < headerLen {
		q.fate = silence // there is no id to answer to
		if f.ShortCrash {
			q.fate = crash
		}
		return q
	}
	if m.Has(FlagQR) && !f.ResponseAnswered {
		q.fate = silence // else two servers could answer each other for ever
		return q
	}
	fr.begin(q, err == nil)
	settle := func(rcode int) *request {
		q.reply.Rcode, q.fate = rcode, ready
		return q
	}
	opcode := m.Opcode()
	opts := 0
	for _, r := range m.Records {
		if r.Type == dns.TypeOPT {
			opts++
		}
	}
	switch {
	case f.PointerLoopCrash && broken(rulePointerPrior),
		f.NameLongCrash && broken(ruleNameLong),
		f.CountsTrusted && broken(ruleCounts) && len(m.Questions) > 0,
		f.NoQuestionCrash && len(m.Questions) == 0 && err == nil && opcode == dns.OpcodeQuery:
		q.fate = crash
		return q
	case opcode != dns.OpcodeQuery && (opcode != dns.OpcodeUpdate || !fr.updates) && !f.OpcodeServed:
		return settle(dns.RcodeNotImplemented)
	case f.LabelOf64Served && broken(ruleLabelType):
		return settle(dns.RcodeNameError)
	case err != nil, f.PointersRefused && len(m.Pointers) > 0, f.EDNSFormErr && opts > 0:
		return settle(dns.RcodeFormatError)
	case opts > 1 && !f.TwoOPTServed, broken(ruleOptPlace):
		return settle(dns.RcodeFormatError)
	case opcode == dns.OpcodeUpdate:
		return q
	case len(m.Questions) == 0, len(m.Questions) != 1 && !f.TwoQuestionsServed:
		return settle(dns.RcodeFormatError)
	}
	if opt := m.OPT(); opt != nil && opt.TTL>>16&0xff != 0 && !f.EDNSVersionServed {
		if f.EDNSVersionError {
			return settle(dns.RcodeFormatError)
		}
		return settle(dns.RcodeBadVers)
	}
	if c := m.Questions[0].Class; c != dns.ClassINET && c != dns.ClassANY && !f.ClassServed {
		return settle(dns.RcodeRefused)
	}
	return q
}

// begin makes the reply's header, question and OPT.
func (fr *front) begin(q *request, whole bool) {
	r, m := q.reply, q.Message
	r.Id, r.Response, r.Opcode, r.RecursionDesired = m.ID, true, m.Opcode(), m.Has(FlagRD)
	r.Compress = true
	if whole && len(m.Questions) > 0 {
		for _, qu := range m.Questions[:1] {
			r.Question = append(r.Question, dns.Question{Name: qu.Name.Text, Qtype: qu.Type, Qclass: qu.Class})
		}
	}
	q.client = 0xffff
	opt := m.OPT()
	if !q.tcp {
		q.client = plainLimit
		if opt != nil {
			q.client = max(plainLimit, min(int(opt.Class), fr.payload)) // RFC 6891 §6.2.3: less than 512 is 512
		}
	}
	f := fr.f
	if (opt == nil || f.EDNSIgnored || f.EDNSFormErr) && !f.EDNSAlways {
		return
	}
	r.SetEdns0(uint16(fr.payload), opt != nil && opt.TTL&(1<<15) != 0)
}

// close gives the bytes of a reply, nil for silence.
func (fr *front) close(q *request) []byte {
	if q.fate == silence || q.fate == crash {
		return nil
	}
	f, r := fr.f, q.reply
	fr.spoilReply(q)
	opt := r.IsEdns0()
	if r.Rcode > 15 && opt == nil {
		r.Rcode &= 15 // the upper bits have no place without OPT
	}
	limit := q.client
	switch {
	case f.UDPUnlimited && q.OPT() == nil && !q.tcp, f.EDNSSizeExceeded && q.OPT() != nil:
		limit = 0xffff
	case f.EDNSSizeIgnored && q.OPT() != nil && !q.tcp, f.TCPTruncated && q.tcp:
		limit = plainLimit
	}
	b := pack(r)
	if len(b) > limit {
		if f.TruncatedSilent && !q.tcp {
			return nil
		}
		if f.TruncatedInRecord {
			b = b[:limit]
			b[AtFlags] |= FlagTC >> 8
			return fr.spoilBytes(b)
		}
		b = truncate(r, limit, q.glue)
		if f.TruncatedNoTC {
			b[AtFlags] &^= FlagTC >> 8
		}
	}
	return fr.spoilBytes(b)
}

// pack writes a message. What cannot be written was never read from anywhere: then a bare SERVFAIL is the reply.
func pack(r *dns.Msg) []byte {
	b, err := r.Pack()
	if err != nil {
		failed := &dns.Msg{MsgHdr: r.MsgHdr}
		failed.Rcode = dns.RcodeServerFailure
		b, _ = failed.Pack()
	}
	return b
}

// truncate leaves records out until a message fits. Additional records that a referral does not need go first, and
// without a word; anything else that is lacking is told by TC (RFC 2181 §9).
func truncate(r *dns.Msg, limit, glue int) []byte {
	opt := r.IsEdns0()
	var extra []dns.RR
	for _, rr := range r.Extra {
		if rr != dns.RR(opt) {
			extra = append(extra, rr)
		}
	}
	attach := func() []byte {
		r.Extra = append([]dns.RR(nil), extra...)
		if opt != nil {
			r.Extra = append(r.Extra, opt)
		}
		return pack(r)
	}
	b := attach()
	for len(b) > limit && len(extra) > glue {
		last := extra[len(extra)-1].Header()
		for len(extra) > glue && extra[len(extra)-1].Header().Name == last.Name && extra[len(extra)-1].Header().Rrtype == last.Rrtype {
			extra = extra[:len(extra)-1] // a set goes whole
		}
		b = attach()
	}
	for len(b) > limit {
		r.Truncated = true
		switch {
		case len(extra) > 0:
			extra = extra[:len(extra)-1]
		case len(r.Ns) > 0:
			r.Ns = r.Ns[:len(r.Ns)-1]
		case len(r.Answer) > 0:
			r.Answer = r.Answer[:len(r.Answer)-1]
		default:
			return b
		}
		b = attach()
	}
	return b
}
