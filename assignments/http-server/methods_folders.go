package httpserver

import (
	"net/url"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
)

// folders are the rules on targets that are folders.
func folders() []check.Check {
	return []check.Check{
		{
			Name:   "folder-redirect",
			Clause: check.Course("Folders"),
			Says:   "answer a folder without the slash at the end with 301 and a Location that leads to the same path with it",
			Hand:   "mkdir -p $ROOT/x/dir; curl -si http://$HOST:$PORT/x/dir",
			Run: func(t *check.T) {
				target := folder(t)
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", target))
				a.wantStatus(301, 308)
				t.Require(a.Header.Has("Location"), a.head(), "a Location", "no such field")
				leadsTo(a, target, target+"/")
			},
		},
		{
			Name:   "folder-301",
			Clause: check.May(grader.Course, "What is left open"),
			Says:   "prefer 301 to 308 for a folder: older clients know it",
			Needs:  "folder-redirect",
			Hand:   "mkdir -p $ROOT/x/dir; curl -si http://$HOST:$PORT/x/dir",
			Run: func(t *check.T) {
				target := folder(t)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", target)).wantStatus(301)
			},
		},
		{
			Name:   "folder-index",
			Clause: check.Course("Folders"),
			Says:   "answer a path that ends with a slash with the index.html of that folder",
			Hand:   "mkdir -p $ROOT/dir; echo hi > $ROOT/dir/index.html; curl -si http://$HOST:$PORT/dir/",
			Run: func(t *check.T) {
				inner := plantAs(t, folder(t)[1:]+"/index.html", []byte(t.Text(90)))
				top := plantAs(t, "index.html", []byte(t.Text(80)))
				t.Start()
				t.Judge()
				ask(t, request(t, "GET", inner.target[:len(inner.target)-len("index.html")])).wantFile(inner.content)
				ask(t, request(t, "GET", "/")).wantFile(top.content)
			},
		},
		{
			Name:   "folder-without-index",
			Clause: check.Course("Folders"),
			Says:   "answer a folder that has no index.html with 404 (or 403): no list of its files, no empty 200",
			Hand:   "mkdir -p $ROOT/empty; curl -si http://$HOST:$PORT/empty/",
			Run: func(t *check.T) {
				target := folder(t)
				ask(t, request(t, "GET", "/"+t.Word(9)+"/")).needStatus(404, 403)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", target+"/")).wantStatus(404, 403)
			},
		},
	}
}

// folder makes a folder in a folder, with a file in it, and gives its path.
func folder(t *check.T) string {
	name := t.Word(6) + "/" + t.Word(6)
	plantAs(t, name+"/"+t.Word(6)+".txt", []byte(t.Text(60)))
	return "/" + name
}

// leadsTo judges that the Location of an answer to target leads to the path want on the same server.
func leadsTo(a *answer, target, want string) {
	t := a.c.t
	location := a.Header.Get("Location")
	base := &url.URL{Scheme: "http", Host: t.Addr(), Path: target}
	got, err := base.Parse(location)
	if err != nil {
		t.Fail(a.line("Location"), "a URI", quote([]byte(location)))
	}
	t.Require(got.Scheme == "http" && got.Host == t.Addr() && got.Path == want, a.line("Location"), "a URI that means "+want, quote([]byte(location)))
}
