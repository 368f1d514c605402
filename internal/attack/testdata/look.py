# Looks for what it should not see, and touches what it should not touch.
import errno, os, signal, sys
print("descriptors:", sorted(int(f) for f in os.listdir("/proc/self/fd"))[:-1])
HARNESS, SECRET = int(sys.argv[1]), sys.argv[2]
def said(name, f):
    try: r = f(); print(f"{name}: ALLOWED {r!r}")
    except OSError as e: print(f"{name}: {errno.errorcode[e.errno]}")
def read(path): return lambda: open(path).read(200)
def write(path): return lambda: os.write(os.open(path, os.O_WRONLY | (0 if path.startswith("/proc") else os.O_CREAT), 0o644), b"0\n")
for path in ["/etc/shadow", SECRET, "/root/.ssh/id_rsa", "/var/lib/private", "/proc/1/environ", "/proc/1/mem", "/proc/kcore"]:
    said("read " + path, read(path))
for path in ["/usr/bin/forged", "/etc/passwd", "/dev/forged", "./results.json", "/proc/1/mem", "/proc/sys/kernel/core_pattern",
             "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/self/autogroup", "/sys/fs/cgroup/forged"]:
    said("write " + path, write(path))
for path in ["/proc/1/root/", "/proc/1/cwd/", "/sys/fs", "/home", "/mnt"]:
    said("list " + path, lambda: os.listdir(path))
try: fds = os.listdir("/proc/1/fd")
except OSError: fds = ["17"]
for f in fds: said("PID 1's descriptors", lambda: os.open("/proc/1/fd/" + f, os.O_WRONLY))
said("kill the harness", lambda: os.kill(HARNESS, 0))
said("kill PID 1", lambda: os.kill(1, signal.SIGKILL))
said("stop PID 1", lambda: os.kill(1, signal.SIGSTOP))
print("processes:", sum(name.isdigit() for name in os.listdir("/proc")))
print("environment:", ",".join(sorted(os.environ)))
status = dict(l.rstrip("\n").split(":\t", 1) for l in open("/proc/self/status") if ":\t" in l)
for k in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"]: print(f"{k}: {status[k]}")
print("uid:", os.getuid(), os.geteuid(), os.getgid(), os.getegid())
for call in ["setuid", "seteuid", "setgid"]: said(call, lambda: getattr(os, call)(0))
said("set-uid program", lambda: [f for f in ["/bin/su", "/bin/mount"] if os.path.exists(f) and not os.statvfs(f).f_flag & os.ST_NOSUID])
said("device", lambda: os.mknod("/tmp/disk", 0o600 | 0o060000, os.makedev(254, 0)))
print("cgroups:", sorted({l.rstrip("\n").split(":", 2)[2] for l in open("/proc/self/cgroup")}))
for l in open("/proc/self/mountinfo"):
    f = l.split()
    if f[4] in ("/", "/proc", "/dev", "/usr", os.environ["ROOT"]): print(f"mount {f[4]}:", ",".join(sorted(set(f[5].split(",")) & {"ro", "rw", "nosuid", "nodev", "noexec"})))
