"""A TCP server that answers one sentence per connection in upper case."""

import os
import socket
import sys
import threading
import time

LONGEST = 1 << 20  # bytes of a sentence; the assignment asks for 64 KiB
PATIENCE = 60.0    # seconds without a byte from a client before its connection is given up
LINGER = 2.0       # seconds that a client has to close after its answer


def read_sentence(conn):
    """The sentence with its LF, or what came before the end of the stream."""
    sentence = bytearray()
    while len(sentence) <= LONGEST:
        # A piece is whatever the network has now: a letter, a sentence, one and a half.
        piece = conn.recv(65536)
        if not piece:
            break
        end = piece.find(b"\n")
        if end >= 0:
            return bytes(sentence + piece[:end + 1])
        sentence += piece
    return bytes(sentence)


def drain(conn):
    """Lets the client finish, so that what it sent too much does not cost it the answer.

    Closing a socket that holds unread bytes sends RST, and a RST throws away the answer on its way.
    """
    conn.shutdown(socket.SHUT_WR)
    end = time.monotonic() + LINGER
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return
        conn.settimeout(left)
        if not conn.recv(65536):
            return


def serve(conn):
    """Serves one client from its sentence to its end."""
    with conn:
        try:
            conn.settimeout(PATIENCE)
            sentence = read_sentence(conn)
            # bytes.upper() raises a-z and nothing else, so it needs no decoding and cannot fail.
            conn.sendall(sentence.upper())
            drain(conn)
        except OSError:
            pass  # the client is gone or too slow; that concerns no other client


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 1030)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, proto) as listener:
        # Without this a server that is started again waits a minute for its port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
        while True:
            try:
                conn, _ = listener.accept()
                threading.Thread(target=serve, args=(conn,), daemon=True).start()
            except (OSError, RuntimeError) as err:
                # No descriptor or no thread left: those that are served now will give theirs back.
                print(f"server: {err}", file=sys.stderr)
                time.sleep(0.05)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
