package http1

import (
	"fmt"
	"strings"
)

// A RequestSpec is a request to be written exactly as it says: nothing is added, counted or put right.
type RequestSpec struct {
	Method, Target string
	Version        string // "HTTP/1.1"
	Header         Header // names and values alone count
	Body           []byte
}

// Bytes gives the request as it goes on the wire.
func (r RequestSpec) Bytes() []byte {
	return message(r.Method+" "+r.Target+" "+r.Version, r.Header, r.Body)
}

// A ResponseSpec is a response to be written exactly as it says: nothing is added, counted or put right.
type ResponseSpec struct {
	Version string // "HTTP/1.1"
	Status  int
	Reason  string
	Header  Header // names and values alone count
	Body    []byte
}

// Bytes gives the response as it goes on the wire.
func (r ResponseSpec) Bytes() []byte {
	return message(fmt.Sprintf("%s %03d %s", r.Version, r.Status, r.Reason), r.Header, r.Body)
}

func message(start string, h Header, body []byte) []byte {
	var b strings.Builder
	b.WriteString(start + "\r\n")
	for _, f := range h {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("\r\n")
	return append([]byte(b.String()), body...)
}

// Chunked encodes a body in the chunked coding (RFC 9112 §7.1): chunks of the sizes, over and over (no or a
// wrong size: all that is left), each size line followed by the extension as given (";name=value"), then the
// last chunk and the trailer.
func Chunked(body []byte, sizes []int, extension string, trailer Header) []byte {
	var b []byte
	for i := 0; len(body) > 0; i++ {
		n := len(body)
		if len(sizes) > 0 && sizes[i%len(sizes)] > 0 {
			n = min(n, sizes[i%len(sizes)])
		}
		b = fmt.Appendf(b, "%x%s\r\n%s\r\n", n, extension, body[:n])
		body = body[n:]
	}
	return append(b, message("0"+extension, trailer, nil)...)
}
