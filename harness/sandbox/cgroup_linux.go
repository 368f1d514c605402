//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A hierarchy is a cgroup tree with controllers that we may use: the one tree
// of v2, or one of v1's.
type hierarchy struct {
	v2          bool
	controllers []string // of memory, pids and cpu
	dir         string   // where in it we are; once in use, a folder of our own, in which we may make others
	top         string   // where it is mounted, of v2
}

// cgroups are the trees in which this harness may limit its processes; none
// at all for most ordinary users.
type cgroups struct {
	trees []hierarchy
	locks []*os.File

	mu   sync.Mutex
	next int
}

var wantControllers = []string{"memory", "pids", "cpu"}

// cgroupName begins the names of our folders. They are locked while the harness lives.
const cgroupName = "wiregrade-"

// newCgroups finds what may be used. Problems are not errors but the reasons
// why a controller is missing.
func newCgroups() (*cgroups, map[string]error) {
	mountinfo, _ := os.ReadFile("/proc/self/mountinfo")
	self, _ := os.ReadFile("/proc/self/cgroup")
	c := &cgroups{}
	problems := map[string]error{}
	for _, name := range wantControllers {
		problems[name] = errors.New("no cgroup tree has this controller")
	}
	for _, h := range findHierarchies(string(mountinfo), string(self)) {
		used, err := c.use(h)
		for _, name := range h.controllers {
			if problems[name] = err; err == nil {
				problems[name] = errors.New("this controller is not given to " + filepath.Dir(used.dir))
			}
		}
		for _, name := range used.controllers {
			delete(problems, name)
		}
	}
	return c, problems
}

// findHierarchies reads which trees are mounted, and where in them we are.
func findHierarchies(mountinfo, self string) []hierarchy {
	ours := map[string]string{} // controller to path; "" is v2
	for line := range strings.Lines(self) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 {
			for name := range strings.SplitSeq(f[1], ",") {
				ours[name] = f[2]
			}
		}
	}
	var all []hierarchy
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(g) < 3 {
			continue
		}
		root, point := f[3], f[4]
		at := func(path string) string {
			if rel, err := filepath.Rel(root, path); err == nil && !strings.HasPrefix(rel, "..") {
				path = rel
			}
			return filepath.Join(point, path)
		}
		switch g[0] {
		case "cgroup2":
			if has := available(point); len(has) > 0 {
				all = append(all, hierarchy{v2: true, controllers: has, dir: at(ours[""]), top: point})
			}
		case "cgroup":
			for name := range strings.SplitSeq(g[2], ",") {
				if path, mine := ours[name]; mine && slices.Contains(wantControllers, name) {
					all = append(all, hierarchy{controllers: []string{name}, dir: at(path)})
				}
			}
		}
	}
	return all
}

// available are the controllers that we want and a cgroup of v2 has.
func available(dir string) (has []string) {
	text, _ := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	for _, name := range strings.Fields(string(text)) {
		if slices.Contains(wantControllers, name) {
			has = append(has, name)
		}
	}
	return has
}

// use makes a folder of our own in h, after removing those of harnesses that were killed.
func (c *cgroups) use(h hierarchy) (used hierarchy, err error) {
	if h.v2 {
		if h, err = place(h); err != nil {
			return used, err
		}
	}
	sweepCgroups(h.dir)
	dir, lock, err := claim(h.dir)
	if err == nil && h.v2 {
		if err = enable(dir, h.controllers); err != nil {
			err = errors.Join(failed("enable controllers in "+dir, errnoOf(err)), os.Remove(dir), lock.Close())
		}
	}
	if err != nil {
		return used, err
	}
	h.dir = dir
	c.trees, c.locks = append(c.trees, h), append(c.locks, lock)
	return h, nil
}

// claim makes a folder with a lock on it. Before the lock is there another
// harness that sweeps may take the folder for a dead one's: then it makes the next.
func claim(parent string) (dir string, lock *os.File, err error) {
	base := filepath.Join(parent, cgroupName+strconv.Itoa(os.Getpid())+"-"+strconv.Itoa(int(unix.Gettid())))
	for i := range 1000 {
		dir = base + "-" + strconv.Itoa(i)
		if err = os.Mkdir(dir, 0o755); errors.Is(err, os.ErrExist) {
			continue
		} else if err != nil {
			break
		}
		if lock, err = os.Open(dir); err != nil {
			continue
		}
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			if _, err = os.Stat(dir); err == nil {
				return dir, lock, nil
			}
		}
		lock.Close()
	}
	return "", nil, failed("make a folder in "+parent, errnoOf(err))
}

// harnessCgroup is the folder for ourselves in a cgroup of v2 that is ours.
const harnessCgroup = "harness"

// place finds the cgroup of v2 in which our folder is to stand. One that gives
// controllers to those below it may hold no process itself, so where we are
// alone in ours we move down by one. Where we are not (a shell is there as
// well, or our own keeper since we have moved), the place is above: the nearest
// that gives all the controllers, of those in which we may move a process.
func place(h hierarchy) (hierarchy, error) {
	h.controllers = available(h.dir)
	err := enable(h.dir, h.controllers)
	if errors.Is(err, syscall.EBUSY) && filepath.Base(h.dir) != harnessCgroup && alone(h.dir) {
		own := filepath.Join(h.dir, harnessCgroup)
		if err = os.Mkdir(own, 0o755); err == nil || errors.Is(err, os.ErrExist) {
			err = os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte("0"), 0o644)
		}
		if err == nil {
			err = enable(h.dir, h.controllers)
		}
	}
	if err == nil {
		return h, nil
	}
	best := hierarchy{v2: true, top: h.top}
	for dir := h.dir; strings.HasPrefix(dir, h.top+"/"); {
		dir = filepath.Dir(dir)
		// Whoever moves a process must be let at what is above both ends.
		has := available(dir)
		if len(has) > len(best.controllers) && unix.Access(filepath.Join(dir, "cgroup.procs"), unix.W_OK) == nil && enable(dir, has) == nil {
			best.controllers, best.dir = has, dir
		}
	}
	if best.dir == "" {
		return best, failed("enable controllers in "+h.dir, errnoOf(err))
	}
	return best, nil
}

