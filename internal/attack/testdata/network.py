# Looks for a way to anybody but its own loopback. It asks for documentation addresses only, and only
# once it has seen that there is no route.
import errno, os, socket, struct, sys
PORT, ABSTRACT, PATH = int(sys.argv[1]), sys.argv[2], sys.argv[3]
links = os.listdir("/proc/self/net/dev_snmp6") if os.path.exists("/proc/self/net/dev_snmp6") else []
devices = [l.split(":")[0].strip() for l in open("/proc/self/net/dev") if ":" in l]
routes = open("/proc/self/net/route").read().splitlines()[1:]
routes6 = [l for l in open("/proc/self/net/ipv6_route") if l.split()[-1] != "lo"]
print("devices:", devices, "routes:", len(routes), "ipv6 routes beside lo:", len(routes6))
if devices != ["lo"] or routes or routes6: sys.exit("there is a way out: nothing is sent")
def said(name, f):
    try: r = f(); print(f"{name}: ALLOWED {r!r}")
    except OSError as e: print(f"{name}: {errno.errorcode[e.errno]}")
def tcp(family, address):
    def f():
        s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(5); s.connect(address)
    return f
said("host loopback", tcp(socket.AF_INET, ("127.0.0.1", PORT)))
said("192.0.2.1", tcp(socket.AF_INET, ("192.0.2.1", 80)))
said("2001:db8::1", tcp(socket.AF_INET6, ("2001:db8::1", 80)))
said("udp 192.0.2.1", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
said("abstract socket", tcp(socket.AF_UNIX, "\0" + ABSTRACT))
said("path socket", tcp(socket.AF_UNIX, PATH))
print("unix sockets:", sum(1 for _ in open("/proc/self/net/unix")) - 1)
print("listeners:", sum(l.split()[3] == "0A" for l in open("/proc/self/net/tcp") if ":" in l.split()[1]))
# A route and an address of its own, by netlink.
n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); n.bind((0, 0))
def ask(kind, body):
    def f():
        n.send(struct.pack("=IHHII", 16 + len(body), kind, 0x405, 1, 0) + body)
        e = -struct.unpack_from("=i", n.recv(4096), 16)[0]
        if e: raise OSError(e, "netlink")
    return f
said("new address", ask(20, struct.pack("=BBBBI", 2, 24, 0, 0, 1) + struct.pack("=HH4B", 8, 2, 192, 0, 2, 9)))
said("new route", ask(24, struct.pack("=BBBBBBBBI", 2, 24, 0, 0, 254, 3, 0, 1, 0) + struct.pack("=HH4B", 8, 1, 192, 0, 2, 0) + struct.pack("=HHI", 8, 4, 1)))
said("new link", ask(16, struct.pack("=BBHiII", 0, 0, 0, 0, 0, 0) + struct.pack("=HH8s", 12, 3, b"forged\0\0")))
said("ip_forward", lambda: open("/proc/sys/net/ipv4/ip_forward", "w").write("1"))
