package main

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// response is an answer whose Date, Content-Length and Connection are added as it is sent. Its content is body, or
// the first size bytes of file.
type response struct {
	status int
	fields []string // whole lines without CRLF
	body   []byte
	file   *os.File
	size   int64
}

func (r response) length() int64 {
	if r.file != nil {
		return r.size
	}
	return int64(len(r.body))
}

var reasons = map[int]string{
	200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 304: "Not Modified",
	400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
	409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
	415: "Unsupported Media Type", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
	501: "Not Implemented", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
}

// textResponse is a short answer for people to read. It repeats nothing that the client sent.
func textResponse(status int, text string, fields ...string) response {
	return response{
		status: status,
		fields: append(fields, "Content-Type: text/plain; charset=utf-8"),
		body:   []byte(text + "\n"),
	}
}

func notAllowed(allow string) response {
	return textResponse(405, "not allowed here", "Allow: "+allow)
}

// site is what is served: the files of a folder, and /form.
type site struct {
	root *os.Root
}

// answer carries out one request.
func (s site) answer(req *request) response {
	switch req.method { // a method is case-sensitive: get is not GET
	case "GET", "HEAD", "POST", "PUT", "DELETE":
	default:
		return textResponse(501, "unknown method")
	}
	t, no := parseTarget(req.target)
	if no != nil {
		return no.response()
	}
	if req.method != "PUT" && req.method != "POST" {
		// The body means nothing here, but a request that is broken in it is not carried out.
		if no := req.body.drain(); no != nil {
			return no.response()
		}
	}
	if len(t.names) == 1 && t.names[0] == "form" && !t.folder {
		return answerForm(req, t)
	}
	switch req.method {
	case "PUT":
		return s.put(req, t)
	case "DELETE":
		return s.delete(req, t)
	case "GET", "HEAD":
		return s.get(req, t)
	}
	return notAllowed("GET, HEAD, PUT, DELETE")
}

// failed is the answer to an error of the file system: most say that there is no such file.
func failed(err error) response {
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return textResponse(403, "forbidden")
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return textResponse(507, "no space left")
	case errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
		return textResponse(500, "the server cannot read its files")
	}
	return textResponse(404, "no such file")
}
