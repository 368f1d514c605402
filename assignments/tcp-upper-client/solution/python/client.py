"""A TCP client: sends one line from standard input and prints the server's reply."""

import os
import socket
import sys
import time

LIMIT = 8.0  # seconds for all of it: connecting, sending and the reply


def ask(host, port, sentence):
    """The reply to sentence, without its LF."""
    end = time.monotonic() + LIMIT

    def left():
        # settimeout(0) would mean "do not wait" and fail in another way.
        return max(0.001, end - time.monotonic())

    with socket.create_connection((host, port), timeout=left()) as sock:
        sock.settimeout(left())
        sock.sendall(sentence + b"\n")
        reply = bytearray()
        while True:
            sock.settimeout(left())
            # A piece is whatever has arrived by now: the reply is whole at its LF or at the end of the stream.
            piece = sock.recv(65536)
            lf = piece.find(b"\n")
            if lf >= 0:
                return bytes(reply + piece[:lf])
            if not piece:
                break
            reply += piece
    if sentence and not reply:
        raise ConnectionError("the server closed without a reply")
    return bytes(reply)


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 1030)
    line = sys.stdin.buffer.readline()
    sentence = line[:-1] if line.endswith(b"\n") else line
    reply = ask(host, port, sentence)
    # Bytes, not text: the reply need not be UTF-8.
    sys.stdout.buffer.write(b"From Server: " + reply + b"\n")


if __name__ == "__main__":
    try:
        main()
    except OSError as err:
        sys.exit(f"client: {err}")
