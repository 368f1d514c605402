// Package localpg runs a private PostgreSQL from the binaries installed on this
// machine: a cluster in a folder, reached by a unix socket that only its owner
// may open, started as a child and stopped with its parent.
package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startup is how long PostgreSQL may take until it answers: recovery after a
// crash, or a loaded machine. An idle one needs some 40 ms.
const startup = 30 * time.Second

// user is the owner of the private cluster, its only one.
const user = "wiregrade"

// Options say where and how the cluster is run.
type Options struct {
	Dir string // the data folder, made when it is not there
	// Forgetful gives up durability for speed: a crash of the machine may lose
	// or spoil everything. For tests.
	Forgetful bool
	Settings  map[string]string // further settings, such as max_connections
}

// A Cluster is a running private PostgreSQL.
type Cluster struct {
	o       Options
	bin     string
	sockets string // the folder of the unix socket
	owner   *owner

	mu   sync.Mutex
	proc *process
}

// A process is one life of the postmaster.
type process struct {
	cmd  *exec.Cmd
	out  *tail
	done chan struct{}
}

// Start makes the cluster where there is none, starts it and waits until it
// answers. A *MissingError says how to install PostgreSQL where there is none.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start a private PostgreSQL: %w", err)
	}
	o.Dir = dir
	c := &Cluster{o: o}
	if c.owner, err = pickOwner(); err != nil {
		return nil, fmt.Errorf("start a private PostgreSQL: %w", err)
	}
	if c.bin, err = find(c.version()); err != nil {
		return nil, err
	}
	if err := c.create(ctx); err != nil {
		c.removeSockets()
		return nil, fmt.Errorf("make a private PostgreSQL in %s: %w", o.Dir, err)
	}
	if err := c.Restart(ctx); err != nil {
		c.removeSockets()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) data() string { return filepath.Join(c.o.Dir, "data") }

// version is the major version that the data folder was made with, "" for a new one.
func (c *Cluster) version() string {
	v, _ := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	return strings.TrimSpace(string(v))
}

