package dns

import "fmt"

// Field says what the byte at a place belongs to, and which bytes that is: "ID", "flags", "ANSWER 2 TTL", "QUESTION 1
// name". Entries are counted from 1. Bytes of which nothing is known are "unread".
func (m *Message) Field(at int) (name string, from, length int) {
	header := [...]string{"ID", "flags", "QDCOUNT", "ANCOUNT", "NSCOUNT", "ARCOUNT"}
	if at < headerLen && at < len(m.Raw) {
		return header[at/2], at / 2 * 2, min(2, len(m.Raw)-at/2*2)
	}
	for i, q := range m.Questions {
		end := q.Name.At + q.Name.Len
		entry := fmt.Sprintf("%s %d ", QuestionSection, i+1)
		for _, f := range []field{{"name", q.Name.At, q.Name.Len}, {"type", end, 2}, {"class", end + 2, 2}} {
			if f.holds(at) && (f.at < end || q.Len > 0) {
				return entry + f.name, f.at, f.length
			}
		}
	}
	count := map[Section]int{}
	for _, r := range m.Records {
		count[r.Section]++
		entry := fmt.Sprintf("%s %d ", r.Section, count[r.Section])
		t := r.TypeAt()
		for _, f := range []field{{"name", r.At, t - r.At}, {"type", t, 2}, {"class", t + 2, 2}, {"TTL", t + 4, 4}, {"RDLENGTH", t + 8, 2}, {"data", r.DataAt, len(r.Data)}} {
			if f.holds(at) {
				return entry + f.name, f.at, f.length
			}
		}
	}
	return "unread", at, max(0, len(m.Raw)-at)
}

type field struct {
	name       string
	at, length int
}

func (f field) holds(at int) bool { return f.at <= at && at < f.at+f.length }
