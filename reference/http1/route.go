package http1

import (
	"slices"
	"strings"
)

// What is allowed where, as Allow says it.
const (
	allowFile = "GET, HEAD, PUT, DELETE, OPTIONS"
	allowForm = "GET, HEAD, POST, OPTIONS"
)

// route decides from the head alone what a request asks for, or refuses it: then the reply is not nil.
func (c *conn) route(req *Request) (target, *reply) {
	f := c.Faults
	method := req.Method
	if f.MethodAnyCase {
		method = strings.ToUpper(method)
	}
	known := slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, method)
	if f.HeadRefused && method == "HEAD" || f.DeleteRefused && method == "DELETE" {
		known = false
	}
	if !known && f.MethodUnknownGet {
		method, known = "GET", true
	}
	if !known {
		rep := refusal(501)
		rep.drop = f.MethodUnknownDropped
		return target{method: method}, rep
	}
	for _, expectation := range req.Header.List("Expect") {
		if !strings.EqualFold(expectation, "100-continue") || f.ContinueRefused {
			return target{method: method}, refusal(417)
		}
	}
	t, rep := c.target(req, method)
	t.method = method
	switch {
	case rep != nil:
		return t, rep
	case t.form:
		if method == "PUT" || method == "DELETE" || method == "POST" && f.FormPostRefused || method == "GET" && f.FormGetRefused {
			return t, c.notAllowed(allowForm)
		}
	case method == "POST" && f.MethodPostGet:
		t.method = "GET"
	case method == "POST":
		return t, c.notAllowed(allowFile)
	}
	return t, nil
}

func (c *conn) notAllowed(allow string) *reply {
	rep := refusal(405)
	if !c.Faults.AllowMissing {
		rep.add("Allow", allow)
	}
	return rep
}

// answer does what the request asks for.
func (c *conn) answer(req *Request, t target) *reply {
	switch {
	case t.method == "OPTIONS":
		rep := &reply{status: 200}
		if t.form {
			rep.add("Allow", allowForm)
		} else {
			rep.add("Allow", allowFile)
		}
		return rep
	case t.form:
		return c.form(req, t)
	case t.method == "PUT":
		return c.put(req, t)
	case t.method == "DELETE":
		return c.delete(req, t)
	}
	return c.get(req, t)
}
