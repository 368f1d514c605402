# Prints its limits, and tries to raise one.
import errno, resource
for name in ["CPU", "NPROC", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "MSGQUEUE", "DATA"]:
    number = {"MSGQUEUE": 12}.get(name) or getattr(resource, "RLIMIT_" + name)
    print(f"{name}:", *resource.getrlimit(number))
try: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)); print("raise: ALLOWED")
except (OSError, ValueError) as e: print("raise:", "EPERM" if isinstance(e, ValueError) else errno.errorcode[e.errno])
