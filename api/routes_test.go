package api

import (
	"archive/tar"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

const csvType, archiveType = "text/csv", "application/octet-stream"

func TestPeople(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	var page struct {
		Items []Person
		Next  string
	}
	x.json(x.do("root", "GET", "/people?limit=4", ""), &page)
	require.Len(t, page.Items, 4)
	x.json(x.do("root", "GET", "/people?limit=4&after="+page.Next, ""), &page)
	require.Len(t, page.Items, 2)

	a := x.do("root", "GET", "/people/ann", "")
	tag := a.Header.Get("ETag")
	require.Equal(t, 304, x.do("root", "GET", "/people/ann", "", "If-None-Match", tag).StatusCode)
	const disable = `{"name":"Ann","email":"ann@example.org","admin":false,"disabled":true}`
	require.Equal(t, 428, x.do("root", "PUT", "/people/ann", disable).StatusCode)
	a = x.do("root", "PUT", "/people/ann?why=left", disable, "If-Match", tag)
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, 412, x.do("root", "PUT", "/people/ann", disable, "If-Match", tag).StatusCode)
	require.Equal(t, 401, x.do("ann", "GET", "/me", "").StatusCode, "who is disabled may do nothing")
	a = x.do("root", "PUT", "/people/ann", strings.Replace(disable, "true", "false", 1), "If-Match", a.Header.Get("ETag"))
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, 200, x.do("ann", "GET", "/me", "").StatusCode)

	tag = x.do("root", "GET", "/people/root", "").Header.Get("ETag")
	for _, body := range []string{`{"name":"","email":"","admin":false,"disabled":false}`, `{"name":"","email":"","admin":true,"disabled":true}`} {
		require.Equal(t, 422, x.do("root", "PUT", "/people/root", body, "If-Match", tag).StatusCode, "no admin locks themselves out")
	}

	var made Token
	x.json(x.do("root", "POST", "/people/bob/tokens?why=lost", `{"name":"again","rights":"read"}`), &made)
	x.tokens["bobs"] = made.Secret
	var me Person
	x.json(x.do("bobs", "GET", "/me", ""), &me)
	require.Equal(t, "bob", me.Login)
	require.Equal(t, 404, x.do("root", "POST", "/people/nobody/tokens", `{"name":"x"}`).StatusCode)
}

