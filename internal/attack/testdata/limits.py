# Prints its limits, and tries to raise one.
import errno, resource
for name in ["CPU", "NPROC", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "MSGQUEUE", "SIGPENDING", "DATA"]:
    number = {"MSGQUEUE": 12}.get(name) or getattr(resource, "RLIMIT_" + name)
    print(f"{name}:", *resource.getrlimit(number))
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
count = 0
while count < 100 and (last := libc.inotify_init1(0)) >= 0: count += 1
print("inotify:", errno.errorcode[ctypes.get_errno()] if count < 100 else "ALLOWED", "after", count)
try: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)); print("raise: ALLOWED")
except (OSError, ValueError) as e: print("raise:", "EPERM" if isinstance(e, ValueError) else errno.errorcode[e.errno])
