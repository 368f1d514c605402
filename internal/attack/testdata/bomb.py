# One bomb, by name, each bounded by a count of its own too. Limits are looked at before.
import errno, os, resource, socket, sys, time
kind = sys.argv[1]
def name(e): return errno.errorcode[e.errno]
if kind == "fork":
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if not 0 < soft <= 1024: sys.exit("no limit: not tried")
    count = 0
    try:
        for count in range(3000):
            if os.fork() == 0: time.sleep(600); os._exit(0)
    except OSError as e: print("fork:", name(e), "after", count)
    else: print("fork: ALLOWED", count)
elif kind == "memory":
    capped = sys.argv[2] == "capped"
    if not capped and resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY: sys.exit("no limit: not tried")
    kept = []
    try:
        for i in range(260): kept.append(bytearray(b"x" * (16 << 20)))
        print("memory: ALLOWED", len(kept) * 16, "MiB"); time.sleep(600)
    except MemoryError: n = len(kept); kept = None; print("memory: refused after", n * 16, "MiB")
elif kind == "tmpfs":
    if os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize > 1 << 30: sys.exit("no limit: not tried")
    total = 0
    try:
        for i in range(100):
            with open(f"/tmp/{i}", "wb", buffering=0) as f: total += f.write(b"x" * (4 << 20))
        print("tmpfs: ALLOWED", total >> 20, "MiB")
    except OSError as e: print("tmpfs:", name(e), "after", total >> 20, "MiB")
elif kind == "inodes":
    try:
        for i in range(20000): os.close(os.open(f"/tmp/{i}", os.O_CREAT | os.O_WRONLY))
        print("inodes: ALLOWED", i)
    except OSError as e: print("inodes:", name(e), "after", i)
elif kind == "file":
    f = os.open(os.environ["ROOT"] + "/large", os.O_CREAT | os.O_WRONLY)
    try: os.ftruncate(f, 1 << 30); print("file: ALLOWED")
    except OSError as e: print("file:", name(e)) # Python ignores SIGXFSZ
elif kind in ("disk", "unlinked", "hidden", "reserved"):
    root, kept, total = os.environ["ROOT"], [], 0
    if kind == "hidden":
        os.mkdir(root + "/h"); os.chmod(root + "/h", 0o300); root += "/h"
    try:
        for i in range(60):
            f = os.open(f"{root}/{i}", os.O_CREAT | os.O_RDWR); kept.append(f)
            if kind == "unlinked": os.unlink(f"{root}/{i}")
            if kind == "reserved": os.posix_fallocate(f, 0, 60 << 20); total += 60 << 20; continue
            for _ in range(15): total += os.write(f, b"x" * (4 << 20))
        print(kind + ": ALLOWED", total >> 20, "MiB", flush=True)
    except OSError as e: print(kind + ":", name(e), "after", total >> 20, "MiB", flush=True)
    if len(sys.argv) > 3: time.sleep(600)
elif kind == "entries":
    try:
        for i in range(220000): os.close(os.open(f"{os.environ['ROOT']}/{i}", os.O_CREAT | os.O_WRONLY))
    except OSError as e: print("entries:", name(e), "after", i, flush=True)
    if len(sys.argv) > 3: time.sleep(600)
elif kind == "deep":
    os.chdir(os.environ["ROOT"])
    for i in range(1000): os.mkdir("d"); os.chdir("d")
    time.sleep(600)
elif kind == "shared":
    import mmap
    kept, total = [], 0
    for i in range(8):
        m = mmap.mmap(-1, 256 << 20); kept.append(m)
        for at in range(0, 256 << 20, 4096): m[at] = 1
        total += 256
    print("shared: ALLOWED", total, "MiB", flush=True); time.sleep(600)
elif kind == "forked":
    # Much memory, all of it one and the same: no more than is allowed.
    import mmap
    m = mmap.mmap(-1, 128 << 20)
    for at in range(0, 128 << 20, 4096): m[at] = 1
    children = []
    for i in range(8):
        c = os.fork()
        if c == 0:
            sum(m[at] for at in range(0, 128 << 20, 4096)); time.sleep(1); os._exit(0)
        children.append(c)
    for c in children: os.waitpid(c, 0)
    print("forked: done")
elif kind == "memfd":
    total = 0; kept = []
    for i in range(60):
        f = os.memfd_create("a"); kept.append(f)
        for _ in range(10): total += os.write(f, b"x" * (4 << 20))
    print("memfd: ALLOWED", total >> 20, "MiB", flush=True); time.sleep(600)
elif kind == "sysv":
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True); libc.shmat.restype = ctypes.c_void_p
    total = 0
    for i in range(64):
        s = libc.shmget(0, ctypes.c_size_t(16 << 20), 0o1600)
        if s < 0: print("sysv:", errno.errorcode[ctypes.get_errno()], "after", total, "MiB"); break
        at = libc.shmat(s, None, 0); ctypes.memset(at, 1, 16 << 20); libc.shmdt(ctypes.c_void_p(at)); total += 16
    else: print("sysv: ALLOWED", total, "MiB")
elif kind == "sockets":
    kept, total = [], 0
    try:
        for i in range(3000):
            a, b = socket.socketpair(); kept += [a, b]; a.setblocking(False)
            try:
                while True: total += a.send(b"x" * 65536)
            except BlockingIOError: pass
        print("sockets: ALLOWED", total >> 20, "MiB")
    except OSError as e: print("sockets:", name(e), "after", total >> 20, "MiB")
elif kind == "descriptors":
    try:
        for i in range(100000): os.dup(0)
        print("descriptors: ALLOWED")
    except OSError as e: print("descriptors:", name(e), "after", i)
elif kind == "forge":
    # The harness's request to end, forged: SIGTERM to PID 1 from nobody.
    import ctypes, platform, struct
    number = {"x86_64": 129, "aarch64": 138}[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    info = struct.pack("=iii", 15, 0, -1).ljust(128, b"\0") # SI_QUEUE, si_pid 0
    r = libc.syscall(number, 1, 15, info)
    print("forge:", "sent" if r == 0 else errno.errorcode[ctypes.get_errno()], flush=True)
    time.sleep(0.5); print("still: here")
elif kind == "print":
    left = int(sys.argv[2])
    while left: left -= os.write(1, b"x" * min(left, 65536))
    if int(sys.argv[2]) > 16 << 20: time.sleep(600)
elif kind in ("cpu", "sleep"):
    import signal
    for s in range(1, 65):
        if s not in (9, 19, 32, 33): signal.signal(s, signal.SIG_IGN)
    socket.create_connection(("127.0.0.1", 4242)).sendall(b"begun")
    while True:
        if kind == "sleep": time.sleep(1 << 30)
elif kind == "flood":
    while True: os.write(1, b"x" * 65536)
elif kind == "daemon":
    import signal
    r, w = os.pipe()
    if os.fork(): os.read(r, 1); os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
    for s in range(1, 65):
        if s not in (9, 19, 32, 33): signal.signal(s, signal.SIG_IGN)
    s = socket.socket(); s.bind(("127.0.0.1", 80)); s.listen()
    while os.getppid() != 1: time.sleep(0.001)
    os.write(w, b"x"); time.sleep(600)
