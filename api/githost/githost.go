// Package githost takes submissions by git push: git's own smart HTTP
// (gitprotocol-http) through git http-backend, below /git/. A push to
// /git/COURSE/ASSIGNMENT/LOGIN.git is handed in before its branch moves, and what
// comes of it is told on the pusher's terminal while it happens.
//
// The repositories are only for pushing and fetching: what is graded is read
// from the push into the store, and nothing reads a repository later.
package githost

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/api/door"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Prefix is where the repositories stand.
const Prefix = "/git/"

// Branch is the one that is graded.
const Branch = "main"

// polite is how long a request waits at the door: one push is several requests, and
// the place of the one before is free a moment after its answer has come.
const polite = 2 * time.Second

// ErrNoGit says that there is no git on this machine, or none that serves HTTP.
var ErrNoGit = errors.New("git with its http-backend, 2.31 or later, is not installed")

// Options are what the host stands on.
type Options struct {
	Store store.Store
	Queue store.Queue
	// Assignments are the suites there are: what lateness costs is worked out from points.
	Assignments []grader.Assignment
	Dir         string       // where the repositories are kept
	Log         *slog.Logger // nil means slog.Default()
	// Link is where a run is read, from the service's own address on: "/runs/…". It ends what a push is told.
	Link func(course store.Course, run store.ID) string
	// URL is the service's address as people reach it; "" takes what the client asked for.
	URL string

	Limits        store.Limits  // of a submission; zero means store.DefaultLimits()
	MaxPush       int64         // bytes of one push; 0 means 64 MiB
	MaxRepository int64         // bytes of a repository that takes no more pushes; 0 means 512 MiB
	Each          int           // pushes and fetches of one person at once; 0 means 4
	Open          int           // of all; 0 means 400
	Rate          int           // requests a minute of one person, and wrong tokens of one address; 0 means 600
	Slack         time.Duration // for a client that sends nothing, or too little; 0 means 30 s
	Patience      time.Duration // how long a push stays to see its result; 0 means 30 minutes
}

// A Host serves the repositories.
type Host struct {
	Options
	backend string // git http-backend
	env     []string
	run     string // the hooks and the socket they call
	hooks   *hooks
	door    *door.Door
	gate    *door.Gate
	unpack  chan struct{} // a place for each push that git unpacks
	tidying sync.WaitGroup
}

// New makes the host. ErrNoGit says that this machine cannot be one. program is what git
// runs as the hook: this one, whose main calls Hook first.
func New(o Options, program string) (*Host, error) {
	o.fill()
	h := &Host{Options: o, door: door.New(o.Each, o.Open, polite), gate: door.NewGate(o.Rate), unpack: make(chan struct{}, 8)}
	if err := h.find(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("serve git: %w", err)
	}
	var err error
	// Not below Dir: a socket's path is short.
	if h.run, err = os.MkdirTemp("", "wiregrade-git-"); err != nil {
		return nil, fmt.Errorf("serve git: %w", err)
	}
	if h.hooks, err = h.listen(program); err != nil {
		os.RemoveAll(h.run)
		return nil, fmt.Errorf("serve git: %w", err)
	}
	h.env = h.settings()
	return h, nil
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Limits == (store.Limits{}) {
		o.Limits = store.DefaultLimits()
	}
	o.MaxPush = or(o.MaxPush, 64<<20)
	o.MaxRepository = or(o.MaxRepository, 512<<20)
	o.Each = or(o.Each, 4)
	o.Open = or(o.Open, 400)
	o.Rate = or(o.Rate, 600)
	o.Slack = or(o.Slack, 30*time.Second)
	o.Patience = or(o.Patience, 30*time.Minute)
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// find looks for git's HTTP backend, which stands outside of PATH.
func (h *Host) find() error {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return ErrNoGit
	}
	h.backend = filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(h.backend); err != nil {
		return ErrNoGit
	}
	var major, minor int
	out, err = exec.Command("git", "version").Output()
	if _, scanned := fmt.Sscanf(string(out), "git version %d.%d", &major, &minor); err != nil || scanned != nil {
		return ErrNoGit
	}
	// 2.31 takes its settings from the environment.
	if major < 2 || major == 2 && minor < 31 {
		return ErrNoGit
	}
	return nil
}

// Close ends the host once its requests have ended.
func (h *Host) Close() error {
	h.tidying.Wait()
	return errors.Join(h.hooks.close(), os.RemoveAll(h.run))
}

// ServeHTTP answers git's requests below Prefix.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	want, ok := parse(r)
	if !ok {
		if !h.gate.Bare(w, r) {
			say(w, http.StatusTooManyRequests, often.says)
			return
		}
		say(w, http.StatusNotFound, "this is no repository: its address is "+h.base(r)+Prefix+"COURSE/ASSIGNMENT/LOGIN.git")
		return
	}
	t, refused := h.enter(w, r, want)
	if refused != nil {
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="wiregrade", charset="UTF-8"`)
		}
		say(w, refused.status, refused.says)
		return
	}
	leave, err := h.door.Enter(r.Context(), string(t.person.ID))
	if err != nil {
		full := "too many are pushing at this moment: try again in a minute"
		if errors.Is(err, door.ErrBusy) {
			full = fmt.Sprintf("you have %d pushes or fetches under way: wait for one of them, or stop it", h.Each)
		}
		// A client shows a refusal's text at the first of its requests only.
		if want.push && !want.advertise {
			h.refusePush(w, r, full)
			return
		}
		say(w, http.StatusTooManyRequests, full)
		return
	}
	defer leave()
	if err := h.repository(r.Context(), t); err != nil {
		h.Log.Error("make a repository", "error", err)
		say(w, http.StatusInternalServerError, "a fault of ours: try again, and tell the staff if it stays")
		return
	}
	if want.push && !want.advertise {
		h.receive(w, r, t)
		return
	}
	h.fetch(w, r, t, want)
}

// say answers in one line, which git shows as "remote: …".
func say(w http.ResponseWriter, status int, line string) {
	// Nothing else is shown by git: neither the status's text nor another type.
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(status)
	fmt.Fprintln(w, line)
}

// base is the service's address as the client knows it.
func (h *Host) base(r *http.Request) string {
	switch {
	case h.URL != "":
		return strings.TrimSuffix(h.URL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}
