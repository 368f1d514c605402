package http1

// A Breach is one rule that a message breaks, and the bytes that show it.
type Breach struct {
	At, Len   int    // where, in bytes from the start of the message; Len is 0 where something is missing
	Document  string // "RFC 9112"
	Section   string // "5.1"
	Level     string // "MUST" or "SHOULD"
	Rule      string // the rule in one sentence
	Want, Got string

	rule rule
}

// rule numbers the rules that the reader knows.
type rule int

const (
	ruleStatusLine rule = iota
	ruleReasonSpace
	ruleReason
	ruleVersionForm
	ruleVersionKnown
	ruleRequestLine
	ruleMethod
	ruleTarget
	ruleLineEnd
	ruleHeadEnd
	ruleBareCR
	ruleLeadingLine
	ruleStrayLine
	ruleLeadingSpace
	ruleFold
	ruleColon
	ruleNameSpace
	ruleName
	ruleValue
	ruleDuplicate
	ruleLength
	ruleLengthsUnlike
	ruleLengthRepeated
	ruleLengthAndCoding
	ruleLengthForbidden
	ruleCodingForbidden
	ruleCodingVersion
	ruleCodingList
	ruleChunkedTwice
	ruleChunkedLast
	ruleChunkedParameter
	ruleShort
	ruleChunkSize
	ruleChunkSpace
	ruleChunkExtension
	ruleChunkEnd
	ruleChunksUnended
	ruleTrailerFraming
)

