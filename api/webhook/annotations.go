package webhook

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// The lines by which compilers and interpreters name a place: file:line:column:
// message (gcc, clang, go, javac, rustc with an arrow) and Python's File "x", line 3.
var (
	colons = regexp.MustCompile(`^\s*(?:-->\s*)?([^\s:"']+):(\d{1,7})(?::\d+)?(?::\s*(.*))?$`)
	python = regexp.MustCompile(`^\s*File "([^"]+)", line (\d{1,7})`)
)

// most annotations: who has more errors reads the first.
const most = 3 * maxAnnotations

// annotations point to the lines of the submission that its build or its
// start complained about. A place that is not in the submission is not pointed to.
func annotations(run *grader.Run, files []store.File) []*github.CheckRunAnnotation {
	lines := map[string]int{}
	for _, f := range files {
		if f.Mode != store.Link {
			lines[f.Path] = strings.Count(string(f.Data), "\n") + 1
		}
	}
	text := run.Detail
	if run.Build.Failed {
		text = run.Build.Output
	}
	all := []*github.CheckRunAnnotation{}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		m := colons.FindStringSubmatch(line)
		if m == nil {
			if m = python.FindStringSubmatch(line); m == nil {
				continue
			}
			m = append(m, "")
		}
		name := inTree(m[1], lines)
		n, err := strconv.Atoi(m[2])
		if name == "" || err != nil || n < 1 || n > lines[name] || seen[line] {
			continue
		}
		seen[line] = true
		message := oneLine(m[3])
		if message == "" {
			message = oneLine(run.Problem)
		}
		level := "failure"
		if strings.HasPrefix(message, "warning") || strings.HasPrefix(message, "note") {
			level = "warning"
		}
		all = append(all, &github.CheckRunAnnotation{
			Path: github.String(name), StartLine: github.Int(n), EndLine: github.Int(n),
			AnnotationLevel: github.String(level), Message: github.String(clip(message, 1000)),
		})
		if len(all) == most {
			break
		}
	}
	return all
}

// inTree is the submission's file that a name in a message means, "" for none. A
// build says ./server.c, or the whole path in a folder that is gone by now.
func inTree(name string, lines map[string]int) string {
	name = path.Clean(name)
	for {
		if _, ok := lines[name]; ok {
			return name
		}
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return ""
		}
		name = rest
	}
}
