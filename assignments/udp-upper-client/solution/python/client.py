"""A UDP client: sends one line from standard input and prints the server's reply."""

import os
import socket
import sys
import time

TRIES = 5
WAIT = 1.0  # seconds that one try waits for its reply


def ask(sock, line):
    """The reply to line, or None when every try was in vain."""
    for _ in range(TRIES):
        deadline = time.monotonic() + WAIT
        try:
            sock.send(line)
        except ConnectionRefusedError:
            pass  # the answer of the network to the try before; this one may still do better
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            sock.settimeout(left)
            try:
                return sock.recv(65535)
            except socket.timeout:
                break
            except ConnectionRefusedError:
                # Nobody listens there now. Wait out this try: the server may be about to start.
                time.sleep(max(0.0, deadline - time.monotonic()))
    return None


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 12000)
    line = sys.stdin.buffer.readline()
    line = line[:-1] if line.endswith(b"\n") else line
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as sock:
        # A connected UDP socket receives from this address and port and from nobody else.
        sock.connect(address)
        reply = ask(sock, line)
    if reply is None:
        sys.exit(f"client: no reply from {host}:{port} after {TRIES} tries")
    # Bytes, not text: the reply need not be UTF-8.
    sys.stdout.buffer.write(b"From Server: " + reply + b"\n")


if __name__ == "__main__":
    try:
        main()
    except OSError as err:
        sys.exit(f"client: {err}")
