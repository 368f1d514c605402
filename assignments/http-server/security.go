package httpserver

import (
	"bytes"
	"path/filepath"

	"github.com/wiregrade/wiregrade/harness/check"
)

// security are the rules on getting out of the document root, and on bytes that mean something to others.
func security() []check.Check {
	list := []check.Check{
		escape("dot-dot", "refuse a path that leads above the document root: .. is the folder above",
			"/../secret.txt", func(s secret) string { return "/../" + s.name }),
		escape("dot-dot-escaped", "look for .. after decoding: %2e%2e is ..",
			"/%2e%2e/secret.txt", func(s secret) string { return "/%2e%2E/" + s.name }),
		escape("slash-escaped", "split a path before you decode it, or look at it after: ..%2f leads up too",
			"/..%2fsecret.txt", func(s secret) string { return "/..%2f" + s.name }),
		escape("backslash", "do not take a backslash for a slash",
			"/..%5csecret.txt", func(s secret) string { return `/..%5c` + s.name }, func(s secret) string { return `/..\` + s.name }),
		escape("escaped-twice", "decode once: %252e%252e is no ..",
			"/%252e%252e/secret.txt", func(s secret) string { return "/%252e%252e/" + s.name }),
		escape("dots-left-over", "do not take ../ out of a path and serve the rest: ....// becomes ../",
			"/....//secret.txt", func(s secret) string { return "/....//" + s.name }),
		escape("second-slash", "do not take what follows //  for a path from the root of the file system",
			"//etc/passwd", func(s secret) string { return "/" + s.path }),
		escape("neighbour", "compare whole names: ROOT-old is not in ROOT, though its path begins alike",
			"/../root-old/secret.txt", func(s secret) string { return "/../" + s.neighbour }),
	}
	list[len(list)-1].Needs = "dot-dot"
	return append(list, []check.Check{
		{
			Name:   "put-outside",
			Clause: check.Course("No way out"),
			Says:   "store nothing outside the document root",
			Hand:   "curl -si --path-as-is -T README.md http://$HOST:$PORT/../made.txt; ls $ROOT/..",
			Run: func(t *check.T) {
				s := hide(t)
				needPut(t)
				t.Judge()
				for _, up := range ups {
					try(t, withBody(t, "PUT", up+s.name, t.Text(40)))
					s.untouched(t)
				}
			},
		},
		{
			Name:   "delete-outside",
			Clause: check.Course("No way out"),
			Says:   "remove nothing outside the document root",
			Hand:   "echo hi > $ROOT/../x.txt; curl -si --path-as-is -X DELETE http://$HOST:$PORT/../x.txt; ls $ROOT/..",
			Run: func(t *check.T) {
				s := hide(t)
				ask(t, request(t, "DELETE", plant(t, ".txt").target)).needStatus(200, 202, 204)
				t.Judge()
				for _, up := range ups {
					try(t, request(t, "DELETE", up+s.name))
					s.untouched(t)
				}
			},
		},
		{
			Name:   "nul",
			Clause: check.Course("Null bytes"),
			Says:   "answer %00 in a path with 400 or 404: a C string would end there and name another file",
			Hand:   "curl -si http://$HOST:$PORT/a.txt%00.html",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				ask(t, request(t, "GET", f.target+"%00."+t.Word(3))).wantStatus(400, 404)
				f.serves(t)
			},
		},
		{
			Name:   "location-split",
			Clause: check.Course("Folders"),
			Says:   "put nothing decoded into Location: %0d%0a would begin a field of the client's own making",
			Hand:   "mkdir -p $ROOT/dir; curl -si 'http://$HOST:$PORT/dir?x=%0d%0aX-Evil:%20yes'",
			Run: func(t *check.T) {
				target, name := folder(t), "X-"+t.Word(6)
				ask(t, request(t, "GET", target)).needStatus(301, 308, 302, 303, 307)
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", target+"?x=%0d%0a"+name+":%20yes"))
				t.Require(!a.Header.Has(name), a.line(name), "no field "+name, "one")
			},
		},
	}...)
}

// A secret is a file outside of the document root.
type secret struct {
	name      string // in the folder that the document root lies in
	neighbour string // the same content in a folder there whose name begins as that of the document root
	path      string // from the root of the file system
	folder    string // one inside of the document root
	content   []byte
}

// hide makes a secret.
func hide(t *check.T) secret {
	dir := t.Folder(root)
	s := secret{name: t.Word(8) + ".txt", folder: t.Word(6), content: []byte(t.Text(60))}
	s.neighbour = filepath.Base(dir.Path) + "-" + t.Word(4) + "/" + t.Word(6) + ".txt"
	s.path = filepath.Join(filepath.Dir(dir.Path), s.name)
	dir.Beside(s.name, s.content)
	dir.Beside(s.neighbour, s.content)
	dir.Mkdir(s.folder)
	return s
}

// escape is a check that no target that the functions make of a secret gives it away.
func escape(name, says, hand string, targets ...func(s secret) string) check.Check {
	return check.Check{
		Name:   name,
		Clause: check.Course("No way out"),
		Says:   says,
		Hand:   "curl -si --path-as-is 'http://$HOST:$PORT" + hand + "'",
		Run: func(t *check.T) {
			s := hide(t)
			plant(t, ".txt").needed(t)
			t.Judge()
			for _, target := range targets {
				a := try(t, request(t, "GET", target(s)))
				if a == nil {
					continue
				}
				if i := bytes.Index(a.Raw, s.content[:identity]); i >= 0 {
					t.Fail(a.place(i, min(len(a.Raw)-i, len(s.content))), "400, 403 or 404", "the file outside")
				}
			}
		},
	}
}

// ups are ways to write the folder above.
var ups = []string{"/../", "/%2e%2e/", "/..%2f"}

// try is ask where the server may also close without an answer: then it gives nil.
func try(t *check.T, request string) *answer {
	c := dial(t)
	defer c.Close()
	c.Send(request)
	return c.nextOrClosed(methodOf(request))
}

// untouched judges that the secret is as it was.
func (s secret) untouched(t *check.T) {
	got, at, ok := t.Folder(root).ReadBeside(s.name)
	switch {
	case !ok:
		t.Fail(at, "the file outside as it was", "no such file any more")
	case !bytes.Equal(got, s.content):
		t.Fail(at, "the file outside as it was", "another content: "+quote(got))
	}
}
