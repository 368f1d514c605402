package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// A tape records a transcript as the harness would.
type tape struct {
	grader.Transcript
	at time.Duration
}

func (t *tape) add(e grader.Event) *tape {
	t.at += 400 * time.Microsecond
	e.Seq, e.At = len(t.Events)+1, t.at
	t.Events = append(t.Events, e)
	return t
}

func (t *tape) send(s string) *tape { return t.sendOn(1, s) }
func (t *tape) got(s string) *tape  { return t.gotOn(1, s) }
func (t *tape) sendOn(conn int, s string) *tape {
	return t.add(grader.Event{Conn: conn, Kind: grader.Data, Dir: grader.Sent, Data: []byte(s)})
}
func (t *tape) gotOn(conn int, s string) *tape {
	return t.add(grader.Event{Conn: conn, Kind: grader.Data, Dir: grader.Got, Data: []byte(s)})
}
func (t *tape) event(k grader.Kind, d grader.Dir, says string) *tape {
	return t.add(grader.Event{Conn: 1, Kind: k, Dir: d, Says: says})
}
func (t *tape) aside(k grader.Kind, data, says string) *tape {
	return t.add(grader.Event{Kind: k, Data: []byte(data), Says: says})
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func dialed(network string, ports ...int) *tape {
	t := &tape{}
	for i, p := range ports {
		t.Endpoints = append(t.Endpoints, grader.Endpoint{ID: i + 1, Network: network, Dialed: true,
			Ours: addr(fmt.Sprintf("127.0.0.1:%d", 40000+i)), Theirs: addr(fmt.Sprintf("127.0.0.1:%d", p))})
	}
	return t
}

func rule(name, document, section string, level grader.Level, share float64, says string) grader.Rule {
	return grader.Rule{Name: name, Clause: grader.Clause{Document: document, Section: section, Level: level}, Says: says, Share: share}
}

const okHead = "HTTP/1.1 200 OK\r\nServer: mine\r\nDate: Sat, 22 Nov 2025 11:30:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
const refHead = "HTTP/1.1 200 OK\r\nDate: Sat, 22 Nov 2025 11:30:00 GMT\r\nLast-Modified: Fri, 21 Nov 2025 09:00:00 GMT\r\nETag: \"c-1\"\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"

// httpRun is a run of http-server with everything that can go wrong with one.
func httpRun() *grader.Run {
	run := &grader.Run{
		Assignment: grader.Assignment{Name: "http-server", Title: "An HTTP/1.1 server from sockets up", Role: grader.Server,
			Rubric: []grader.Item{{Group: "messages", Points: 10}, {Group: "methods", Points: 12}, {Group: "connections", Points: 8}, {Group: "robustness", Points: 10}}},
		Submission: "./my-server", Seed: 7, Isolation: "loopback", Millis: 2345.6,
		Remarks: []string{"no grader.yaml: guessed `python3 server.py` from server.py", "plain loopback: the submission can reach the network and your files"},
		Build:   grader.Build{Command: "make", Output: "cc -o server server.c\n", Millis: 812},
	}
	add := func(r grader.Result) { r.Seed = 7; run.Results = append(run.Results, r) }
	for i, name := range []string{"status-line", "field-lines", "content-length", "date", "content-type", "etag"} {
		t := dialed("tcp", 8080).send("GET /a.txt HTTP/1.1\r\nHost: g\r\n\r\n").got(okHead + "\r\nhello world\n")
		add(grader.Result{Rule: rule("messages/"+name, "RFC 9112", "4", grader.Must, 1.0/8, "The rule on "+name+" is kept."), Verdict: grader.Pass, Transcript: t.Transcript, Millis: 2 + float64(i)})
	}
	add(crashed())
	add(longTarget())
	add(headBody())
	add(grader.Result{Rule: rule("methods/put-creates", "RFC 9110", "9.3.4", grader.Must, 0.25, "PUT of a name that does not exist stores the content and answers 201."), Verdict: grader.Pass, Millis: 3})
	add(weakAllow())
	add(leakedBody())
	for _, name := range []string{"pipelining", "keep-alive", "close", "http-10-closes", "half-close"} {
		add(grader.Result{Rule: rule("connections/"+name, "RFC 9112", "9.3", grader.Must, 1.0/6, "The connection is kept or closed as asked: "+name+"."), Verdict: grader.Blocked, Reason: "needs methods/head-no-content, which did not pass", Millis: 0.1})
	}
	add(grader.Result{Rule: rule("connections/many", grader.Course, "Many clients", grader.Must, 1.0/6, "32 connections at once are served."), Verdict: grader.Fault, Reason: "the harness could not open connection 17", Millis: 9})
	add(manyConns())
	add(grader.Result{Rule: rule("robustness/byte-at-a-time", grader.Course, "A slow peer", grader.Must, 0.5, "A request that arrives a byte at a time is answered like any other."),
		Verdict: grader.Blocked, Reason: "want 101 Switching, got \"HTTP/1.1 500 Oops\\r\\n\"", Transcript: dialed("tcp", 8080).send("GET / HTTP/1.1\r\nHost: g\r\n\r\n").got("HTTP/1.1 500 Oops\r\n\r\n").Transcript, Millis: 4})
	return run
}

func headBody() grader.Result {
	const get, head = "GET /a.txt HTTP/1.1\r\nHost: grader.test\r\n\r\n", "HEAD /a.txt HTTP/1.1\r\nHost: grader.test\r\nConnection: close\r\n\r\n"
	t := dialed("tcp", 8080).event(grader.Open, grader.Sent, "").send(get).got(okHead+"\r\nhello world\n").send(head).got(okHead+"\r\nhello world\n").event(grader.EOF, grader.Got, "")
	ref := dialed("tcp", 8080).event(grader.Open, grader.Sent, "").send(get).got(refHead+"\r\nhello world\n").send(head).got(refHead+"Connection: close\r\n\r\n").event(grader.EOF, grader.Got, "")
	return grader.Result{Rule: rule("methods/head-no-content", "RFC 9110", "9.3.2", grader.Must, 0.25, "A response to HEAD ends after the blank line: the fields of GET, and no content."),
		Verdict: grader.Fail, Transcript: t.Transcript, Reference: ref.Transcript, Millis: 3.1,
		Violations: []grader.Violation{{Event: 5, At: len(okHead) + 2, Len: 12, Want: "nothing after the blank line", Got: "12 bytes of content"}}}
}

func crashed() grader.Result {
	t := dialed("tcp", 8080).event(grader.Open, grader.Sent, "").send("GET /\xff\x00\x1b[31m HTTP/1.1\r\nHost: g\r\n\r\n").event(grader.Reset, grader.Got, "").aside(grader.Exit, "", "segmentation fault (signal 11)")
	ref := dialed("tcp", 8080).event(grader.Open, grader.Sent, "").send("GET /\xff\x00\x1b[31m HTTP/1.1\r\nHost: g\r\n\r\n").got("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").event(grader.EOF, grader.Got, "")
	return grader.Result{Rule: rule("messages/bad-bytes", "RFC 9112", "2.2", grader.Must, 1.0/8, "A request line with control characters in it is refused, and the server lives on."),
		Verdict: grader.Fail, Transcript: t.Transcript, Reference: ref.Transcript, Exit: "segmentation fault (signal 11)", Millis: 8,
		Stderr:     "listening on 8080\n*** stack smashing detected ***: terminated\n\tat parse_request (server.c:112)\n",
		Violations: []grader.Violation{{Event: 3, Want: "400, or another 4xx", Got: "a reset connection"}}}
}

func longTarget() grader.Result {
	target := "/" + strings.Repeat("a", 7900)
	t := dialed("tcp", 8080).send("GET " + target + " HTTP/1.1\r\nHost: g\r\n\r\n").got("HTTP/1.1 404 Not Found\r\nX-You-Asked: " + target + "\n\r\n")
	ref := dialed("tcp", 8080).send("GET " + target + " HTTP/1.1\r\nHost: g\r\n\r\n").got("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	return grader.Result{Rule: rule("messages/crlf", "RFC 9112", "2.2", grader.Must, 1.0/8, "Every line of a response head ends in CRLF."),
		Verdict: grader.Fail, Transcript: t.Transcript, Reference: ref.Transcript, Millis: 6,
		Violations: []grader.Violation{{Event: 2, At: len("HTTP/1.1 404 Not Found\r\nX-You-Asked: ") + len(target), Len: 1, Want: `CR before LF`, Got: `"aaa\n"`}}}
}

func weakAllow() grader.Result {
	t := dialed("tcp", 8080).send("BREW / HTTP/1.1\r\nHost: g\r\n\r\n").got("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	return grader.Result{Rule: rule("methods/unknown", "RFC 9110", "9.1", grader.Should, 0.25, "A method that the server does not know is answered by 501."),
		Verdict: grader.Weak, Transcript: t.Transcript, Millis: 2, Violations: []grader.Violation{{Event: 2, At: 9, Len: 3, Want: "501, or 405 with Allow", Got: "400"}}}
}

// leakedBody has binary bytes, more than were kept, and hostile ones.
func leakedBody() grader.Result {
	var body bytes.Buffer
	for i := range 3000 {
		body.WriteByte(byte(i * 7))
	}
	t := dialed("tcp", 8080).send("POST /form HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r\na=b\xc3\xa9")
	t.got("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n")
	t.add(grader.Event{Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: body.Bytes(), Cut: 67000, Pieces: 48})
	ref := dialed("tcp", 8080).send("POST /form HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r\na=b\xc3\xa9").got("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\na=bé\n")
	form := rule("methods/form-utf8", grader.Course, "Forms", grader.Must, 0.25, "Each field of a form is answered by one line, name=value, decoded.")
	form.Hand = `curl -i --data 'a=bé' http://$HOST:$PORT/form`
	return grader.Result{Rule: form, Verdict: grader.Fail, Transcript: t.Transcript, Reference: ref.Transcript, Millis: 12,
		Violations: []grader.Violation{{Event: 3, At: 0, Len: 3000, Want: `"a=bé\n"`, Got: "70,000 bytes of something else"}}}
}

func manyConns() grader.Result {
	t := dialed("tcp", 8080, 8080, 8080)
	for c := 1; c <= 3; c++ {
		t.add(grader.Event{Conn: c, Kind: grader.Open, Dir: grader.Sent})
	}
	for range 4 {
		for c := 1; c <= 2; c++ {
			t.sendOn(c, "GE")
		}
	}
	t.sendOn(3, "GET /a.txt HTTP/1.1\r\nHost: g\r\n\r\n")
	t.at += 5 * time.Second
	t.add(grader.Event{Conn: 3, Kind: grader.Silent, Dir: grader.Got, Says: "nothing came for 5.0 s"})
	ref := dialed("tcp", 8080, 8080, 8080)
	for range 4 {
		ref.sendOn(1, "GE").sendOn(2, "GE")
	}
	ref.sendOn(3, "GET /a.txt HTTP/1.1\r\nHost: g\r\n\r\n").gotOn(3, refHead+"\r\nhello world\n")
	return grader.Result{Rule: rule("robustness/idle-peers", grader.Course, "Many clients", grader.Must, 0.5, "A client that stalls in the middle of a request does not keep another one waiting."),
		Verdict: grader.Fail, Transcript: t.Transcript, Reference: ref.Transcript, Millis: 5012,
		Violations: []grader.Violation{{Event: len(t.Events), Want: "a response on connection 3 while 1 and 2 wait", Got: "nothing"}}}
}

// udpRun is a run of a client that takes a reply from a stranger.
func udpRun() *grader.Run {
	t := &tape{}
	t.Endpoints = []grader.Endpoint{
		{ID: 1, Network: "udp", Ours: addr("127.0.0.1:12000"), Theirs: addr("127.0.0.1:51311")},
		{ID: 2, Network: "udp", Ours: addr("127.0.0.1:12001"), Theirs: addr("127.0.0.1:51311"), Dialed: true}}
	t.gotOn(1, "hello, wörld 你好").sendOn(2, "STRANGER").sendOn(1, "HELLO, WÖRLD 你好").aside(grader.Exit, "", "exit status 0").aside(grader.Output, "From Server: STRANGER\n", "")
	ref := &tape{Transcript: grader.Transcript{Endpoints: t.Endpoints}}
	ref.gotOn(1, "hello, wörld 你好").sendOn(2, "STRANGER").sendOn(1, "HELLO, WÖRLD 你好").aside(grader.Exit, "", "exit status 0").aside(grader.Output, "From Server: HELLO, WÖRLD 你好\n", "")
	return &grader.Run{
		Assignment: grader.Assignment{Name: "udp-upper-client", Title: "A client of the upper-case service", Role: grader.Client, Rubric: []grader.Item{{Group: "datagrams", Points: 10}}},
		Submission: "client.tar.gz", Seed: 42, Isolation: "namespaces", Millis: 120, Only: "datagrams/*",
		Results: []grader.Result{
			{Rule: rule("datagrams/one", "RFC 768", "", grader.Must, 0.5, "The line is sent as one datagram."), Verdict: grader.Pass, Seed: 42, Millis: 1,
				Transcript: (&tape{}).got("hello").send("HELLO").aside(grader.Output, "HELLO\n", "").Transcript},
			{Rule: rule("datagrams/stranger", grader.Course, "Whom to believe", grader.Must, 0.5, "A datagram from another address or port is not the reply."), Verdict: grader.Fail, Seed: 42,
				Transcript: t.Transcript, Reference: ref.Transcript, Exit: "exit status 0", Millis: 12,
				Violations: []grader.Violation{{Event: 5, At: 13, Len: 8, Want: "HELLO, WÖRLD 你好", Got: "STRANGER"}}},
			{Rule: rule("datagrams/empty", "BEP 15", "", grader.May, 0, "An empty line is sent as an empty datagram."), Verdict: grader.Weak, Seed: 42, Millis: 3,
				Transcript: (&tape{}).event(grader.Data, grader.Got, "").Transcript,
				Violations: []grader.Violation{{Event: 1, At: 0, Len: 1, Want: "something", Got: "nothing"}}},
		},
	}
}

// dnsRun is a run of a server whose reply has a wrong length in it: messages of a binary protocol.
func dnsRun() *grader.Run {
	query := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x04test\x00\x00\x01\x00\x01"
	head := ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n\n"
	asked := ";; QUESTION SECTION:\n;www.test.\tIN\tA\n"
	reply := "\x12\x34\x85" + query[3:7] + "\x01" + query[8:] + "\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00"
	says := "www.test. IN A: NOERROR, id 4660, qr aa rd, 1 answer, 0 authority, 0 additional"
	exchange := func(length, answer string) grader.Transcript {
		t := dialed("udp", 53)
		t.add(grader.Event{Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: []byte(query), Says: "www.test. IN A? id 4660, rd",
			Decoded: strings.Replace(strings.Replace(head, "qr aa ", "", 1), "ANSWER: 1", "ANSWER: 0", 1) + asked})
		t.add(grader.Event{Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: []byte(reply + length + "\xc0\x00\x02\x07"), Says: says,
			Decoded: head + asked + "\n;; ANSWER SECTION:\nwww.test.\t3600\tIN\tA\t" + answer + "\n"})
		return t.Transcript
	}
	r := rule("messages/rdlength", "RFC 1035", "4.1.3", grader.Must, 1, "RDLENGTH is the number of bytes of the data.")
	r.Hand = "dig @$HOST -p $PORT +noedns -q www.test. -t A"
	return &grader.Run{
		Assignment: grader.Assignment{Name: "dns-server", Title: "A name server", Role: grader.Server, Rubric: []grader.Item{{Group: "messages", Points: 2}}},
		Submission: ".", Seed: 3, Isolation: "namespaces", Millis: 12,
		Results: []grader.Result{{Rule: r, Verdict: grader.Fail, Seed: 3, Millis: 1, Transcript: exchange("\x05", `\# 5 c0000207`), Reference: exchange("\x04", "192.0.2.7"),
			Violations: []grader.Violation{{Event: 2, At: len(reply), Len: 1, Want: "4", Got: "5 (ANSWER 1 RDLENGTH, byte 36)"}}}},
	}
}

// brokenRun is a run that never got to a check.
func brokenRun() *grader.Run {
	run := httpRun()
	run.Results = nil
	run.Problem = "The build failed."
	run.Build.Failed = true
	run.Build.Output = "cc -o server server.c\nserver.c: In function ‘main’:\nserver.c:12:5: error: expected ‘;’ before ‘return’\n\x1b[31m::error::owned\x1b[0m\nmake: *** [Makefile:2: server] Error 1\n"
	run.Detail = run.Build.Output
	return run
}