// create runs initdb beside the data folder and moves the result in place, so
// that one which was interrupted is not taken for a cluster.
func (c *Cluster) create(ctx context.Context) error {
	if err := os.MkdirAll(c.o.Dir, 0o700); err != nil {
		return err
	}
	if err := c.owner.reach(c.o.Dir); err != nil {
		return err
	}
	if err := c.owner.own(c.o.Dir); err != nil {
		return err
	}
	if err := c.makeSockets(); err != nil {
		return err
	}
	if c.version() != "" {
		return nil
	}
	half := filepath.Join(c.o.Dir, "data.new")
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	args := []string{"-D", half, "-U", user, "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"}
	if c.o.Forgetful {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, "initdb"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.o.Dir, environment(), c.owner.attr()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return os.Rename(half, c.data())
}

// maxSocket bounds the path of the socket's folder: sun_path has 108 bytes.
const maxSocket = 108 - len("/.s.PGSQL.5432.lock") - 1

func (c *Cluster) makeSockets() error {
	c.sockets = filepath.Join(c.o.Dir, "socket")
	err := os.MkdirAll(c.sockets, 0o700)
	if len(c.sockets) > maxSocket {
		c.sockets, err = os.MkdirTemp("", "wiregrade-pg-")
	}
	if err != nil {
		return err
	}
	// Whoever may open the socket is the database's owner: the folder keeps the others out.
	if err := os.Chmod(c.sockets, 0o700); err != nil {
		return err
	}
	return c.owner.own(c.sockets)
}

func (c *Cluster) removeSockets() {
	if c.sockets != "" && !strings.HasPrefix(c.sockets, c.o.Dir) {
		os.RemoveAll(c.sockets)
	}
}

// URL is the connection string of the named database, "" for the first one.
func (c *Cluster) URL(database string) string {
	if database == "" {
		database = "postgres"
	}
	return fmt.Sprintf("postgres:///%s?host=%s&user=%s", url.PathEscape(database), url.QueryEscape(c.sockets), user)
}

// Restart starts the postmaster, which must not be running, and waits until it answers.
func (c *Cluster) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	for {
		p, err := c.launch()
		if err != nil {
			return fmt.Errorf("start PostgreSQL in %s: %w", c.o.Dir, err)
		}
		c.mu.Lock()
		c.proc = p
		c.mu.Unlock()
		err = c.ready(ctx, p)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			p.cmd.Process.Signal(syscall.SIGQUIT)
			<-p.done
			return fmt.Errorf("start PostgreSQL in %s: no answer within %v: %s", c.o.Dir, startup, p.out)
		}
		// Processes of a postmaster that was killed hold its memory for a moment.
		if !strings.Contains(p.out.String(), "pre-existing shared memory block") {
			return fmt.Errorf("start PostgreSQL in %s: it ended: %s", c.o.Dir, p.out)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

var errEnded = errors.New("the postmaster ended")

// ready asks until the postmaster answers. It has no other way to say so than its log.
func (c *Cluster) ready(ctx context.Context, p *process) error {
	for {
		if c.holder() == p.cmd.Process.Pid && c.answers(ctx) {
			return nil
		}
		select {
		case <-p.done:
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(4 * time.Millisecond):
		}
	}
}

// holder is the postmaster that has the data folder. Before anything is asked it must be
// ours: another one on the same folder would answer in its place.
func (c *Cluster) holder() int {
	data, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

func (c *Cluster) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL(""))
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT 1")
	return err == nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (c *Cluster) launch() (*process, error) {
	args := []string{"-D", c.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + c.sockets, "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off"}
	if c.o.Forgetful {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	for name, value := range c.o.Settings {
		args = append(args, "-c", name+"="+value)
	}
	p := &process{cmd: exec.Command(filepath.Join(c.bin, "postgres"), args...), out: &tail{}, done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.SysProcAttr = c.o.Dir, environment(), dieWithUs(c.owner.attr())
	// A file and not a pipe to us: backends that outlive a killed postmaster would keep the pipe open.
	log, err := openLog(filepath.Join(c.o.Dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.out.file = log.Name()
	p.out.from, _ = log.Seek(0, io.SeekEnd)
	started := make(chan error)
	go func() {
		// The child is told of the death of the thread that made it, so this
		// thread has to last as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		log.Close()
		started <- err
		if err != nil {
			return
		}
		p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Done is closed when the postmaster has ended, for whatever reason.
func (c *Cluster) Done() <-chan struct{} { return c.current().done }

// Stop ends open transactions, writes everything down and stops.
func (c *Cluster) Stop() error {
	defer c.removeSockets()
	sig := syscall.SIGINT // "fast" shutdown
	if c.o.Forgetful {
		sig = syscall.SIGQUIT // "immediate": nobody reads it again
	}
	p := c.current()
	p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
		return nil
	case <-time.After(startup):
		p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("stop PostgreSQL in %s: it did not end within %v and was killed", c.o.Dir, startup)
	}
}

// Kill ends the postmaster at once, as a crash would. Restart starts it again.
func (c *Cluster) Kill() {
	p := c.current()
	p.cmd.Process.Kill()
	<-p.done
}

func (c *Cluster) current() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proc
}

// environment is what PostgreSQL's programs get of ours: no PGHOST, no secrets.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// maxLog bounds the log that is taken over from the life before.
const maxLog = 16 << 20

func openLog(name string) (*os.File, error) {
	if info, err := os.Stat(name); err == nil && info.Size() > maxLog {
		os.Rename(name, name+".old")
	}
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// A tail shows the end of what one life of the postmaster logged.
type tail struct {
	file string
	from int64
}

// String is the last lines of the log.
func (t *tail) String() string {
	f, err := os.Open(t.file)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, _ := io.ReadAll(io.NewSectionReader(f, t.from, maxLog))
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
