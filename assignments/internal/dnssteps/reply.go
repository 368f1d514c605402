package dnssteps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A Reply is a message that came from the submission, read strictly: as the answer to a query, or as a query of its own.
type Reply struct {
	*dns.Message
	Breaches []dns.Breach
	Broken   error // it cannot be taken for what it means
	TCP      bool

	t    *check.T
	mark func(at, n int) check.Mark
}

func newReply(t *check.T, raw []byte, tcp bool, mark func(at, n int) check.Mark) *Reply {
	m, breaches, err := dns.Parse(raw)
	return &Reply{Message: m, Breaches: breaches, Broken: err, TCP: tcp, t: t, mark: mark}
}

// Mark is the place of n bytes of the message from at on; n 0 is the whole of it.
func (r *Reply) Mark(at, n int) check.Mark {
	if n == 0 {
		at, n = 0, len(r.Raw)
	}
	return r.mark(at, n)
}

// Whole marks the event that holds the message.
func (r *Reply) Whole() check.Mark { return check.Mark{Event: r.mark(0, 1).Event} }

// Field is the place of the field that the byte at belongs to, dns.AtFlags for example.
func (r *Reply) Field(at int) check.Mark {
	_, from, n := r.Message.Field(at)
	return r.mark(from, n)
}

// Break fails the check with a breach that the strict reader has found.
func (r *Reply) Break(b dns.Breach) {
	at := r.Whole()
	switch {
	case b.Len > 0:
		at = r.mark(b.At, b.Len)
	case b.At >= len(r.Raw) && len(r.Raw) > 0: // something is missing at the end
		at = r.mark(len(r.Raw)-1, 1)
	}
	field, _, _ := r.Message.Field(b.At)
	r.t.Fail(at, b.Want, fmt.Sprintf("%s (%s, byte %d)", b.Got, field, b.At))
}

// Keeps fails the check with the first breach of one of these clauses, "RFC 1035 4.1.4"; with none given, with the first
// breach of any.
func (r *Reply) Keeps(clauses ...string) {
	for _, b := range r.Breaches {
		if len(clauses) == 0 || slices.Contains(clauses, b.Document+" "+b.Section) {
			r.Break(b)
		}
	}
}

// Readable blocks the check when the message cannot be taken for what it means: that has checks of its own.
func (r *Reply) Readable() *Reply {
	if r.Broken != nil {
		b := r.Breaches[0]
		r.t.Block("the message could not be read: want %s, got %s (%s §%s)", b.Want, b.Got, b.Document, b.Section)
	}
	return r
}

// To blocks the check when the message is not a readable reply with the id of a query: that has checks of its own.
func (r *Reply) To(query []byte) *Reply {
	r.Readable()
	switch asked, _, _ := dns.Parse(query); {
	case !r.Has(dns.FlagQR):
		r.t.Block("what came is not a reply: its bit QR is 0")
	case r.ID != asked.ID:
		r.t.Block("the reply has another id (%d) than the query (%d)", r.ID, asked.ID)
	}
	return r
}

// Code fails the check unless the reply has one of these codes, "NXDOMAIN".
func (r *Reply) Code(names ...string) *Reply {
	r.t.Want(r.mark(dns.AtFlags+1, 1), dns.RcodeName(r.Rcode()), names...)
	return r
}

// Set fails the check unless these bits are all set, and Clear unless all are 0.
func (r *Reply) Set(bits uint16, name string) *Reply {
	r.t.Require(r.Has(bits), r.mark(dns.AtFlags, 2), "the bit "+name+" set", name+" is 0")
	return r
}

// Clear fails the check when one of these bits is set.
func (r *Reply) Clear(bits uint16, name string) *Reply {
	r.t.Require(r.Flags&bits == 0, r.mark(dns.AtFlags, 2), "the bit "+name+" 0", name+" is set")
	return r
}

// Answers fails the check unless the answer section holds exactly these records, in any order.
func (r *Reply) Answers(want ...Record) *Reply { return r.Holds(dns.AnswerSection, want...) }

// Holds fails the check unless a section holds exactly these records, in any order; OPT does not count.
func (r *Reply) Holds(s dns.Section, want ...Record) *Reply {
	r.judge(s, want, RecordsOf(r.Message, s), true)
	return r
}

// Includes fails the check unless a section holds at least these records.
func (r *Reply) Includes(s dns.Section, want ...Record) *Reply {
	r.judge(s, want, RecordsOf(r.Message, s), false)
	return r
}

// Untimed fails the check unless a section holds exactly these records, whatever their TTLs.
func (r *Reply) Untimed(s dns.Section, want ...Record) *Reply {
	r.judge(s, WithoutTTL(want), WithoutTTL(RecordsOf(r.Message, s)), true)
	return r
}

func (r *Reply) judge(s dns.Section, want, got []Record, all bool) {
	lacking, spare := Compare(want, got)
	where := strings.ToLower(s.String())
	switch {
	case len(spare) > 0 && (all || len(lacking) > 0):
		wanted := List(want)
		if len(lacking) > 0 {
			wanted = List(lacking)
		}
		r.t.Fail(r.record(s, slices.Index(got, spare[0])), fmt.Sprintf("in the %s section %s", where, wanted), List(spare))
	case len(lacking) > 0:
		r.t.Fail(r.Whole(), fmt.Sprintf("in the %s section %s", where, List(lacking)), List(got))
	}
}

// record marks the record that stands at index i of a section, as RecordsOf counts.
func (r *Reply) record(s dns.Section, i int) check.Mark {
	for n, rec := range r.In(s) {
		if rec.Type == Type("OPT") {
			i++
		}
		if n == i {
			return r.mark(rec.Name.At, rec.DataAt+len(rec.Data)-rec.Name.At)
		}
	}
	return r.Whole()
}
