package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/internal/client"
)

// Where a session is taken from in place of the stored login: for CI.
const (
	urlEnv   = "WIREGRADE_URL"
	tokenEnv = "WIREGRADE_TOKEN"
)

// A session is the service as one person.
type session struct {
	*client.Client
	login string // "" until it is asked for, when the environment has the token
}

// openSession takes the environment's service and token, else the stored login.
func openSession() (*session, error) {
	address, token := os.Getenv(urlEnv), os.Getenv(tokenEnv)
	if address != "" || token != "" {
		if address == "" || token == "" {
			return nil, usage("set both, or neither and grader login", "of %s and %s one is set alone", urlEnv, tokenEnv)
		}
		base, err := client.CheckURL(address, false)
		if err != nil {
			return nil, usage("", "%s: %v", urlEnv, err)
		}
		return &session{client.New(base, token), ""}, nil
	}
	l, err := client.LoadLogin()
	var open *client.OpenError
	switch {
	case errors.As(err, &open):
		return nil, usage(fmt.Sprintf("chmod 600 %s; if somebody may have read it, have a new token made", open.Path), "%v", open)
	case errors.Is(err, client.ErrLoggedOut):
		return nil, usage("grader login https://…, with the service's address and the token that you were given", "%v", err)
	case err != nil:
		return nil, usage("", "%v", err)
	}
	return &session{client.New(l.URL, l.Token), l.Login}, nil
}

// me is the person's login.
func (s *session) me(ctx context.Context) (string, error) {
	if s.login == "" {
		p, err := s.Me(ctx)
		if err != nil {
			return "", served(err)
		}
		s.login = p.Login
	}
	return s.login, nil
}

// served is an error of the service, or of the way to it, with what to do about it.
func served(err error) error {
	var problem *client.Problem
	var unreachable *client.UnreachableError
	var strange *client.StrangeError
	switch {
	case errors.Is(err, context.Canceled):
		return &exitError{code: exitFault, text: "interrupted"}
	case errors.As(err, &unreachable):
		return &exitError{exitFault, err.Error(), "is it the right address, and is the network there? grader login URL changes the address"}
	case errors.As(err, &strange):
		return &exitError{exitFault, err.Error(), "is it the right address? grader login URL changes it"}
	case errors.As(err, &problem):
		return refused(problem)
	}
	return fault("%v", err)
}

// refused says what the service refused, and what to do.
func refused(p *client.Problem) error {
	e := &exitError{code: exitUsage, text: p.Error()}
	switch {
	case p.Status == 401:
		e.text = "the service does not take your token: it was revoked, has expired, or is for another service"
		e.hint = "grader login with a new one; your teacher can make it"
	case p.Status == 403 && (p.Reason() == "closed" || p.Reason() == "not-open"):
		e.hint = "nothing was handed in; your teacher can move the date for you"
	case p.Status == 429 && p.Reason() == "limit":
		e.hint = "nothing was handed in; grader check grades here, as often as you like"
	case p.Status == 429:
		e.code, e.hint = exitFault, "wait a minute, and try again"
		if p.RetryAfter != "" {
			e.hint = fmt.Sprintf("try again in %s s", p.RetryAfter)
		}
	case p.Status == 403:
		e.hint = "your account may not do this; grader status shows what is yours"
	case p.Status >= 500:
		e.code, e.hint = exitFault, "what was handed in before stays; try again later, and tell the staff if it stays so"
	}
	return e
}

// A place is an assignment of a course.
type place struct {
	course     string
	assignment api.Assignment
}

// String names it as messages do.
func (p place) String() string { return client.Plain(p.course + "/" + p.assignment.Name) }

// A wanted is what the user said of where something is handed in; "" is nothing.
type wanted struct {
	course, assignment string
	// wrong makes the error of a name that is wrong, where the user wrote it.
	wrongCourse, wrongAssignment func(hint, text string) error
}

// courses lists the courses meant: the one named, or all of the person's.
func (s *session) courses(ctx context.Context, name string, wrong func(hint, text string) error) ([]string, error) {
	all, err := s.Courses(ctx)
	if err != nil {
		return nil, served(err)
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	switch {
	case len(names) == 0:
		return nil, usage("ask your teacher to enrol you; grader login says who you are", "you are in no course yet")
	case name == "":
		return names, nil
	case slices.Contains(names, name):
		return []string{name}, nil
	}
	return nil, wrong(suggest(name, names), fmt.Sprintf("you are in no course %q", name))
}

// oneCourse is the course meant where there must be one.
func (s *session) oneCourse(ctx context.Context, name string) (string, error) {
	names, err := s.courses(ctx, name, flagWrong)
	if err != nil {
		return "", err
	}
	if len(names) > 1 {
		return "", usage("name it with --course: "+plainList(names), "you are in %d courses", len(names))
	}
	return names[0], nil
}

// find is the one assignment that is meant: by the name in its course, or by the suite that grades it.
func (s *session) find(ctx context.Context, w wanted) (place, error) {
	courses, err := s.courses(ctx, w.course, w.wrongCourse)
	if err != nil {
		return place{}, err
	}
	var all, byName, bySuite []place
	for _, c := range courses {
		assignments, err := s.Assignments(ctx, c)
		if err != nil {
			return place{}, served(err)
		}
		for _, a := range assignments {
			p := place{c, a}
			all = append(all, p)
			if a.Name == w.assignment {
				byName = append(byName, p)
			}
			if a.Suite == w.assignment {
				bySuite = append(bySuite, p)
			}
		}
	}
	found := byName
	if len(found) == 0 {
		found = bySuite
	}
	if w.assignment == "" {
		found = all
	}
	var names []string
	for _, p := range all {
		names = append(names, p.assignment.Name)
	}
	switch {
	case len(all) == 0:
		return place{}, usage("", "there is no assignment in %s yet", plainList(courses))
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return place{}, w.wrongAssignment(suggest(w.assignment, names), fmt.Sprintf("no assignment %q in %s", w.assignment, plainList(courses)))
	}
	var list []string
	for _, p := range found {
		list = append(list, p.course+"/"+p.assignment.Name)
	}
	hint := "name it with -a, or in grader.yaml (assignment: …): "
	if len(courses) > 1 {
		hint = "name it with --course and -a, or in grader.yaml (course: …, assignment: …): "
	}
	return place{}, usage(hint+plainList(list), "several assignments could be meant")
}

// flagWrong is the error of a name that a flag gave.
func flagWrong(hint, text string) error { return usage(hint, "%s", text) }

// suggest names the nearest and all that there are.
func suggest(name string, names []string) string {
	hint := "there are " + plainList(names)
	if n := nearest.To(name, names); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", client.Plain(n), hint)
	}
	return hint
}

func plainList(names []string) string {
	const most = 20
	var list []string
	for _, n := range names {
		if len(list) == most {
			list = append(list, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		list = append(list, client.Plain(n))
	}
	return strings.Join(list, ", ")
}

// short is an id as the user types it.
func short(id string) string { return client.Plain(id[:min(8, len(id))]) }
