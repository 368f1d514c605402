# Leaves a sign where another sandbox might find it, and looks for one.
import ctypes, errno, os, socket, sys
role, number = sys.argv[1], 4711
libc = ctypes.CDLL(None, use_errno=True)
places = ["/dev/shm/sign", "/tmp/sign", "/run/sign", "/var/tmp/sign", os.environ["HOME"] + "/sign", "./sign"]
if role == "leave":
    left = []
    for p in places:
        try: open(p, "w").write("sign"); left.append(p)
        except OSError: pass
    print("left:", ",".join(left))
    print("shm:", libc.shmget(number, 4096, 0o1666) >= 0)
    print("queue:", libc.msgget(number, 0o1666) >= 0)
    s = socket.socket(socket.AF_UNIX); s.bind("\0sign"); s.listen()
    t = socket.socket(); t.bind(("127.0.0.1", number)); t.listen()
    socket.create_connection(("127.0.0.1", 4242)).sendall(",".join(left).encode())
    sys.stdin.read()
else:
    found = [p for p in places if os.path.exists(p)]
    if libc.shmget(number, 4096, 0) >= 0: found.append("shm")
    if libc.msgget(number, 0) >= 0: found.append("queue")
    for family, a in [(socket.AF_UNIX, "\0sign"), (socket.AF_INET, ("127.0.0.1", number))]:
        try: socket.socket(family).connect(a); found.append(str(a))
        except OSError: pass
    print("found:", found)