func TestRoster(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	post := func(as, query, body string) answer {
		return x.do(as, "POST", "/courses/net/members"+query, body, "Content-Type", csvType)
	}
	var out struct{ Items []Enrolled }
	a := post("prof", "?tokens=true", "login\nvic\n")
	require.Equal(t, 403, a.StatusCode, "a token would reach courses that are not theirs: %s", a.body)
	require.Equal(t, 404, x.do("root", "GET", "/people/vic", "").StatusCode)
	require.Equal(t, 200, post("prof", "", "login\nvic\n").StatusCode)
	require.Equal(t, 204, x.do("prof", "DELETE", "/courses/net/members/vic", "").StatusCode)
	a = post("root", "?tokens=true&why=term", "\ufeffEmail;Login;Name\r\nzoe@example.org;Zoe;\"Zoë; Ångström\"\r\n;ann;\r\n")
	x.json(a, &out)
	require.Len(t, out.Items, 2)
	require.Equal(t, "zoe", out.Items[0].Login)
	require.True(t, out.Items[0].Made)
	require.Equal(t, Enrolled{Login: "ann", Role: store.Student, Was: store.Student}, out.Items[1], "no token for an account that is there")
	x.tokens["zoe"] = out.Items[0].Token
	var me Person
	x.json(x.do("zoe", "GET", "/me", ""), &me)
	require.Equal(t, "Zoë; Ångström", me.Name)
	require.Equal(t, 200, x.do("zoe", "GET", "/courses/net", "").StatusCode)
	out.Items = nil
	x.json(post("root", "?tokens=true", "login,role\nzoe,ta\n"), &out)
	require.Equal(t, []Enrolled{{Login: "zoe", Role: store.TA, Was: store.Student}}, out.Items)

	for body, says := range map[string]string{
		"\n":                             "names the columns",
		"name\nx\n":                      "no column login",
		"login,mail\nx,y\n":              `unknown column \"mail\"; did you mean email?`,
		"login,login\nx,y\n":             "there twice",
		"login\n":                        "nobody stands",
		"login\nfine\nNot A Login\n":     "line 3:",
		"login\nfine\n\nfine\n":          "line 4: fine stands in line 2 already",
		"login,role\nfine,king\n":        `unknown role \"king\"`,
		"login,name\nfine\n":             "line 2: wrong number of fields",
		"login,name\nfine,\"open\nx,y\n": "line ",
		"login\nf\xfcr\n":                "not UTF-8",
		"login\nf\x00\n":                 "not UTF-8",
	} {
		a := post("prof", "", body)
		require.Equal(t, 422, a.StatusCode, "%q: %s", body, a.body)
		require.Contains(t, a.body, says, "%q", body)
	}
	require.Equal(t, 404, x.do("root", "GET", "/people/fine", "").StatusCode, "all or none")
	require.Equal(t, 413, post("prof", "", "login\n"+strings.Repeat("x", maxRoster)).StatusCode)
	require.Equal(t, 403, post("ta", "", "login\nx\n").StatusCode)
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path = "/courses/net/repositories"
	bind := func(login, kind, remote, branch string) answer {
		return x.do("ta", "POST", path, fmt.Sprintf(`{"assignment":"upper","login":%q,"kind":%q,"remote":%q,"branch":%q}`, login, kind, remote, branch))
	}
	a := bind("ann", "github", "Ann-X/net.work", "main")
	require.Equal(t, 201, a.StatusCode, a.body)
	var made Repository
	x.json(a, &made)
	require.Equal(t, Repository{ID: made.ID, Assignment: "upper", Login: "ann", Kind: "github", Remote: "Ann-X/net.work", Branch: "main"}, made)
	require.Equal(t, 409, bind("bob", "github", "ann-x/NET.work", "").StatusCode, "it is ann's, whatever the case")
	require.Equal(t, 201, bind("bob", "git", "https://git.example.org/bob/net.git", "").StatusCode)
	require.Equal(t, 404, bind("eve", "github", "eve/net", "").StatusCode, "not in the course")
	for _, bad := range [][3]string{
		{"github", "ann", ""}, {"github", "ann/net.git", ""}, {"github", "-x/net", ""}, {"github", "ann/..", ""}, {"github", "ann/net/x", ""}, {"github", "https://github.com/ann/net", ""},
		{"git", "ssh://git@example.org/x", ""}, {"git", "file:///etc", ""}, {"git", "--upload-pack=x", ""}, {"git", "https://ann:secret@example.org/x", ""}, {"git", "http://example.org/x", ""},
		{"github", "ann/other", "--force"}, {"github", "ann/other", "a..b"}, {"github", "ann/other", "a b"},
	} {
		a := bind("ann", bad[0], bad[1], bad[2])
		require.Equal(t, 422, a.StatusCode, "%v: %s", bad, a.body)
		require.NotContains(t, a.body, "secret")
	}
	var page struct {
		Items []Repository
		Next  string
	}
	x.json(x.do("ann", "GET", path, ""), &page)
	require.Equal(t, []Repository{made}, page.Items)
	x.json(x.do("ta", "GET", path+"?limit=1", ""), &page)
	require.Len(t, page.Items, 1)
	x.json(x.do("ta", "GET", path+"?limit=1&after="+page.Next, ""), &page)
	require.Len(t, page.Items, 1)
	require.Equal(t, 204, x.do("ta", "DELETE", path+"/"+string(made.ID), "").StatusCode)
	require.Equal(t, 404, x.do("ta", "DELETE", path+"/"+string(made.ID), "").StatusCode)
	require.Equal(t, 201, bind("bob", "github", "ann-x/net.work", "").StatusCode)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	path := "/courses/net/submissions/" + string(sub.ID)
	var page struct {
		Items []TreeFile
		Next  string
	}
	x.json(x.do("ann", "GET", path+"/files?limit=2", ""), &page)
	require.Len(t, page.Items, 2)
	require.Equal(t, "server", page.Next)
	require.Equal(t, store.Executable, page.Items[1].Mode)
	x.json(x.do("ann", "GET", path+"/files?limit=2&after="+page.Next, ""), &page)
	require.Equal(t, []TreeFile{{"sub/link", store.Link, 9, page.Items[0].SHA256}}, page.Items)

	a := x.do("ta", "GET", path+"/file?path=grader.yaml", "")
	require.Equal(t, "run: ./server\n", a.body)
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	require.Equal(t, 304, x.do("ann", "GET", path+"/file?path=grader.yaml", "", "If-None-Match", a.Header.Get("ETag")).StatusCode)
	require.Equal(t, "../server", x.do("ann", "GET", path+"/file?path=sub/link", "").body)
	for _, bad := range []string{"", "?path=", "?path=/etc/passwd", "?path=../grader.yaml", "?path=sub"} {
		require.Equal(t, 404, x.do("ann", "GET", path+"/file"+bad, "").StatusCode, bad)
	}
	a = x.do("ann", "GET", path+"/archive", "")
	files, err := archive.Unpack([]byte(a.body), store.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, sub.Tree, store.TreeHash(files))
	require.Equal(t, 304, x.do("ann", "GET", path+"/archive", "", "If-None-Match", a.Header.Get("ETag")).StatusCode)
}

