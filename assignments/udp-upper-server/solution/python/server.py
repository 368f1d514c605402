"""A UDP server that answers every datagram in upper case."""

import os
import socket
import sys

# The largest datagram UDP over IP can carry fits; a smaller buffer would cut it off without a word.
LARGEST = 65535


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 12000)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as sock:
        sock.bind(address)
        while True:
            data, sender = sock.recvfrom(LARGEST)
            try:
                # bytes.upper() raises a-z and nothing else, so it needs no decoding and cannot fail.
                sock.sendto(data.upper(), sender)
            except OSError as err:
                # One sender that cannot be reached is no reason to leave the others alone.
                print(f"server: no answer to {sender[0]}: {err}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
