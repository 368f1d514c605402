//go:build amd64 || arm64

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Probe finds out by trying what this machine can isolate. main must have called Init.
func Probe(ctx context.Context) []Finding {
	n, err := NewNamespaces(ctx)
	if err != nil {
		return append([]Finding{found("user namespaces", "", err), {What: whatRun, Says: "not tried"}}, probeCgroups()...)
	}
	defer n.Close()
	findings := []Finding{found("user namespaces", "root in one of its own is "+outside(n), nil)}
	b, err := n.New(ctx)
	findings = append(findings, found("network namespaces", "a loopback for every check, every port free", err))
	if err != nil {
		return append(append(findings, Finding{What: whatRun, Says: "not tried"}), probeCgroups()...)
	}
	findings = append(findings, probeRun(ctx, b))
	if err := b.Close(); err != nil {
		findings = append(findings, found("clean end", "", err))
	}
	for _, c := range wantControllers {
		if !n.groups.has(c) {
			findings = append(findings, missing(c, n.missing[c]))
			continue
		}
		l := n.policy.limits[false]
		says := map[string]string{
			"memory": fmt.Sprintf("cgroup, %d MiB for a check", l.Memory>>20),
			"pids":   fmt.Sprintf("cgroup, %d processes for a check", l.Processes),
			"cpu":    fmt.Sprintf("cgroup, %d processors for a check", l.CPUs),
		}
		findings = append(findings, found(c+" limit", says[c], nil))
	}
	return findings
}

// outside says who a submission is outside of its namespaces.
func outside(n *Namespaces) string {
	if n.shared.first > 0 {
		return fmt.Sprintf("root here; every submission is a user of its own, from %d on", n.shared.first+1)
	}
	return fmt.Sprintf("user %d here, and so is a submission", os.Getuid())
}

// probeRun has a sandboxed shell look at itself.
func probeRun(ctx context.Context, b Sandbox) Finding {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	p, err := b.Start(ctx, Command{Line: "exec cat /proc/self/status", Env: []string{"PATH=/usr/bin:/bin"}})
	if err == nil {
		<-p.Done()
		if exit := p.Exit(); exit.Code != 0 {
			err = fmt.Errorf("the command ended: %v", exit)
		}
	}
	if err == nil {
		for _, want := range []string{"CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"} {
			if !strings.Contains(string(p.Stdout()), want) {
				err = fmt.Errorf("its status does not say %q", want)
			}
		}
	}
	return found(whatRun, "read-only view of files, tmpfs, own /proc and /dev, no capabilities, no_new_privs, seccomp", err)
}

func probeCgroups() []Finding {
	groups, problems := newCgroups()
	defer groups.close()
	return unlimited(problems)
}

// unlimited says of each controller that it limits nothing where there is no
// sandbox, whether or not there could be a cgroup: plain loopback uses none, nor what stands in for one.
func unlimited(problems map[string]error) []Finding {
	var findings []Finding
	for _, c := range wantControllers {
		f := Finding{What: c + " limit", Says: "nothing limits it without a sandbox; in one a cgroup would"}
		if err := problems[c]; err != nil {
			f = missing(c, err)
			f.Says = "nothing limits it without a sandbox; a cgroup would not in one either: " + withName(err)
		}
		findings = append(findings, f)
	}
	return findings
}

// instead is what bounds a process where a cgroup controller is missing.
var instead = map[string]string{
	"memory": "instead the memory of all processes of a check is measured every 20 ms, and each has RLIMIT_DATA",
	"pids":   "instead RLIMIT_NPROC counts the processes of a sandbox",
	"cpu":    "instead processor time is limited (RLIMIT_CPU), and checks share what there is",
}

func missing(controller string, err error) Finding {
	return Finding{
		What: controller + " limit", Says: withName(err) + "; " + instead[controller],
		Advice: "run the grader where it may make cgroups: as a systemd unit with Delegate=yes, or as root (docs/security.md)",
	}
}

func found(what, says string, err error) Finding {
	if err == nil {
		return Finding{What: what, OK: true, Says: says}
	}
	return Finding{What: what, Says: withName(err), Advice: advice(err)}
}

// withName is an error with the name of its errno, to look up.
func withName(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return err.Error() + " (" + unix.ErrnoName(errno) + ")"
	}
	return err.Error()
}

// advice is what to do about a step that failed.
func advice(err error) string {
	read := func(path string) string {
		b, _ := os.ReadFile(path)
		return strings.TrimSpace(string(b))
	}
	_, docker := os.Stat("/.dockerenv")
	filtered := strings.Contains(read("/proc/self/status"), "Seccomp:\t2") // the sign of a profile
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS), read("/proc/sys/user/max_user_namespaces") == "0":
		return "too many namespaces, or none allowed: raise user.max_user_namespaces and user.max_net_namespaces (sysctl)"
	case errors.Is(err, unix.ENOSYS):
		return "Linux 5.12 or later is needed"
	case !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES):
		return ""
	case strings.Contains(err.Error(), stepMaps):
		return "root without CAP_SETFCAP, CAP_SETUID and CAP_SETGID may not map itself: give the container these, or run the grader as an ordinary user of it"
	case docker == nil && filtered:
		return "Docker's default profile forbids it: run the container with the seccomp profile and options of docs/security.md"
	case read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
		return "AppArmor forbids it to programs without a profile: install the one of docs/security.md, which grants userns to the grader alone"
	case read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
		return "this kernel keeps user namespaces for root: sysctl kernel.unprivileged_userns_clone=1"
	case confinedBy() != "":
		return "AppArmor's profile " + confinedBy() + " forbids it: it wants the rule \"userns,\", or the grader a profile of its own (docs/security.md)"
	default:
		return "something forbids user namespaces or mounts in them: see docs/security.md"
	}
}

// confinedBy is the AppArmor profile that holds this program, "" when none does.
func confinedBy() string {
	label, _ := os.ReadFile("/proc/self/attr/apparmor/current")
	name, mode, _ := strings.Cut(strings.TrimSpace(string(label)), " ")
	if mode != "(enforce)" {
		return ""
	}
	return name
}