func TestHandInFor(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path = "/courses/net/assignments/upper/members/ann/submissions"
	good := tarball(tar.Header{Name: "grader.yaml"})
	post := func(as, query, body string) answer {
		return x.do(as, "POST", path+query, body, "Content-Type", archiveType, "Idempotency-Key", aKey)
	}
	a := x.do("ann", "POST", "/courses/net/assignments/upper/submissions", good, "Content-Type", archiveType, "Idempotency-Key", aKey)
	require.Equal(t, 201, a.StatusCode, a.body)
	a = post("ta", "?why=by+mail", good)
	require.Equal(t, 201, a.StatusCode, "the student's key is not the staff's: "+a.body)
	var sub Submission
	x.json(a, &sub)
	require.Equal(t, x.Ann.ID, sub.Person)
	require.Equal(t, 201, post("ta", "?why=by+mail", good).StatusCode)
	require.Equal(t, 422, post("ta", "", good).StatusCode, "for another reason")
	require.Equal(t, 403, post("bob", "", good).StatusCode)

	upper := x.Upper
	upper.Due = upper.Created // long ago
	_, err := x.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	late := tarball(tar.Header{Name: "late"})
	a = x.do("ta", "POST", path, late, "Content-Type", archiveType)
	require.Equal(t, 403, a.StatusCode, a.body)
	a = x.do("ta", "POST", path+"?waive=true&why=ill", late, "Content-Type", archiveType)
	require.Equal(t, 201, a.StatusCode, a.body)
	a = x.do("ta", "POST", strings.Replace(path, "ann", "eve", 1), late, "Content-Type", archiveType)
	require.Equal(t, 404, a.StatusCode, a.body)

	var trail struct{ Items []Entry }
	x.json(x.do("prof", "GET", "/courses/net/audit?limit=3", ""), &trail)
	require.Equal(t, []string{"submit", "ill", string(x.ta.ID)}, []string{trail.Items[0].Action, trail.Items[0].Why, string(trail.Items[0].By)})
	require.Equal(t, "by mail", trail.Items[2].Why)
}

func TestScores(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	turn := x.grade()
	x.MustSubmit(t, x.Bob, "1")
	const path = "/courses/net/assignments/upper/submissions"
	var page struct{ Items []Submission }
	x.json(x.do("ann", "GET", path, ""), &page)
	require.Nil(t, page.Items[0].Score, "not asked for")
	x.json(x.do("ta", "GET", path+"?scores=true", ""), &page)
	require.Len(t, page.Items, 2)
	require.Nil(t, page.Items[0].Score, "not graded")
	require.Equal(t, &Score{turn.Run, 10, 15}, page.Items[1].Score)
	x.json(x.do("ta", "GET", path+"?login=ann", ""), &page)
	require.Len(t, page.Items, 1)
	require.Equal(t, sub.ID, page.Items[0].ID)
	x.json(x.do("ann", "GET", path+"?login=ann", ""), &page)
	require.Len(t, page.Items, 1)
	require.Equal(t, 404, x.do("ann", "GET", path+"?login=bob", "").StatusCode)
	var marks struct{ Items []Marks }
	x.json(x.do("ta", "GET", "/courses/net/marks?login=ann", ""), &marks)
	require.Len(t, marks.Items, 1)
	require.Equal(t, 10.0, marks.Items[0].Assignments[0].Points)
	require.Equal(t, 404, x.do("ann", "GET", "/courses/net/marks?login=bob", "").StatusCode)

	upper := x.Upper
	upper.Visible = map[string]policy.Visibility{"secret": "never"}
	_, err := x.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	x.json(x.do("ann", "GET", path+"?scores=true", ""), &page)
	require.Equal(t, 10.0, page.Items[0].Score.Max, "what is hidden has no points")
	body := x.do("ann", "GET", "/courses/net/runs/"+string(turn.Run)+"/record", "").body
	require.Contains(t, body, "word/right")
	require.NotContains(t, body, "secret")
	require.Contains(t, x.do("ta", "GET", "/courses/net/runs/"+string(turn.Run)+"/record", "").body, "secret/trap")
}

