// Package rig has the service as its users have it, for the demonstration and
// the benchmark: the program built, started as a process, asked over HTTP and by git.
package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Dir makes a folder that PostgreSQL's account may enter, also for root; the caller removes it.
func Dir() (string, error) {
	dir, err := os.MkdirTemp("", "wiregrade-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	return dir, err
}

// Module is the folder of the module that the caller stands in.
func Module(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Build makes the program from the module that the caller stands in, and gives its path.
func Build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "grader")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/wiregrade/wiregrade/cmd/grader")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the grader, in the module: %w", err)
	}
	return program, nil
}

// A Service is a running grader serve.
type Service struct {
	URL   string
	Token string // the admin's
	proc  *Process
}

// Start starts the program as a service and waits until it answers. Its log goes to dir/serve.log.
func Start(ctx context.Context, program, dir string, env []string, more ...string) (*Service, error) {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "", "--data", filepath.Join(dir, "data"), "--allow-unisolated"}, more...)
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	// A file: what was written before the log said so can be read from it then.
	out, err := os.Create(filepath.Join(dir, "serve.out"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout = out
	p, err := launch(ctx, cmd, filepath.Join(dir, "serve.log"), "msg=serving")
	if err != nil {
		return nil, err
	}
	_, address, _ := strings.Cut(p.ready, "address=")
	address, _, _ = strings.Cut(address, " ")
	s := &Service{URL: "http://" + address, proc: p}
	printed, err := os.ReadFile(out.Name())
	_, s.Token, _ = strings.Cut(strings.TrimSpace(string(printed)), "once: ")
	return s, err
}

// Stop ends the service as an operator does.
func (s *Service) Stop() error { return s.proc.Stop() }

// CPU is the processor time that the service took, once it is stopped, with what it started and waited for.
func (s *Service) CPU() time.Duration { return s.proc.CPU() }

// Work starts the program as a worker and waits until it works.
func Work(ctx context.Context, program, dir, name string, env []string, more ...string) (*Process, error) {
	cmd := exec.Command(program, append([]string{"work", "--name", name, "--allow-unisolated"}, more...)...)
	cmd.Env = append(os.Environ(), env...)
	return launch(ctx, cmd, filepath.Join(dir, name+".log"), "msg=working")
}

// A Process is a running program of ours.
type Process struct {
	cmd   *exec.Cmd
	ready string // the line that said so
	done  chan error
}

// launch starts the command and waits for the line of its log that has the mark.
func launch(ctx context.Context, cmd *exec.Cmd, log string, mark string) (*Process, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	stderr, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = w
	// Ctrl-C at our terminal is ours to hear first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, done: make(chan error, 1)}
	ready := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer f.Close()
		lines := bufio.NewReader(stderr)
		for {
			line, err := lines.ReadString('\n')
			f.WriteString(line)
			if strings.Contains(line, mark) {
				select {
				case ready <- strings.TrimSpace(line):
				default:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	go func() { p.done <- cmd.Wait() }()
	select {
	case p.ready = <-ready:
		return p, nil
	case err := <-p.done:
		<-read
		said, _ := os.ReadFile(log)
		return nil, fmt.Errorf("%s ended: %w: %s", cmd.Args[1], err, bytes.TrimSpace(said))
	case <-ctx.Done():
		cmd.Process.Kill()
		return nil, ctx.Err()
	}
}

// Stop ends the process with SIGTERM and waits for it.
func (p *Process) Stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.done:
		return err
	case <-time.After(2 * time.Minute):
		p.cmd.Process.Kill()
		return fmt.Errorf("%s did not end on SIGTERM and was killed", p.cmd.Args[1])
	}
}

// CPU is the processor time that the process took, once it is stopped.
func (p *Process) CPU() time.Duration {
	if s := p.cmd.ProcessState; s != nil {
		return s.UserTime() + s.SystemTime()
	}
	return 0
}

// maxAnswer bounds an answer of the API.
const maxAnswer = 64 << 20

// Do asks the API; body and into may be nil. An answer that is no success is an error with its words.
func (s *Service) Do(ctx context.Context, token, method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+"/api/v1"+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, path, err)
	case res.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, bytes.TrimSpace(data))
	case into == nil:
		return nil
	}
	if raw, ok := into.(*[]byte); ok {
		*raw = data
		return nil
	}
	return json.Unmarshal(data, into)
}

// A Course is one with an assignment and students who may push to it.
type Course struct {
	Name, Assignment string
	Tokens           map[string]string // by login
}

// MakeCourse makes a course by the API.
func (s *Service) MakeCourse(ctx context.Context, name, assignment string, students ...string) (*Course, error) {
	c := &Course{Name: name, Assignment: assignment, Tokens: map[string]string{}}
	asked := []struct {
		path string
		body any
	}{
		{"/courses", map[string]any{"name": name, "title": name}},
		{"/courses/" + name + "/assignments", map[string]any{"name": assignment, "title": assignment, "suite": assignment}},
	}
	for _, a := range asked {
		if err := s.Do(ctx, s.Token, http.MethodPost, a.path, a.body, nil); err != nil {
			return nil, err
		}
	}
	for _, login := range students {
		if err := s.Do(ctx, s.Token, http.MethodPost, "/people", map[string]any{"login": login, "name": login}, nil); err != nil {
			return nil, err
		}
		if err := s.Do(ctx, s.Token, http.MethodPut, "/courses/"+name+"/members/"+login, map[string]any{"role": "student"}, nil); err != nil {
			return nil, err
		}
		var token struct{ Secret string }
		if err := s.Do(ctx, s.Token, http.MethodPost, "/people/"+login+"/tokens", map[string]any{"name": "git"}, &token); err != nil {
			return nil, err
		}
		c.Tokens[login] = token.Secret
	}
	return c, nil
}

// Remote is the address of a student's repository, with their token in it.
func (s *Service) Remote(c *Course, login string) string {
	return strings.Replace(s.URL, "://", "://"+login+":"+c.Tokens[login]+"@", 1) + "/git/" + c.Name + "/" + c.Assignment + "/" + login + ".git"
}

// Git is a git client that nobody's configuration has a say in.
func Git(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=student", "GIT_AUTHOR_EMAIL=student@example.org", "GIT_COMMITTER_NAME=student", "GIT_COMMITTER_EMAIL=student@example.org",
	}
	return cmd
}

// Commit makes the folder a repository with all that is in it as one commit, and adds the remote as grader.
func Commit(ctx context.Context, dir, remote string) error {
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "My work"}, {"remote", "add", "grader", remote},
	} {
		if out, err := Git(ctx, dir, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}