// alone says whether no process but ours is in a cgroup.
func alone(dir string) bool {
	procs, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	own := strconv.Itoa(os.Getpid())
	return err == nil && !slices.ContainsFunc(strings.Fields(string(procs)), func(pid string) bool { return pid != own })
}

func enable(dir string, controllers []string) error {
	if len(controllers) == 0 {
		return syscall.ENOENT
	}
	return os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+strings.Join(controllers, " +")), 0o644)
}

// parents are the folders in which ours stand.
func (c *cgroups) parents() (dirs []string) {
	for _, h := range c.trees {
		dirs = append(dirs, filepath.Dir(h.dir))
	}
	return dirs
}

// sweepCgroups removes the folders of harnesses that hold no lock any more.
func sweepCgroups(parent string) (left bool) {
	dirs, _ := filepath.Glob(filepath.Join(parent, cgroupName+"*"))
	for _, dir := range dirs {
		f, err := os.Open(dir)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			left = removeCgroup(dir) != nil || left
		}
		f.Close()
	}
	return left
}

func removeCgroup(dir string) error {
	below, _ := filepath.Glob(filepath.Join(dir, "*", "cgroup.procs"))
	for _, procs := range below {
		os.Remove(filepath.Dir(procs))
	}
	return os.Remove(dir)
}

// has says whether a controller is in use.
func (c *cgroups) has(controller string) bool {
	return slices.ContainsFunc(c.trees, func(h hierarchy) bool { return slices.Contains(h.controllers, controller) })
}

func (c *cgroups) close() (err error) {
	for i, h := range c.trees {
		err = errors.Join(err, removeCgroup(h.dir), c.locks[i].Close())
	}
	c.trees, c.locks = nil, nil
	return err
}

// A cgroup limits one process of a sandbox and its children.
type cgroup struct {
	trees []hierarchy
	dirs  []string
	procs []*os.File // each takes the writer of "0" in
}

// make makes a cgroup in every tree.
func (c *cgroups) make(l limits) (*cgroup, error) {
	c.mu.Lock()
	c.next++
	name := strconv.Itoa(c.next)
	c.mu.Unlock()
	g := &cgroup{trees: c.trees}
	for _, h := range c.trees {
		dir := filepath.Join(h.dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, errors.Join(failed("make a cgroup", err), g.remove())
		}
		g.dirs = append(g.dirs, dir)
		procs, err := os.OpenFile(filepath.Join(dir, "cgroup.procs"), os.O_WRONLY, 0)
		if err == nil {
			g.procs = append(g.procs, procs)
			err = h.limit(dir, l)
		}
		if err != nil {
			return nil, errors.Join(failed("set the limits of a cgroup", err), g.remove())
		}
	}
	return g, nil
}

func (h hierarchy) limit(dir string, l limits) error {
	const period = 100_000 // microseconds
	type setting struct {
		controller, v1, v2, value1, value2 string
		optional                           bool
	}
	memory, quota := strconv.FormatInt(l.Memory, 10), strconv.FormatInt(l.CPUs*period, 10)
	for _, s := range []setting{
		{"memory", "memory.limit_in_bytes", "memory.max", memory, memory, false},
		{"memory", "memory.memsw.limit_in_bytes", "memory.swap.max", memory, "0", true},
		{"memory", "", "memory.oom.group", "", "1", true},
		{"pids", "pids.max", "pids.max", strconv.FormatInt(l.Processes, 10), strconv.FormatInt(l.Processes, 10), false},
		{"cpu", "cpu.cfs_quota_us", "cpu.max", quota, fmt.Sprintf("%s %d", quota, period), false},
	} {
		name, value := s.v1, s.value1
		if h.v2 {
			name, value = s.v2, s.value2
		}
		if name == "" || !slices.Contains(h.controllers, s.controller) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o644); err != nil && !s.optional {
			return err
		}
	}
	return nil
}

// usage reads the peak of memory and whether the kernel ended a process for want of it.
func (g *cgroup) usage() (memory int64, oom bool) {
	for i, h := range g.trees {
		if !slices.Contains(h.controllers, "memory") {
			continue
		}
		peak, events := "memory.max_usage_in_bytes", "memory.oom_control"
		if h.v2 {
			peak, events = "memory.peak", "memory.events"
		}
		b, _ := os.ReadFile(filepath.Join(g.dirs[i], peak))
		memory, _ = strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
		b, _ = os.ReadFile(filepath.Join(g.dirs[i], events))
		for line := range strings.Lines(string(b)) {
			if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
				oom = oom || n != "0"
			}
		}
	}
	return memory, oom
}

// remove removes the cgroup once its processes have ended.
func (g *cgroup) remove() error {
	err := closeFiles(g.procs)
	for _, dir := range g.dirs {
		err = errors.Join(err, os.Remove(dir))
	}
	g.procs, g.dirs = nil, nil
	return err
}