func TestRules(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	tag := x.do("prof", "GET", "/courses/net", "").Header.Get("ETag")
	put := func(pass string) answer {
		return x.do("prof", "PUT", "/courses/net", `{"name":"net","title":"Net","pass":`+pass+`}`, "If-Match", tag)
	}
	for pass, says := range map[string]string{
		`{"at_least":-1}`:    "at_least",
		`{"percent":101}`:    "percent",
		`{"percent":-1}`:     "percent",
		`{"must":["uper"]}`:  "did you mean upper?",
		`{"must":["other"]}`: "there are upper",
	} {
		a := put(pass)
		require.Equal(t, 422, a.StatusCode, pass)
		require.Contains(t, a.body, says)
	}
	a := put(`{"at_least":5,"must":["upper"],"percent":50}`)
	require.Equal(t, 200, a.StatusCode, a.body)
	require.Equal(t, 422, x.do("root", "POST", "/courses", `{"name":"x","title":"","pass":{"must":["upper"]}}`).StatusCode)

	make := func(body string) answer {
		return x.do("prof", "POST", "/courses/net/assignments", `{"name":"two","title":"Two","suite":"tcp-upper-server",`+body+`}`)
	}
	for body, says := range map[string]string{
		`"visible":{"secret":"after-due"}`:                                   "there is no due date",
		`"visible":{"secrt":"never"}`:                                        "did you mean secret?",
		`"rubric":[{"group":"words","points":1}]`:                            "did you mean word?",
		`"visible":{"secret":"sometimes"}`:                                   "visibility",
		`"suite":"tcp-upper-sever","visible":{}`:                             "did you mean tcp-upper-server?",
		`"visible":{"secret":"after-due"},"due":""`:                          "due",
		`"late":{"days":3,"per_day":-1}`:                                     "per_day",
		`"late":{"days":99999999999}`:                                        "days",
		`"late":{"slack":"soon"}`:                                            "slack",
		`"late":{"slack":"25h"}`:                                             "from 0 to 24h",
		`"limit":{"total":-1}`:                                               "total",
		`"limit":{"burst":1}`:                                                "belong together",
		`"limit":{"burst":1,"every":0.0000036}`:                              "from 1s",
		`"opens":"2026-02-01T00:00:00Z","due":"2026-01-01T00:00:00Z"`:        "after it is due",
		`"rubric":[{"group":"word","points":1},{"group":"word","points":2}]`: "twice",
		`"rubric":[{"group":"word","points":1e300}]`:                         "points",
	} {
		a := make(body)
		require.Equal(t, 422, a.StatusCode, "%s: %s", body, a.body)
		require.Contains(t, a.body, says, body)
	}
	require.Equal(t, 201, make(`"visible":{"secret":"after-due"},"due":"2999-01-01T00:00:00Z","limit":{"burst":1,"every":3600},"late":{"slack":"90s"}`).StatusCode)
	two, err := x.AssignmentByName(t.Context(), x.Course.ID, "two")
	require.NoError(t, err)
	require.Equal(t, policy.Limit{Burst: 1, Every: time.Hour}, two.Limit, "a number is of seconds")
	require.Equal(t, 90*time.Second, two.Late.Slack)
	require.Contains(t, x.do("ann", "GET", "/courses/net/assignments/two", "").body, `"every":"1h0m0s"`)
	a = x.do("prof", "GET", "/courses/net/assignments/upper", "")
	a = x.do("prof", "PUT", "/courses/net/assignments/upper", strings.Replace(a.body, `"upper"`, `"renamed"`, 1), "If-Match", a.Header.Get("ETag"))
	require.Equal(t, 422, a.StatusCode)
	require.Contains(t, a.body, "pass rule names upper")
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const path = "/courses/net/assignments/upper/overrides"
	require.Equal(t, 404, x.do("ta", "DELETE", path+"/ann", "").StatusCode)
	require.Equal(t, 204, x.do("ta", "PUT", path+"/ann?why=oral", `{"points":12}`).StatusCode)
	require.Equal(t, 204, x.do("ta", "PUT", path+"/ann?why=typo", `{"group":"word","points":3}`).StatusCode)
	require.Equal(t, 204, x.do("ta", "PUT", path+"/bob?why=oral", `{"points":1}`).StatusCode)
	for body, says := range map[string]string{`{"points":1e300}`: "points", `{"points":-5}`: "points", `{"group":"nogroup","points":1}`: "there are secret, word"} {
		a := x.do("ta", "PUT", path+"/ann?why=oral", body)
		require.Equal(t, 422, a.StatusCode, body)
		require.Contains(t, a.body, says)
	}
	for _, body := range []string{`{"points":15.5}`, `{"points":150}`, `{"group":"word","points":10.5}`} {
		a := x.do("ta", "PUT", path+"/bob?why=oral", body)
		require.Equal(t, 422, a.StatusCode, body)
		require.Regexp(t, `there are 1[05] points: send .*bonus.* with more, if that is meant`, a.body)
	}
	require.Equal(t, 204, x.do("ta", "PUT", path+"/bob?why=oral", `{"points":15.5,"bonus":true}`).StatusCode)
	var all struct{ Items []Override }
	x.json(x.do("ta", "GET", path, ""), &all)
	require.Len(t, all.Items, 3)
	require.Equal(t, 15.5, all.Items[2].Points)
	require.Equal(t, "oral", all.Items[0].Why)
	require.Equal(t, 204, x.do("ta", "DELETE", path+"/ann?why=wrong", "").StatusCode)
	x.json(x.do("ann", "GET", path, ""), &all)
	require.Len(t, all.Items, 1, "one's own")
	require.Equal(t, "word", all.Items[0].Group)
	require.Equal(t, 204, x.do("ta", "DELETE", path+"/ann?group=word", "").StatusCode)
	x.json(x.do("ann", "GET", path, ""), &all)
	require.Empty(t, all.Items)
}

