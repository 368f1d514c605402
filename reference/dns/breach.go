package dns

// A Breach is one rule that a message breaks, and the bytes that show it.
type Breach struct {
	At, Len   int    // where, in bytes from the start of the message; Len is 0 where something is missing
	Document  string // "RFC 1035"
	Section   string // "4.1.4"
	Level     string // "MUST" or "SHOULD"
	Rule      string // the rule in one sentence
	Want, Got string

	rule rule
}

// rule numbers the rules that Parse knows.
type rule int

const (
	ruleHeader rule = iota
	ruleZero
	ruleQuestion
	ruleRecord
	ruleCounts
	ruleTrailing
	ruleNameEnd
	ruleLabelType
	ruleNameLong
	rulePointerPrior
	rulePointerPlace
	rulePointerForbidden
	ruleDataLength
	ruleAddress
	ruleAddress6
	ruleString
	ruleText
	ruleTTL
	ruleTTLs
	ruleDuplicate
	ruleOptPlace
	ruleOptName
	ruleOptOne
	ruleOptions
)

// rules holds the clause and the sentence of each rule. RFC 1034 and RFC 1035 are older than the words MUST and
// SHOULD: a format of theirs is cited as MUST, for a peer that reads the message has nothing else to go by.
var rules = [...]Breach{
	ruleHeader:           {Document: "RFC 1035", Section: "4.1.1", Level: "MUST", Rule: "a message begins with a header of 12 bytes"},
	ruleZero:             {Document: "RFC 1035", Section: "4.1.1", Level: "MUST", Rule: "the bit Z of the header is 0"},
	ruleQuestion:         {Document: "RFC 1035", Section: "4.1.2", Level: "MUST", Rule: "a question is a name, two bytes of type and two bytes of class"},
	ruleRecord:           {Document: "RFC 1035", Section: "4.1.3", Level: "MUST", Rule: "a record is a name, type, class, TTL, the length of its data and as many bytes of data"},
	ruleCounts:           {Document: "RFC 1035", Section: "4.1.1", Level: "MUST", Rule: "the counts in the header are the numbers of entries in the four sections"},
	ruleTrailing:         {Document: "RFC 1035", Section: "4.1", Level: "MUST", Rule: "a message is its header and four sections: nothing follows them"},
	ruleNameEnd:          {Document: "RFC 1035", Section: "3.1", Level: "MUST", Rule: "a name is a sequence of labels, each with its length before it, and ends with a length of zero"},
	ruleLabelType:        {Document: "RFC 1035", Section: "4.1.4", Level: "MUST", Rule: "the byte before a label is its length, up to 63, or begins a pointer with two bits of 1: 01 and 10 are reserved"},
	ruleNameLong:         {Document: "RFC 1035", Section: "2.3.4", Level: "MUST", Rule: "a name has at most 255 bytes, its lengths counted"},
	rulePointerPrior:     {Document: "RFC 1035", Section: "4.1.4", Level: "MUST", Rule: "a pointer leads to a place before the name that it stands in, counted from the first byte of the message"},
	rulePointerPlace:     {Document: "RFC 1035", Section: "4.1.4", Level: "MUST", Rule: "a pointer leads to where a label of an earlier name begins"},
	rulePointerForbidden: {Document: "RFC 3597", Section: "4", Level: "MUST", Rule: "names in the data of types that RFC 1035 does not define are not compressed"},
	ruleDataLength:       {Document: "RFC 1035", Section: "4.1.3", Level: "MUST", Rule: "RDLENGTH is the number of bytes that the data of this type takes"},
	ruleAddress:          {Document: "RFC 1035", Section: "3.4.1", Level: "MUST", Rule: "the data of an A record is an address of 4 bytes"},
	ruleAddress6:         {Document: "RFC 3596", Section: "2.2", Level: "MUST", Rule: "the data of an AAAA record is an address of 16 bytes"},
	ruleString:           {Document: "RFC 1035", Section: "3.3", Level: "MUST", Rule: "a character string is one byte of length and as many characters"},
	ruleText:             {Document: "RFC 1035", Section: "3.3.14", Level: "MUST", Rule: "a TXT record holds at least one character string"},
	ruleTTL:              {Document: "RFC 2181", Section: "8", Level: "MUST", Rule: "the highest bit of a TTL is 0"},
	ruleTTLs:             {Document: "RFC 2181", Section: "5.2", Level: "MUST", Rule: "the records of a set have equal TTLs"},
	ruleDuplicate:        {Document: "RFC 2181", Section: "5", Level: "SHOULD", Rule: "no two records of a set have equal data"},
	ruleOptPlace:         {Document: "RFC 6891", Section: "6.1.1", Level: "MUST", Rule: "an OPT record stands in the additional section"},
	ruleOptName:          {Document: "RFC 6891", Section: "6.1.2", Level: "MUST", Rule: "the name of an OPT record is the root"},
	ruleOptOne:           {Document: "RFC 6891", Section: "6.1.1", Level: "MUST", Rule: "a message has at most one OPT record"},
	ruleOptions:          {Document: "RFC 6891", Section: "6.1.2", Level: "MUST", Rule: "the data of an OPT record are options: a code, a length and as many bytes"},
}

// Rules gives every rule that Parse can report, without positions: for a test that looks the clauses up.
func Rules() []Breach { return append([]Breach(nil), rules[:]...) }

// at makes the breach of rule r that bytes [at, at+length) show.
func (r rule) at(at, length int, want, got string) Breach {
	b := rules[r]
	b.At, b.Len, b.Want, b.Got, b.rule = at, length, want, got, r
	return b
}