// rules holds the clause and the sentence of each rule. A grammar is cited where it stands, and its level is MUST
// because RFC 9110 §2.2 forbids a sender to generate what does not match the grammar.
var rules = [...]Breach{
	ruleStatusLine:       {Document: "RFC 9112", Section: "4", Level: "MUST", Rule: "a status line is the version, one space, three digits, one space and the reason, which may be empty"},
	ruleReasonSpace:      {Document: "RFC 9112", Section: "4", Level: "MUST", Rule: "the space after the status code is sent even when no reason follows"},
	ruleReason:           {Document: "RFC 9112", Section: "4", Level: "MUST", Rule: "a reason holds only tabs, spaces and visible characters"},
	ruleVersionForm:      {Document: "RFC 9112", Section: "2.3", Level: "MUST", Rule: "the version is HTTP in capitals, a slash, one digit, a dot, one digit"},
	ruleVersionKnown:     {Document: "RFC 9110", Section: "6.2", Level: "MUST", Rule: "nobody claims a version that they do not conform to: here it is 1.1 or 1.0"},
	ruleRequestLine:      {Document: "RFC 9112", Section: "3", Level: "MUST", Rule: "a request line is the method, one space, the target, one space, the version"},
	ruleMethod:           {Document: "RFC 9112", Section: "3.1", Level: "MUST", Rule: "a method is a token"},
	ruleTarget:           {Document: "RFC 9112", Section: "3.2", Level: "MUST", Rule: "a target holds only characters of a URI: no space, no control, nothing beyond ASCII"},
	ruleLineEnd:          {Document: "RFC 9112", Section: "2.1", Level: "MUST", Rule: "every line of a head and of chunk framing ends with CR LF"},
	ruleHeadEnd:          {Document: "RFC 9112", Section: "2.1", Level: "MUST", Rule: "an empty line ends the header section"},
	ruleBareCR:           {Document: "RFC 9112", Section: "2.2", Level: "MUST", Rule: "a CR stands only before an LF"},
	ruleLeadingLine:      {Document: "RFC 9112", Section: "2.2", Level: "MUST", Rule: "a client puts no empty line before or after a request"},
	ruleStrayLine:        {Document: "RFC 9112", Section: "2.1", Level: "MUST", Rule: "a response begins with its status line: nothing stands between it and the message before"},
	ruleLeadingSpace:     {Document: "RFC 9112", Section: "2.2", Level: "MUST", Rule: "no whitespace stands between the start line and the first field"},
	ruleFold:             {Document: "RFC 9112", Section: "5.2", Level: "MUST", Rule: "a field value is not folded over lines"},
	ruleColon:            {Document: "RFC 9112", Section: "5", Level: "MUST", Rule: "a field line is a name, a colon and a value"},
	ruleNameSpace:        {Document: "RFC 9112", Section: "5.1", Level: "MUST", Rule: "no whitespace stands between a field's name and its colon"},
	ruleName:             {Document: "RFC 9110", Section: "5.1", Level: "MUST", Rule: "a field name is a token"},
	ruleValue:            {Document: "RFC 9110", Section: "5.5", Level: "MUST", Rule: "a field value holds no control characters but the tab"},
	ruleDuplicate:        {Document: "RFC 9110", Section: "5.3", Level: "MUST", Rule: "a field that is not a list stands on one line only"},
	ruleLength:           {Document: "RFC 9110", Section: "8.6", Level: "MUST", Rule: "a Content-Length is decimal digits and nothing else"},
	ruleLengthsUnlike:    {Document: "RFC 9112", Section: "6.3", Level: "MUST", Rule: "Content-Length fields that differ leave the end of the body unknown: the message is an error"},
	ruleLengthRepeated:   {Document: "RFC 9110", Section: "8.6", Level: "MUST", Rule: "a Content-Length is one number, not a list of equal ones"},
	ruleLengthAndCoding:  {Document: "RFC 9112", Section: "6.2", Level: "MUST", Rule: "a message with Transfer-Encoding has no Content-Length"},
	ruleLengthForbidden:  {Document: "RFC 9110", Section: "8.6", Level: "MUST", Rule: "a 1xx or 204 response has no Content-Length"},
	ruleCodingForbidden:  {Document: "RFC 9112", Section: "6.1", Level: "MUST", Rule: "a 1xx or 204 response has no Transfer-Encoding"},
	ruleCodingVersion:    {Document: "RFC 9112", Section: "6.1", Level: "MUST", Rule: "a message of HTTP/1.0 with Transfer-Encoding is framed wrongly"},
	ruleCodingList:       {Document: "RFC 9112", Section: "6.1", Level: "MUST", Rule: "Transfer-Encoding lists the names of transfer codings"},
	ruleChunkedTwice:     {Document: "RFC 9112", Section: "6.1", Level: "MUST", Rule: "the chunked coding is applied once"},
	ruleChunkedLast:      {Document: "RFC 9112", Section: "6.1", Level: "MUST", Rule: "chunked is the last coding of a request"},
	ruleChunkedParameter: {Document: "RFC 9112", Section: "7.1", Level: "SHOULD", Rule: "the chunked coding has no parameters"},
	ruleShort:            {Document: "RFC 9112", Section: "6.3", Level: "MUST", Rule: "the body has as many bytes as Content-Length says"},
	ruleChunkSize:        {Document: "RFC 9112", Section: "7.1", Level: "MUST", Rule: "a chunk begins with its size in hexadecimal digits"},
	ruleChunkSpace:       {Document: "RFC 9110", Section: "5.6.3", Level: "MUST", Rule: "a sender puts no whitespace where only history allows it: around a chunk extension"},
	ruleChunkExtension:   {Document: "RFC 9112", Section: "7.1.1", Level: "MUST", Rule: "a chunk extension is a semicolon, a name and perhaps an equals sign and a token or quoted string"},
	ruleChunkEnd:         {Document: "RFC 9112", Section: "7.1", Level: "MUST", Rule: "CR LF follows the data of a chunk, after exactly as many bytes as its size says"},
	ruleChunksUnended:    {Document: "RFC 9112", Section: "7.1", Level: "MUST", Rule: "a chunk of size 0 and an empty line end a chunked body"},
	ruleTrailerFraming:   {Document: "RFC 9110", Section: "6.5.1", Level: "MUST", Rule: "fields that frame the message do not stand in its trailer"},
}

// Rules gives every rule that the reader can report, without positions: for a test that looks the clauses up.
func Rules() []Breach { return append([]Breach(nil), rules[:]...) }

// at makes the breach of rule r that bytes [at, at+length) show.
func (r rule) at(at, length int, want, got string) Breach {
	b := rules[r]
	b.At, b.Len, b.Want, b.Got, b.rule = at, length, want, got, r
	return b
}
