# Looks at PID 1 of its sandbox by every name that it has in /proc, and says who stands before it.
import errno, os
def said(name, f):
    try: r = f(); print(f"{name}: ALLOWED {r!r}")
    except OSError as e: print(f"{name}: {errno.errorcode[e.errno]}")
def read(path):
    with open(path, "rb", buffering=0) as f: return f.read(64)
def memory():
    start = int(open("/proc/self/maps").read().split("-")[0], 16)
    f = os.open("/proc/1/mem", os.O_RDONLY); return os.pread(f, 16, start)
for base in ("/proc/1", "/proc/1/task/1"):
    for name in ("environ", "auxv", "maps", "smaps", "stack", "syscall", "pagemap", "personality", "io", "timers", "map_files"):
        if os.path.exists(f"{base}/{name}"): said(f"{base}/{name}", lambda: os.listdir(f"{base}/{name}") if name == "map_files" else read(f"{base}/{name}"))
    for name in ("cwd", "root", "exe", "ns/net", "ns/user", "ns/mnt", "fd/0"): said(f"{base}/{name}", lambda: os.readlink(f"{base}/{name}"))
    said(f"{base}/mem", memory)
    for name in ("mem", "oom_score_adj", "comm", "clear_refs", "coredump_filter", "uid_map", "setgroups", "autogroup"):
        if os.path.exists(f"{base}/{name}"): said(f"write {base}/{name}", lambda: os.write(os.open(f"{base}/{name}", os.O_WRONLY), b"0\n"))
    said(f"{base}/fd", lambda: os.listdir(f"{base}/fd"))
    said(f"{base}/fdinfo", lambda: os.listdir(f"{base}/fdinfo"))
for who in ("1", "self"):
    status = dict(l.rstrip("\n").split(":\t", 1) for l in open(f"/proc/{who}/status") if ":\t" in l)
    print(f"{who} uid:", status["Uid"]); print(f"{who} CapPrm:", status["CapPrm"]); print(f"{who} user:", os.stat(f"/proc/{who}/environ").st_uid)
