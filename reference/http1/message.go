package http1

import "strings"

// A Field is one field line of a header or trailer section.
type Field struct {
	Name  string // as it came, in its own case; whitespace before the colon is cut off
	Value string // without the whitespace around it; a folded value is joined by single spaces
	At    int    // where the line begins, in bytes from the start of Raw
	Len   int    // bytes of the line (and of the lines folded into it) without the last line end
}

// A Header is a field section in the order in which it was sent. Names are compared without regard to case.
type Header []Field

// Get gives the value of the first field of that name, or "" when there is none.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Has says whether there is a field of that name, be its value empty or not.
func (h Header) Has(name string) bool { return len(h.Fields(name)) > 0 }

// Fields gives every field of that name, in order.
func (h Header) Fields(name string) []Field {
	var found []Field
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			found = append(found, f)
		}
	}
	return found
}

// Values gives the value of every field line of that name, in order.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h.Fields(name) {
		values = append(values, f.Value)
	}
	return values
}

// List gives the members of a comma-separated field over all its lines, empty members left out (RFC 9110
// §5.6.1.2). It is for fields whose members hold no quoted comma: Connection, Transfer-Encoding, Allow, Expect.
func (h Header) List(name string) []string {
	var members []string
	for _, value := range h.Values(name) {
		for member := range strings.SplitSeq(value, ",") {
			if member = strings.Trim(member, " \t"); member != "" {
				members = append(members, member)
			}
		}
	}
	return members
}

// Lists says whether a comma-separated field has the member, without regard to case.
func (h Header) Lists(name, member string) bool {
	for _, m := range h.List(name) {
		if strings.EqualFold(m, member) {
			return true
		}
	}
	return false
}

// Framing is how the end of a message's body is known (RFC 9112 §6.3).
type Framing int

// The ways in which a body ends.
const (
	FramingNone    Framing = iota // there is no body
	FramingLength                 // Content-Length counts it
	FramingChunked                // the last chunk ends it
	FramingClose                  // the end of the stream ends it; responses only
	FramingBroken                 // cannot be known: the body was not read, a breach says why
)

// String gives the word for the framing that reports use.
func (f Framing) String() string {
	return [...]string{"none", "length", "chunked", "close", "broken"}[f]
}

// A Chunk is one chunk of a chunked body; the last one has size 0.
type Chunk struct {
	At        int    // where its size line begins, in bytes from the start of Raw
	Size      int    // bytes of data
	Extension string // what followed the size, from the semicolon on, as it came
}

// A Message is what a request and a response have in common. All positions are bytes from the start of Raw.
type Message struct {
	Version  string // as it came, "HTTP/1.1"
	Header   Header
	Trailer  Header
	Body     []byte // decoded: without chunk framing
	Raw      []byte // the exact bytes, from the first of the start line (or of empty lines before it) to the last
	Start    int64  // where Raw begins, in bytes from the start of the stream
	BodyAt   int    // where the body begins
	Framing  Framing
	Chunks   []Chunk
	Breaches []Breach // rules broken, in the order in which they were met

	length int64 // of the body as Content-Length tells it; for FramingLength
}

// A Response is a message from a server.
type Response struct {
	Message
	Status int
	Reason string
}

// A Request is a message from a client.
type Request struct {
	Message
	Method string
	Target string
}