// TestRegradeFilters has three submissions and asks how many each filter selects.
func TestRegradeFilters(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sub := x.MustSubmit(t, x.Ann, "1")
	x.grade()
	x.MustSubmit(t, x.Bob, "1")
	x.grade()
	noon := sub.Received.UTC().Format("2006-01-02T15:04:05.999999Z")
	for _, tt := range []struct {
		body string
		want int
	}{
		{``, 2}, {`"assignment":"upper"`, 2}, {`"login":"ann"`, 1}, {`"verdict":"fail"`, 2}, {`"verdict":"weak"`, 0},
		{`"check":"secret/trap","verdict":"fail"`, 2}, {`"check":"word/right","verdict":"fail"`, 0}, {`"check":"none/such"`, 0},
		{`"until":"` + noon + `"`, 0}, {`"since":"` + noon + `"`, 2}, {`"since":"2999-01-01T00:00:00Z"`, 0}, {`"submission":"` + string(sub.ID) + `"`, 1},
		{`"outdated":true`, 0},
	} {
		more := tt.body
		if more != "" {
			more = "," + more
		}
		for range 2 {
			a := x.do("ta", "POST", "/courses/net/regrade", `{"dry_run":true`+more+`}`)
			require.Equal(t, http.StatusOK, a.StatusCode, a.body)
			require.Contains(t, a.body, fmt.Sprintf(`"queued":%d`, tt.want), tt.body)
		}
	}
	require.Equal(t, 404, x.do("ta", "POST", "/courses/net/regrade", `{"assignment":"nothing"}`).StatusCode)
	a := x.do("ta", "POST", "/courses/net/regrade", `{"login":"ann"}`)
	require.Equal(t, 202, a.StatusCode)
	require.Contains(t, a.body, `"queued":1`)
	require.Contains(t, x.do("ta", "POST", "/courses/net/regrade", `{"dry_run":true}`).body, `"queued":1`, "one stands in line")
}

// TestAdminIsNoStudent has an instructor enrol an admin as a student, who would have marks and be in the
// gradebook, by either way: nobody is enrolled.
func TestAdminIsNoStudent(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, a := range []answer{
		x.do("prof", "PUT", "/courses/net/members/root", `{"role":"student"}`),
		x.do("prof", "POST", "/courses/net/members", "login,role\nzoe,student\nroot,student\n", "Content-Type", "text/csv"),
	} {
		require.Equal(t, 422, a.StatusCode, a.body)
		require.Contains(t, a.body, "root is an admin's account, and no student's")
	}
	members := x.do("prof", "GET", "/courses/net/members", "").body
	require.NotContains(t, members, "root")
	require.NotContains(t, members, "zoe")
	require.Equal(t, 204, x.do("prof", "PUT", "/courses/net/members/root", `{"role":"ta"}`).StatusCode)
	require.Equal(t, 204, x.do("root", "PUT", "/courses/net/members/root", `{"role":"student"}`).StatusCode, "who tries the course out")
}
