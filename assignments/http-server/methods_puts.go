package httpserver

import (
	"bytes"
	"fmt"

	"github.com/wiregrade/wiregrade/harness/check"
)

// putDone are the statuses of a PUT that was done. Which of them is right has checks of its own.
var putDone = []int{200, 201, 204}

// puts are the rules on PUT and DELETE.
func puts() []check.Check {
	return []check.Check{
		{
			Name:   "put-creates",
			Clause: check.Must("RFC 9110", "9.3.4"),
			Says:   "answer a PUT that makes a new file with 201",
			Hand:   "curl -si -T README.md http://$HOST:$PORT/new.txt",
			Run: func(t *check.T) {
				c := dial(t)
				t.Judge()
				c.ask(withBody(t, "PUT", "/"+t.Word(8)+".txt", t.Text(80))).wantStatus(201)
			},
		},
		{
			Name:   "put-replaces",
			Clause: check.Must("RFC 9110", "9.3.4"),
			Says:   "answer a PUT of a file that is there already with 200 or 204",
			Hand:   "echo hi > $ROOT/a.txt; curl -si -T README.md http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(withBody(t, "PUT", f.target, t.Text(80))).wantStatus(200, 204)
			},
		},
		{
			Name:   "put-stores",
			Clause: check.Course("Storing and removing"),
			Says:   "store every byte of a PUT: no text mode, no end at a zero byte, no limit of one buffer",
			Hand:   "head -c 9999 /dev/urandom > r; curl -si -T r http://$HOST:$PORT/r.bin; cmp r $ROOT/r.bin",
			Run: func(t *check.T) {
				f := file{name: t.Word(8) + ".bin"}
				f.target = "/" + f.name
				f.content = append(t.Bytes(900), "\n\r\n\x00\x1a\xff\xfe\n"...)
				f.content = append(f.content, t.Bytes(3000)...)
				ask(t, withBody(t, "PUT", f.target, string(f.content))).needStatus(putDone...)
				t.Judge()
				f.stored(t, f.content)
				ask(t, request(t, "GET", f.target)).wantStatus(200)
			},
		},
		{
			Name:   "put-replaces-all",
			Clause: check.Course("Storing and removing"),
			Says:   "let a PUT replace all of a file, also when the new content is shorter, and serve the new one from then on",
			Needs:  "put-stores",
			Hand:   "echo 123456789 > $ROOT/a.txt; echo 1 | curl -si -T - http://$HOST:$PORT/a.txt; cat $ROOT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				f.content = []byte(t.Text(50))
				ask(t, withBody(t, "PUT", f.target, string(f.content))).needStatus(putDone...)
				t.Judge()
				f.stored(t, f.content)
				f.serves(t)
			},
		},
		{
			Name:   "put-empty",
			Clause: check.Course("Storing and removing"),
			Says:   "take a PUT with Content-Length: 0 for what it is: a file without content",
			Needs:  "put-stores",
			Hand:   "curl -si -X PUT -H 'Content-Length: 0' http://$HOST:$PORT/empty.txt",
			Run: func(t *check.T) {
				f := file{name: t.Word(8) + ".txt"}
				c := dial(t)
				t.Judge()
				c.ask(withBody(t, "PUT", "/"+f.name, "")).wantStatus(putDone...)
				f.stored(t, nil)
			},
		},
		{
			Name:   "put-name",
			Clause: check.Course("Targets"),
			Says:   "decode the path of a PUT as that of a GET: /a%20b.txt is the file `a b.txt`",
			Needs:  "put-stores",
			Hand:   "curl -si -T README.md http://$HOST:$PORT/a%20b.txt; ls $ROOT",
			Run: func(t *check.T) {
				a, b := t.Word(4), t.Word(4)
				f := file{name: a + " " + b + ".txt", content: []byte(t.Text(60))}
				ask(t, withBody(t, "PUT", "/"+a+"%20"+b+".txt", string(f.content))).needStatus(putDone...)
				t.Judge()
				f.stored(t, f.content)
			},
		},
		{
			Name:   "put-new-folder",
			Clause: check.Course("What is left open"),
			Says:   "answer a PUT below a folder that is not there with 201 and make the folder, or with 409 or 404",
			Needs:  "put-stores",
			Hand:   "curl -si -T README.md http://$HOST:$PORT/new/a.txt",
			Run: func(t *check.T) {
				f := file{name: t.Word(6) + "/" + t.Word(6) + ".txt", content: []byte(t.Text(60))}
				c := dial(t)
				t.Judge()
				a := c.ask(withBody(t, "PUT", "/"+f.name, string(f.content)))
				a.wantStatus(append([]int{409, 404}, putDone...)...)
				if a.Status/100 == 2 {
					f.stored(t, f.content)
				}
			},
		},
		{
			Name:   "put-folder",
			Clause: check.Course("What is left open"),
			Says:   "refuse a PUT of a folder with 4xx",
			Needs:  "put-stores",
			Hand:   "mkdir -p $ROOT/dir; curl -si -X PUT -d x http://$HOST:$PORT/dir/",
			Run: func(t *check.T) {
				target := folder(t)
				t.Start()
				t.Judge()
				ask(t, withBody(t, "PUT", target+"/", t.Text(40))).wantRefusal()
				ask(t, withBody(t, "PUT", target, t.Text(40))).wantRefusal()
			},
		},
		{
			Name:   "put-cut-short",
			Clause: check.Course("Storing and removing"),
			Says:   "do not store a body that ends before its Content-Length, and do not call it stored",
			Needs:  "put-stores",
			Hand:   "printf 'PUT /cut.txt HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 99\\r\\n\\r\\nabc' | nc -N $HOST $PORT; ls $ROOT",
			Run: func(t *check.T) {
				name, content := t.Word(8)+".txt", t.Text(60)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "PUT", "/"+name, fmt.Sprintf("Content-Length: %d", len(content)+9)) + content)
				c.CloseWrite()
				if a := c.nextOrClosed("PUT"); a != nil && a.Status/100 == 2 {
					t.Fail(a.code(), "400, or the end of the connection", fmt.Sprint(a.Status))
				}
				if _, at, there := t.Folder(root).Read(name); there {
					t.Fail(at, "no file "+name, "a part of it")
				}
			},
		},
		{
			Name:   "delete",
			Clause: check.Course("Storing and removing"),
			Says:   "let DELETE remove the file, answer 200 or 204, and 404 to the next GET",
			Hand:   "echo hi > $ROOT/a.txt; curl -si -X DELETE http://$HOST:$PORT/a.txt http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				ask(t, request(t, "DELETE", f.target)).wantStatus(200, 204, 202)
				a := ask(t, request(t, "GET", f.target))
				t.Require(a.Status != 200 || !bytes.HasPrefix(a.Body, f.content[:identity]), a.code(), "404", a.says())
			},
		},
		{
			Name:   "delete-missing",
			Clause: check.Course("Storing and removing"),
			Says:   "answer DELETE of a file that is not there with 404",
			Needs:  "delete",
			Hand:   "curl -si -X DELETE http://$HOST:$PORT/missing.txt",
			Run: func(t *check.T) {
				c := dial(t)
				t.Judge()
				c.ask(request(t, "DELETE", "/"+t.Word(9)+".txt")).wantStatus(404)
			},
		},
		{
			Name:   "delete-folder",
			Clause: check.Course("What is left open"),
			Says:   "refuse DELETE of a folder with 4xx and keep what is in it",
			Needs:  "delete",
			Hand:   "mkdir -p $ROOT/dir; curl -si -X DELETE http://$HOST:$PORT/dir/; ls $ROOT",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(6)+"/"+t.Word(6)+".txt", []byte(t.Text(60)))
				t.Start()
				t.Judge()
				ask(t, request(t, "DELETE", "/"+f.name[:6]+"/")).wantRefusal()
				ask(t, request(t, "DELETE", "/"+f.name[:6])).wantRefusal()
				f.stored(t, f.content)
			},
		},
		{
			Name:   "no-content-length",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "send 204 without Content-Length, not even with `Content-Length: 0`",
			Hand:   "echo hi > $ROOT/a.txt; curl -si -X DELETE http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				emptied(t, func(a *answer) { a.judge("9110 8.6") })
			},
		},
		{
			Name:   "no-content-body",
			Clause: check.Must("RFC 9112", "6.1"),
			Says:   "end 204 with its head: no Transfer-Encoding, no text behind it",
			Hand:   "echo hi > $ROOT/a.txt; curl -si -X DELETE http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				emptied(t, func(a *answer) {
					a.judge("9112 6.1")
					if surplus, at, _ := a.c.end(); len(surplus) > 0 {
						t.Fail(at, "nothing behind the head", amount(len(surplus))+": "+quote(surplus))
					}
				})
			},
		},
	}
}

// emptied judges the answers to a PUT that replaces and a DELETE, where they are 204.
func emptied(t *check.T, judge func(a *answer)) {
	f := plant(t, ".txt")
	for _, req := range []string{
		withBody(t, "PUT", f.target, t.Text(30), "Connection: close"),
		request(t, "DELETE", f.target, "Connection: close"),
	} {
		a := dial(t).ask(req)
		a.needStatus(200, 204)
		if a.Status == 204 {
			judge(a)
		}
		a.c.Close()
	}
}
