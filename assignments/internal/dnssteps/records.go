package dnssteps

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/reference/dns"
)

// A Record is a record in the one form in which two are equal when they mean the same: "owner TTL class type data",
// one space between fields, the data as dig prints it, all names in small letters and with a final dot.
type Record string

// withNames are the types whose data are names and numbers, where case means nothing.
var withNames = []string{"NS", "CNAME", "PTR", "MX", "SOA", "SRV", "DNAME"}

// ParseRecord reads a record as a program prints it: fields with white space between them, numbers in decimal, text in
// quotes. The error says, in words for a student, what is wrong.
func ParseRecord(line string) (Record, error) {
	line = strings.TrimSpace(line)
	fields := strings.Fields(line)
	if len(fields) < 5 {
		return "", fmt.Errorf("%d fields, not owner, TTL, class, type and data", len(fields))
	}
	if _, err := strconv.ParseUint(fields[1], 10, 32); err != nil {
		return "", fmt.Errorf("the TTL %q is not a number", fields[1])
	}
	if _, ok := mdns.StringToClass[fields[2]]; !ok && !strings.HasPrefix(fields[2], "CLASS") {
		return "", fmt.Errorf("%q is not a class", fields[2])
	}
	if _, ok := mdns.StringToType[fields[3]]; !ok && !strings.HasPrefix(fields[3], "TYPE") {
		return "", fmt.Errorf("%q is not a type", fields[3])
	}
	if fields[3] == "TXT" && !strings.HasPrefix(fields[4], `"`) {
		return "", fmt.Errorf("the text stands without quotes")
	}
	// The owner is made absolute here: the library's parser would take @ and * for more than names.
	rr, err := mdns.NewRR("x. " + strings.Join(fields[1:4], " ") + " " + afterFields(line, 4))
	if err != nil || rr == nil {
		return "", fmt.Errorf("the data are not those of a record of type %s", fields[3])
	}
	if _, ok := mdns.IsDomainName(fields[0]); !ok {
		return "", fmt.Errorf("the owner %q is not a name", fields[0])
	}
	rr.Header().Name = mdns.Fqdn(fields[0])
	return normal(rr.String()), nil
}

// afterFields gives what follows the first n fields of a line, its spaces kept: text may hold them.
func afterFields(line string, n int) string {
	for range n {
		line = strings.TrimLeft(line, " \t")
		line = line[strings.IndexAny(line, " \t"):]
	}
	return strings.TrimLeft(line, " \t")
}

// normal brings a line that the library or the reference printed into the form of a Record.
func normal(line string) Record {
	fields := strings.SplitN(line, "\t", 5)
	if len(fields) < 5 {
		return Record(line)
	}
	fields[0] = strings.ToLower(fields[0])
	if fields[2] == "CLASS1" {
		fields[2] = "IN" // the library writes it so beside a type that it does not know
	}
	if slices.Contains(withNames, fields[3]) {
		fields[4] = strings.ToLower(fields[4])
	}
	if hex, ok := strings.CutPrefix(fields[4], `\# `); ok { // RFC 3597 §5: the digits may stand in groups
		parts := strings.Fields(strings.ToLower(hex))
		fields[4] = `\# ` + strings.TrimSpace(parts[0]+" "+strings.Join(parts[1:], ""))
	}
	return Record(strings.Join(fields, " "))
}

// RecordsOf gives the records of a section, OPT left out.
func RecordsOf(m *dns.Message, s dns.Section) []Record {
	var all []Record
	for _, r := range m.In(s) {
		if r.Type != mdns.TypeOPT {
			all = append(all, normal(m.Text(r)))
		}
	}
	return all
}

// MustRecords reads the records that a check expects. It panics on one that is none.
func MustRecords(lines ...string) []Record {
	var all []Record
	for _, line := range lines {
		r, err := ParseRecord(line)
		if err != nil {
			panic(fmt.Sprintf("dnssteps: %s: %v", line, err))
		}
		all = append(all, r)
	}
	return all
}

// WithoutTTL gives the records with their TTLs replaced by a star, for answers whose TTLs count down.
func WithoutTTL(records []Record) []Record {
	var all []Record
	for _, r := range records {
		fields := strings.SplitN(string(r), " ", 3)
		all = append(all, Record(fields[0]+" * "+fields[2]))
	}
	return all
}

// Compare gives the records that are lacking and those that are too many. Each counts as often as it stands there.
func Compare(want, got []Record) (lacking, spare []Record) {
	left := slices.Clone(got)
	for _, w := range want {
		if i := slices.Index(left, w); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			lacking = append(lacking, w)
		}
	}
	return lacking, left
}

// List puts records into a sentence.
func List(records []Record) string {
	if len(records) == 0 {
		return "no record"
	}
	const most = 4
	var all []string
	for i, r := range records {
		if i == most {
			all = append(all, fmt.Sprintf("and %d more", len(records)-most))
			break
		}
		all = append(all, string(r))
	}
	return strings.Join(all, "; ")
}
