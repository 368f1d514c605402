package dns

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// spoilAnswer makes the records of an answer wrong.
func (s *Server) spoilAnswer(q *request) {
	f, r := &s.Faults, q.reply
	if f.RecordsTwice {
		for _, rr := range slices.Clone(r.Answer) {
			r.Answer = append(r.Answer, rr)
		}
	}
	for i, rr := range r.Answer {
		if f.TTLZero {
			rr.Header().Ttl = 0
		}
		if f.TTLDiffers && i > 0 {
			rr.Header().Ttl += uint32(i)
		}
		if f.TTLRandom {
			rr.Header().Ttl = rand.Uint32N(1 << 16)
		}
	}
	if f.AnswerInAuthority {
		r.Ns, r.Answer = append(r.Answer, r.Ns...), nil
	}
	if f.NamesUpped {
		upNames(r)
	}
	s.spoilSize(q)
	if f.QuestionLoweredWithoutAnswer && len(r.Answer) == 0 {
		r.Question[0].Name = fold(r.Question[0].Name)
	}
}

// spoilSize makes wrong what a question's OPT asks for, and what is left out of a reply that is too long.
func (s *Server) spoilSize(q *request) {
	f, r := &s.Faults, q.reply
	if opt := q.OPT(); opt != nil {
		switch {
		case q.tcp && f.TCPCutToOPT:
			q.client = max(plainLimit, int(opt.Class))
		case !q.tcp && f.OPTSizeLiteral:
			q.client = min(q.client, int(opt.Class))
		}
	}
	if f.GlueCutNoTC && q.glue > 0 && len(pack(r)) > q.client {
		q.glue, r.Extra = 0, slices.DeleteFunc(r.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeOPT })
	}
	if f.OPTNotWithNX && r.Rcode == dns.RcodeNameError || f.OPTNotWithRefused && r.Rcode == dns.RcodeRefused {
		r.Extra = slices.DeleteFunc(r.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeOPT })
	}
}

// upNames writes the names of all records in capitals.
func upNames(r *dns.Msg) {
	for _, section := range [][]dns.RR{r.Answer, r.Ns, r.Extra} {
		for i, rr := range section {
			if rr.Header().Rrtype == dns.TypeOPT {
				continue
			}
			rr = dns.Copy(rr)
			names := []*string{&rr.Header().Name}
			switch rr := rr.(type) {
			case *dns.NS:
				names = append(names, &rr.Ns)
			case *dns.CNAME:
				names = append(names, &rr.Target)
			case *dns.PTR:
				names = append(names, &rr.Ptr)
			case *dns.MX:
				names = append(names, &rr.Mx)
			case *dns.SRV:
				names = append(names, &rr.Target)
			case *dns.SOA:
				names = append(names, &rr.Ns, &rr.Mbox)
			}
			for _, name := range names {
				*name = strings.ToUpper(*name)
			}
			section[i] = rr
		}
	}
}
