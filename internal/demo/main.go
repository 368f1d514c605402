// Demo shows the service at work, from nothing: it starts grader serve on its
// private PostgreSQL, makes a course with two students, pushes the homework of
// both by git, and prints their scores as the API gives them.
//
//	go run ./internal/demo
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/wiregrade/wiregrade/internal/rig"
)

const assignment = "http-server"

// A student's folder, and what is told about it.
type student struct {
	login, story string
	fill         func(dir string) error
}

var students = []student{
	{"ann", "Ann wrote one from sockets up", func(dir string) error {
		return os.CopyFS(dir, os.DirFS(filepath.Join("assignments", assignment, "solution", "python")))
	}},
	{"bob", "Bob took the one of Python's library", func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "grader.yaml"), []byte("assignment: "+assignment+"\nrun: exec python3 -m http.server -b $HOST -d $ROOT $PORT\n"), 0o644)
	}},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) (err error) {
	dir, err := rig.Dir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	say("The grader is built, and started on a private PostgreSQL")
	program, err := rig.Build(ctx, dir)
	if err != nil {
		return err
	}
	s, err := rig.Start(ctx, program, dir, []string{"DATABASE_URL="})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	fmt.Println("it answers at", s.URL)
	say("A course, %s, is made by its API, with two students", assignment)
	var logins []string
	for _, x := range students {
		logins = append(logins, x.login)
	}
	c, err := s.MakeCourse(ctx, "net", assignment, logins...)
	if err != nil {
		return err
	}
	for _, x := range students {
		say("%s", x.story)
		if err := push(ctx, s, c, x, filepath.Join(dir, x.login)); err != nil {
			return err
		}
	}
	say("GET /api/v1/courses/net/marks")
	var marks []byte
	if err := s.Do(ctx, s.Token, http.MethodGet, "/courses/net/marks", nil, &marks); err != nil {
		return err
	}
	return show(marks)
}

func say(format string, args ...any) { fmt.Printf("\n== "+format+"\n", args...) }

// push hands in a student's folder; what git prints is printed as it comes.
func push(ctx context.Context, s *rig.Service, c *rig.Course, x student, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := x.fill(dir); err != nil {
		return err
	}
	if err := rig.Commit(ctx, dir, s.Remote(c, x.login)); err != nil {
		return err
	}
	fmt.Println("$ git push grader main")
	cmd := rig.Git(ctx, dir, "push", "grader", "main")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	return cmd.Run()
}

// show prints the marks as the API has them, without the rest of the answer.
func show(marks []byte) error {
	var all struct{ Items []json.RawMessage }
	if err := json.Unmarshal(marks, &all); err != nil {
		return err
	}
	for _, m := range all.Items {
		var out bytes.Buffer
		if err := json.Compact(&out, m); err != nil {
			return err
		}
		fmt.Println(out.String())
	}
	return nil
}
