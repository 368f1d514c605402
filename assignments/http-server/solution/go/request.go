package main

import (
	"bufio"
	"errors"
	"strconv"
	"strings"
)

const (
	maxFields = 8192     // bytes of all field lines of a head, or of a trailer section
	maxBody   = 64 << 20 // bytes of a body
)

// request is one request whose body is still to be read.
type request struct {
	method string
	target string
	minor  byte                // of HTTP/1.minor
	fields map[string][]string // by name in lower case, values as they came
	close  bool                // the client wants no further answer, or cannot get one
	body   *body
}

// refusal is an error that a client is told. What follows it on the connection is not read as a request.
type refusal struct {
	status int
	why    string
}

func (r *refusal) Error() string { return r.why }

func (r *refusal) response() response { return textResponse(r.status, r.why) }

func bad(why string) error { return &refusal{400, why} }

// asRefusal is what to tell the client of an error while its request was read. Of a connection that broke it hears
// nothing, whatever is sent.
func asRefusal(err error) *refusal {
	var no *refusal
	if err != nil && !errors.As(err, &no) {
		no = &refusal{400, "the connection broke"}
	}
	return no
}

// readRequest reads a head and prepares its body. The request is never nil: of one that is refused it holds what
// was understood, as the answer to HEAD has no content even then.
func (c *conn) readRequest() (*request, error) {
	req := &request{body: &body{conn: c, done: true}}
	line, err := requestLine(c.in)
	if err != nil {
		return req, err
	}
	if err := req.parseLine(line); err != nil {
		return req, err
	}
	if req.fields, err = readFields(c.in); err != nil {
		return req, err
	}
	if err := req.checkHost(); err != nil {
		return req, err
	}
	req.close = req.minor == 0 || req.hasToken("connection", "close")
	return req, req.frame()
}

// requestLine skips empty lines before a request (RFC 9112 section 2.2), but not for ever.
func requestLine(in *bufio.Reader) (string, error) {
	for i := 0; i < 8; i++ {
		line, err := readLine(in, 414)
		if err != nil || line != "" {
			return line, err
		}
	}
	return "", bad("only empty lines")
}

// readLine reads one line without its CRLF; a longer one than fits is refused with the status tooLong.
func readLine(in *bufio.Reader, tooLong int) (string, error) {
	b, err := in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return "", &refusal{tooLong, "line too long"}
	}
	if err != nil {
		return "", err
	}
	line := string(b[:len(b)-1])
	if !strings.HasSuffix(line, "\r") {
		return "", bad("a line ends with CRLF")
	}
	line = line[:len(line)-1]
	if strings.Contains(line, "\r") {
		return "", bad("CR inside a line")
	}
	return line, nil
}

func (req *request) parseLine(line string) error {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !isToken(parts[0]) || parts[1] == "" {
		return bad("want a request line: method, target, version, one space between")
	}
	v := parts[2]
	if len(v) != 8 || v[:5] != "HTTP/" || !isDigit(v[5]) || v[6] != '.' || !isDigit(v[7]) {
		return bad("malformed version")
	}
	req.method, req.target, req.minor = parts[0], parts[1], v[7]-'0'
	if v[5] != '1' {
		return &refusal{505, "this server speaks HTTP/1.1"}
	}
	return nil
}

// readFields reads field lines up to the empty line.
func readFields(in *bufio.Reader) (map[string][]string, error) {
	fields := map[string][]string{}
	for size := 0; ; {
		line, err := readLine(in, 431)
		if err != nil {
			return nil, err
		}
		if line == "" {
			return fields, nil
		}
		if size += len(line) + 2; size > maxFields {
			return nil, &refusal{431, "head too large"}
		}
		// A name is a token, so neither a space before the colon nor a folded line gets through.
		name, value, colon := strings.Cut(line, ":")
		if !colon || !isToken(name) {
			return nil, bad("malformed field line")
		}
		value = strings.Trim(value, " \t")
		for i := 0; i < len(value); i++ {
			if (value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f {
				return nil, bad("control character in a field")
			}
		}
		name = strings.ToLower(name)
		fields[name] = append(fields[name], value)
	}
}

func (req *request) checkHost() error {
	hosts := req.fields["host"]
	if len(hosts) > 1 || (len(hosts) == 0 && req.minor > 0) {
		return bad("want exactly one Host field")
	}
	if len(hosts) == 1 && !isAuthority(hosts[0]) {
		return bad("malformed Host")
	}
	return nil
}

// frame finds out how the body ends (RFC 9112 section 6.3). Whatever two readers could understand in two ways is
// refused, as one of them may stand in front of this server.
func (req *request) frame() error {
	lengths, codings := req.fields["content-length"], req.fields["transfer-encoding"]
	req.body.expect = req.minor > 0 && req.hasToken("expect", "100-continue")
	switch {
	case codings != nil && lengths != nil:
		return bad("both Content-Length and Transfer-Encoding")
	case codings != nil && req.minor == 0:
		return bad("Transfer-Encoding in HTTP/1.0")
	case codings != nil:
		names := list(codings)
		for _, name := range names {
			if !strings.EqualFold(name, "chunked") {
				return &refusal{501, "unknown transfer coding"}
			}
		}
		if len(names) != 1 {
			return bad("want chunked once")
		}
		req.body.chunked, req.body.done = true, false
	case lengths != nil:
		if len(lengths) != 1 || !allDigits(lengths[0]) {
			return bad("malformed Content-Length")
		}
		n, err := strconv.ParseInt(lengths[0], 10, 64)
		if err != nil || n > maxBody {
			return &refusal{413, "body too large"}
		}
		req.body.left, req.body.done = n, n == 0
	}
	return nil
}

// hasToken reports whether a field that is a list holds a token, in any case.
func (req *request) hasToken(field, token string) bool {
	for _, t := range list(req.fields[field]) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// list splits the values of a field at commas and drops empty elements. It knows no quoted strings.
func list(values []string) (elements []string) {
	for _, e := range strings.Split(strings.Join(values, ","), ",") {
		if e = strings.Trim(e, " \t"); e != "" {
			elements = append(elements, e)
		}
	}
	return elements
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
