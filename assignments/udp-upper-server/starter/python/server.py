"""A UDP server. As handed out it sends every datagram back unchanged."""

import os
import socket


def answer(data):
    """The bytes to send back for the bytes received."""
    # TODO: raise the ASCII letters. The data is bytes and need not be UTF-8: see the statement.
    return data


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 12000)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    while True:
        # recvfrom gives one whole datagram and the address it came from. What does not fit into the
        # buffer is lost.
        data, sender = sock.recvfrom(2048)
        # TODO: what if this fails for one sender? The others must still be served.
        sock.sendto(answer(data), sender)


if __name__ == "__main__":
    main()
