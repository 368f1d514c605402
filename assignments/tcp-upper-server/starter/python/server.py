"""A TCP server. As handed out it accepts every connection and closes it without a word."""

import os
import socket


def serve(conn):
    """Serves one client: reads its sentence, answers it in upper case."""
    # TODO: read up to the LF. conn.recv gives what has arrived by now: it may be one letter, or more than
    # the sentence, and it is b"" at the end of the stream.
    # TODO: send the answer. conn.send may take a part of it; conn.sendall sends it all.
    # TODO: before closing, read the statement's hint on unread bytes.


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 1030)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Without this a server that is started again waits a minute for its port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    while True:
        conn, _ = listener.accept()  # a new socket for this client; the listener stays as it is
        # TODO: this serves one client after the other. One that says nothing must not stop the next:
        # threading.Thread(target=serve, args=(conn,), daemon=True).start() is one way.
        # TODO: an OSError of one connection must not end the server.
        serve(conn)
        conn.close()


if __name__ == "__main__":
    main()
