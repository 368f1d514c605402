"""A TCP client. As handed out it connects, says so, and leaves without a word to the server."""

import os
import socket
import sys


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 1030)
    line = sys.stdin.buffer.readline()  # bytes, as they are; ends in b"\n" unless the input stops before

    sock = socket.create_connection((host, port), timeout=8)  # fails by itself when it is refused
    print(f"client: connected to {host}:{port} with a line of {len(line)} bytes", file=sys.stderr)

    # TODO: send the line, ended by LF. sock.send may take a part of it; sock.sendall sends it all.
    # TODO: read the reply up to its LF or to the end of the stream. sock.recv gives what has arrived by now:
    # it may be a piece of the reply, and it is b"" at the end of the stream.
    # TODO: print the reply with sys.stdout.buffer.write(...): it need not be UTF-8.
    # TODO: no reply within 10 seconds in all, or none before the end: sys.exit("what went wrong").
    sock.close()


if __name__ == "__main__":
    main()
