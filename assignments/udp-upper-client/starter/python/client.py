"""A UDP client. As handed out it sends its line once and does not wait for the reply."""

import os
import socket
import sys


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 12000)
    line = sys.stdin.buffer.readline()  # bytes, as they are; ends in b"\n" unless the input stops before
    # TODO: the line end is not part of what is sent.

    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(line, (host, port))
    print(f"client: sent {len(line)} bytes to {host}:{port}", file=sys.stderr)

    # TODO: wait for the reply and print it on standard output.
    # - recvfrom waits for ever unless sock.settimeout(seconds) was called. Datagrams get lost.
    # - No reply after about a second: send again. After some tries give up: sys.exit("no reply").
    # - Anybody can send to this socket. Compare the address that recvfrom returns, or connect() the socket.
    # - Write bytes with sys.stdout.buffer.write(...): the reply need not be UTF-8.


if __name__ == "__main__":
    main()
