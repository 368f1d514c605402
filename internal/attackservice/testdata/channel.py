# Leaves a sign wherever it may write, and looks for signs that it did not leave.
import os, sys

me = open("login").read()
sign = "can" + "ary"
places = {"/tmp", "/dev/shm", "/var/tmp", "/run", "/run/lock", "/home", "/", ".", ".."}
places |= {v for v in os.environ.values() if v.startswith("/") and os.path.isdir(v)}

def signs():
    for place in sorted(places):
        for top, dirs, files in os.walk(place):
            dirs[:] = [d for d in dirs if os.path.join(top, d) not in ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/var/lib")]
            for name in files:
                if name.startswith(sign):
                    yield os.path.join(top, name)

for path in signs():
    if open(path).read() != me:
        print("FOUND", path)
for place in sorted(places):
    try:
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, sign + sys.argv[1]), "w") as f:
            f.write(me)
        print("left in", place)
    except OSError as e:
        print("no", place, e.strerror)
print(sys.argv[1], "sees its own" if any(open(p).read() == me for p in signs()) else "is blind", flush=True)
