# Opens, reads and lists all that know.json names, and all there is to find beside it: what is found by name first, since
# what a program prints is kept up to a size.
import glob, json, os, socket

know = json.load(open("know.json"))
def read(path):
    try:
        with open(path, "rb") as f:
            print("read", path, f.read(1 << 12))
    except OSError as e:
        print("no", path, e.strerror)

for where in know["connect"]:
    host, port = where.rsplit(":", 1)
    s = socket.socket()
    s.settimeout(2)
    try:
        s.connect((host, int(port)))
        print("opened", where)
    except OSError as e:
        print("no", where, e)
    s.close()
processes = glob.glob("/proc/[0-9]*")
print("processes:", len([p for p in processes if os.path.exists(p)]))
for p in know["read"] + [p + f for p in processes for f in ("/environ", "/cmdline")]:
    read(p)
print(dict(os.environ))
for d in know["list"]:
    try:
        names = os.listdir(d)
    except OSError as e:
        print("no", d, e.strerror)
        continue
    print("lists", d, names)
for d in ["/", "/tmp", "/home", "/root", "/var", "/run", "/srv", "/dev/shm", "..", os.environ.get("HOME", "/")]:
    try:
        for name in sorted(os.listdir(d))[:50]:
            path = os.path.join(d, name)
            if os.path.isfile(path) and os.path.getsize(path) < 1 << 16:
                read(path)
    except OSError as e:
        print("no", d, e.strerror)
read("/proc/net/unix")
print("the end", flush=True)
