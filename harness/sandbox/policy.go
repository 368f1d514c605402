package sandbox

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed policy.txt
var policyText string

// A policy is what policy.txt says.
type policy struct {
	show       []string // paths, bound read-only
	toolchains []string // environment variables that name more of them
	devices    []string // names in /dev
	families   []string // of sockets
	denied     []denial
	limits     map[bool]limits // by whether it is a build
}

// A denial is a system call and the errno that it fails with.
type denial struct{ call, errno string }

// limits bound one process and its children; memory, data, file, tmpfs and
// written are bytes.
type limits struct {
	Memory, Data, Processes, CPUs, CPUSeconds, File, Open, Tmpfs, Inodes, Written, Entries int64
}

func parsePolicy(text string) (*policy, error) {
	p := &policy{limits: map[bool]limits{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		var err error
		switch f[0] {
		case "show":
			p.show = append(p.show, f[1:]...)
		case "toolchain":
			p.toolchains = append(p.toolchains, f[1:]...)
		case "device":
			p.devices = append(p.devices, f[1:]...)
		case "family":
			p.families = append(p.families, f[1:]...)
		case "deny":
			for _, call := range f[2:] {
				p.denied = append(p.denied, denial{call, f[1]})
			}
		case "run", "build":
			p.limits[f[0] == "build"], err = parseLimits(f[1:])
		default:
			err = fmt.Errorf("no such word: %s", f[0])
		}
		if err != nil {
			return nil, fmt.Errorf("policy line %d: %w", number, err)
		}
	}
	return p, nil
}

func parseLimits(words []string) (l limits, err error) {
	fields := map[string]*int64{
		"memory": &l.Memory, "data": &l.Data, "processes": &l.Processes, "cpus": &l.CPUs, "cpu-seconds": &l.CPUSeconds,
		"file": &l.File, "open": &l.Open, "tmpfs": &l.Tmpfs, "inodes": &l.Inodes, "written": &l.Written, "entries": &l.Entries,
	}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		field, ok := fields[name]
		if !ok {
			return l, fmt.Errorf("no such limit: %s", name)
		}
		if *field, err = parseSize(value); err != nil {
			return l, err
		}
		delete(fields, name)
	}
	for name := range fields {
		return l, fmt.Errorf("the limit %s is missing", name)
	}
	return l, nil
}

func parseSize(s string) (int64, error) {
	shift := 0
	if n := len(s); n > 0 {
		if i := strings.IndexByte("KMG", s[n-1]); i >= 0 {
			shift, s = 10*(i+1), s[:n-1]
		}
	}
	v, err := strconv.ParseInt(s, 10, 32)
	if err != nil || v <= 0 {
		return 0, fmt.Errorf("not a size: %q", s)
	}
	return v << shift, nil
}
